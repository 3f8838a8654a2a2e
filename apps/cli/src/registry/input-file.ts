import { createReadStream, existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { UsageError } from '../usage-error.ts';

/** Standard input, by the name that options give it. */
export const standardInput = '-';

/** A line with its number, counted from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** Checks that a file can be read as a file. @throws UsageError */
export function checkInput(file: string): void {
  if (file === standardInput) return;
  if (!existsSync(file)) throw new UsageError(`no such file: ${file}`);
  if (statSync(file).isDirectory()) throw new UsageError(`${file} is a directory`);
}

/** The bytes of a file (unpacked when its name ends in .gz) or of standard input. */
export function openInput(file: string): Readable {
  if (file === standardInput) return process.stdin;
  checkInput(file);
  const bytes = createReadStream(file);
  if (!file.endsWith('.gz')) return bytes;
  const unpacked = createGunzip();
  // Errors of either end reach whoever reads the unpacked bytes.
  pipeline(bytes, unpacked).catch((error: Error) => unpacked.destroy(error));
  return unpacked;
}

/** The lines of a file, blank ones left out; one at a time, so that a large file needs no memory. */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  const input = openInput(file);
  // readline does not pass on the errors of its input.
  let failure: Error | undefined;
  input.once('error', (error) => {
    failure = error;
    lines.close();
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    number++;
    // A byte order mark is how some editors begin a file.
    const clean = number === 1 ? text.replace(/^\ufeff/, '') : text;
    if (clean.trim() !== '') yield { number, text: clean };
  }
  if (failure) throw new UsageError(`${file} cannot be read: ${failure.message}`);
}

/** The whole text of a file or of standard input. */
export async function readText(file: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of openInput(file)) chunks.push(Buffer.from(chunk as Buffer));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}
