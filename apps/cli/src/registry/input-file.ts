import { createReadStream, existsSync, statSync } from 'node:fs';
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

/** The lines of a file, blank ones left out; one at a time, so that a large file needs no memory. @throws UsageError */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let number = 0;
  let rest = '';
  for await (const chunk of readChunks(file)) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) {
      number++;
      if (text.trim() !== '') yield { number, text };
    }
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest };
}

/** The whole text of a file or of standard input. @throws UsageError */
export async function readText(file: string): Promise<string> {
  let text = '';
  for await (const chunk of readChunks(file)) text += chunk;
  return text;
}

/** A byte order mark is how some editors begin a file: it is no part of the text. */
async function* readChunks(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const chunk of openInput(file)) yield decoder.decode(chunk as Buffer, { stream: true });
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  yield decoder.decode();
}
