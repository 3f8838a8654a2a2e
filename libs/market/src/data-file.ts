import { readFileSync } from 'node:fs';

/** A data file that this package ships in `data/`. Part of the code, so reading it is no I/O of the domain. */
export function dataFile(name: string): string {
  return readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8');
}
