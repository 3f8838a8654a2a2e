/** Writes generated files; with --check only compares them and fails when one is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSchema, schemaPaths, typesSource } from '@alphapulse/schemas';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

function ensure(path: string, text: string): void {
  const file = `${root}${path}`;
  let current = '';
  try {
    current = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (current === text) return;
  stale.push(path);
  if (check) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

ensure('schemas/src/generated/types.ts', typesSource(schemaPaths().map(loadSchema)));

if (stale.length > 0) {
  console.log(
    `${check ? 'stale, run `npm run generate`' : 'written'}: ${stale.map((path) => relative('.', path)).join(', ')}`,
  );
  if (check) process.exit(1);
}
