/**
 * Scaffolds: `npm run new-source|new-stage|new-topic -- <name>`.
 * Writes the files, formats them, runs the generator and prints what it made. Refuses with one sentence, exit code 2.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Change } from './new/change.ts';
import { nextSteps } from './new/next-steps.ts';
import { planScaffold } from './new/plan.ts';
import { ScaffoldError } from './new/scaffold-error.ts';
import { treeDiff } from './new/tree-diff.ts';
import { writeChanges } from './new/write-changes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);
const [kind = '', name = ''] = process.argv.slice(2);

try {
  const changes = planScaffold(kind, name, read);
  writeChanges(root, changes);
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  const paths = changes.map(({ path }) => path).filter((path) => /\.(ts|json)$/.test(path));
  run([biome, 'check', '--write', ...paths], 'pipe');
  console.log(treeDiff(changes.map((change): Change => ({ ...change, after: read(change.path) ?? '' }))));
  console.log('');
  run(['--import', 'tsx', 'scripts/generate.ts']);
  console.log(`\nNext:\n${nextSteps(kind, name)}`);
} catch (error) {
  if (!(error instanceof ScaffoldError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/** Runs a step; one that fails leaves the files as they are and says itself what is wrong. */
function run(args: readonly string[], output: 'inherit' | 'pipe' = 'inherit'): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, stdio: output, encoding: 'utf8' });
  if (status === 0) return;
  process.exitCode = 1;
  if (output === 'pipe') console.error(`${stdout}${stderr}`);
}
