import { isUtf8 } from 'node:buffer';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { RecordingHeader, RecordingLine } from './recording.ts';

/** Writes a recording as it happens. Lines are taken at once and written in order; obey `full`. */
export interface RecordingWriter {
  write(line: RecordingLine): void;
  /** True when the disk is behind: wait for `drained` before the next line. */
  readonly full: boolean;
  drained(): Promise<void>;
  /** Resolves when everything is on the file. */
  close(): Promise<void>;
}

/** Creates a recording, gzipped when the name ends in `.gz`; an existing file is replaced, directories are made. */
export async function createRecording(
  file: string,
  header: Omit<RecordingHeader, 'recording'>,
): Promise<RecordingWriter> {
  await mkdir(dirname(file), { recursive: true });
  const target = createWriteStream(file);
  await once(target, 'open');
  const gzip = file.endsWith('.gz') ? createGzip() : undefined;
  gzip?.pipe(target);
  const out = gzip ?? target;
  const done = finished(target);
  // Reported by close; without this a full disk would end the process as an unhandled rejection before that.
  done.catch(() => undefined);
  const text = (line: object) => out.write(`${JSON.stringify(line)}\n`);
  text({ recording: 1, ...header });
  return {
    write: (line) => {
      text(wireLine(line));
    },
    get full() {
      return out.writableNeedDrain;
    },
    async drained() {
      if (out.writableNeedDrain) await Promise.race([once(out, 'drain'), done]);
    },
    async close() {
      out.end();
      await done;
    },
  };
}

function wireLine(line: RecordingLine): object {
  if (line.dir !== 'in' && line.dir !== 'out') {
    const { t, dir, ...rest } = line;
    return { t, dir, ...rest };
  }
  const { t, dir, payload } = line;
  // Text that is not valid UTF-8 would not come back as it was.
  if (line.binary || !isUtf8(payload)) return { t, dir, bin: payload.toString('base64') };
  return { t, dir, text: payload.toString('utf8') };
}
