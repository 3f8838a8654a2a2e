import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError } from '@alphapulse/core';
import { openRecording } from './read-recording.ts';
import type { RecordingHeader } from './recording.ts';

export interface FoundRecordings {
  /** In the order of their paths. */
  readonly recordings: readonly { readonly file: string; readonly header: RecordingHeader }[];
  /** Files whose name is that of a recording but whose content is not. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/**
 * Finds the recordings in a directory and below it, or looks at a single file.
 * @throws FatalError `recording_invalid` when there is no such directory or file.
 */
export async function findRecordings(path: string): Promise<FoundRecordings> {
  const recordings: { file: string; header: RecordingHeader }[] = [];
  const skipped: { file: string; reason: string }[] = [];
  for (const file of await candidates(path)) {
    try {
      const recording = await openRecording(file);
      await recording.close();
      recordings.push({ file, header: recording.header });
    } catch (error) {
      if (!(error instanceof FatalError)) throw error;
      skipped.push({ file, reason: error.message });
    }
  }
  return { recordings, skipped };
}

async function candidates(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /\.jsonl(\.gz)?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (cause) {
    throw new FatalError('recording_invalid', `${path}: no such directory or file.`, {
      cause,
      details: { file: path },
    });
  }
}
