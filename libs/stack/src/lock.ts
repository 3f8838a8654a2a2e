import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FatalError } from '@alphapulse/core';
import { type ProcessIdentity, processIdentity, stillRuns } from './process-identity.ts';

/**
 * Takes a directory's lock for this process; the returned function gives it back.
 * A lock whose process is gone is taken over; one whose process runs refuses with the sentence to show.
 */
export function takeLock(file: string, refusal: (holder: ProcessIdentity) => string): () => void {
  mkdirSync(dirname(file), { recursive: true });
  const own = JSON.stringify(processIdentity(process.pid));
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      writeFileSync(file, own, { flag: 'wx' });
      return () => {
        if (read(file) === own) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const seen = read(file);
    const holder = parse(seen);
    if (holder !== undefined && stillRuns(holder)) break;
    // Two starters may see the same stale lock: the one that moves it away goes on, the other looks again.
    const aside = `${file}.${process.pid}`;
    try {
      renameSync(file, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      continue;
    }
    const moved = read(aside);
    rmSync(aside, { force: true });
    if (moved !== seen) throw refused(parse(moved), refusal);
  }
  throw refused(parse(read(file)), refusal);
}

function refused(holder: ProcessIdentity | undefined, refusal: (holder: ProcessIdentity) => string): FatalError {
  return new FatalError('stack_running', refusal(holder ?? { pid: 0, started: '', command: '' }));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const value = JSON.parse(text) as ProcessIdentity;
    return typeof value.pid === 'number' ? value : undefined;
  } catch {
    return undefined;
  }
}
