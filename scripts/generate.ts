/** Writes everything that is derived from declarations; with --check it only compares, and fails when something is stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes, type Stage } from '@alphapulse/core';
import { detectors } from '@alphapulse/detectors';
import { loadSchema, schemaPaths, typesSource } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import { createParseStage, enrich, validate } from '@alphapulse/stages';
import { topics } from '@alphapulse/topics';
import { asyncApi } from './generate/async-api.ts';
import { errorTable } from './generate/error-table.ts';
import { graph } from './generate/graph.ts';
import { registryOpenApi } from './generate/registry-open-api.ts';
import { topicTable } from './generate/topic-table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

function read(path: string): string {
  try {
    return readFileSync(`${root}${path}`, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return '';
  }
}

/** Makes the file hold the text, or notes that it does not. */
function ensure(path: string, text: string): void {
  if (read(path) === text) return;
  stale.push(path);
  if (check) return;
  mkdirSync(dirname(`${root}${path}`), { recursive: true });
  writeFileSync(`${root}${path}`, text);
}

/** The same for the part of a file between `<!-- generated:name -->` and `<!-- /generated -->`. */
function ensureSection(path: string, name: string, text: string): void {
  const whole = read(path);
  const [open, close] = [`<!-- generated:${name} -->`, '<!-- /generated -->'];
  const from = whole.indexOf(open);
  const to = whole.indexOf(close, from);
  if (from < 0 || to < 0) throw new Error(`${path} has no section ${open} … ${close}`);
  ensure(path, `${whole.slice(0, from + open.length)}\n${text}\n${whole.slice(to)}`);
}

const stages = [
  createParseStage(sources),
  validate,
  enrich,
  ...Object.values(detectors).map(({ stage }) => stage),
] as unknown as Stage[];

ensure('schemas/src/generated/types.ts', typesSource(schemaPaths().map(loadSchema)));
ensure('topics/asyncapi.yaml', asyncApi(topics));
ensure('apps/registry/openapi.yaml', await registryOpenApi());
ensure('docs/errors.md', errorTable(errorCodes));
ensureSection('ARCHITECTURE.md', 'graph', graph(sources, stages, topics));
ensureSection('ARCHITECTURE.md', 'topics', topicTable(topics));

if (stale.length > 0) {
  console.log(`${check ? 'stale, run `npm run generate`' : 'written'}: ${stale.join(', ')}`);
  if (check) process.exit(1);
}
