import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { UsageError } from '../usage-error.ts';

/**
 * Writes texts to a file, packed when its name ends in .gz. The file is there when all is written, and not before: what
 * is interrupted does not look whole. @throws UsageError when it cannot be written.
 */
export async function writeOutput(file: string, texts: AsyncIterable<string>): Promise<void> {
  const unfinished = `${file}.unfinished`;
  const source = Readable.from(texts, { objectMode: true, highWaterMark: 256 });
  let failure: unknown;
  source.once('error', (error) => {
    failure = error;
  });
  try {
    const target = createWriteStream(unfinished);
    await (file.endsWith('.gz') ? pipeline(source, createGzip(), target) : pipeline(source, target));
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    if (failure !== undefined) throw failure;
    throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
  }
}
