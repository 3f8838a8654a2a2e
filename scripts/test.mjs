/**
 * `npm test`: makes sure of Node and the packages, then runs every check and both Jest projects, and ends with one line
 * `N passed, N failed` that counts each Jest test and each check.
 *
 *   npm test                         everything
 *   npm test -- checks | unit | integration   one or some of the three
 *   npm test -- unit libs/market     only test files whose path matches
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies, ensureNode, onSignal, root, run } from './ensure.mjs';

ensureNode();
await ensureDependencies();

const groups = ['checks', 'unit', 'integration'];
const args = process.argv.slice(2);
const named = args.filter((arg) => groups.includes(arg));
const patterns = args.filter((arg) => !groups.includes(arg));
// A path filter is about tests, so the checks run only when asked for by name.
const wanted = named.length > 0 ? named : patterns.length > 0 ? ['unit', 'integration'] : groups;

let passed = 0;
let failed = 0;
const failures = [];
let stopped = false;
let running;
onSignal((signal, fromTerminal) => {
  stopped = true;
  if (!fromTerminal) running?.kill(signal);
});
const onStart = (child) => {
  running = child;
};

const tsx = ['--import', 'tsx'];
const depcruise = [
  '--config',
  '.dependency-cruiser.cjs',
  '--output-type',
  'err',
  'apps',
  'libs',
  'schemas',
  'topics',
  'integration-tests',
];
const checks = [
  ['generated files', process.execPath, [...tsx, 'scripts/generate.ts', '--check']],
  ['types', process.execPath, [bin('typescript', 'tsc'), '--noEmit']],
  ['lint', process.execPath, [bin('@biomejs/biome', 'biome'), 'check', '.']],
  ['imports', process.execPath, [bin('dependency-cruiser', 'depcruise'), ...depcruise]],
  ['package lock', process.execPath, ['scripts/complete-lock.mjs', '--check']],
  ['repository rules', process.execPath, [...tsx, 'scripts/check.ts']],
];

if (wanted.includes('checks')) {
  for (const [name, command, commandArgs] of checks) {
    await step(name, async () => {
      const code = await run(command, commandArgs, { stdio: 'inherit', onStart });
      count(code === 0 ? 1 : 0, code === 0 ? 0 : 1, name);
    });
  }
}
if (wanted.includes('unit')) await step('unit tests', () => jest('unit', []));
if (wanted.includes('integration')) await step('integration tests', () => jest('integration', ['--runInBand']));

if (stopped) {
  failed++;
  failures.push('stopped by a signal');
}
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function step(name, body) {
  if (stopped) return;
  console.log(`\n── ${name}`);
  const from = performance.now();
  await body();
  console.log(`── ${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
}

function count(good, bad, name) {
  passed += good;
  failed += bad;
  if (bad > 0) failures.push(bad > 1 ? `${name} (${bad})` : name);
}

/** Runs one Jest project and counts its tests; a test file that cannot run at all counts as one failure. */
async function jest(project, options) {
  const folder = join(root, '.alphapulse');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `jest-${project}-${process.pid}.json`);
  const code = await run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings=ExperimentalWarning',
      bin('jest', 'jest'),
      '--selectProjects',
      project,
      '--passWithNoTests',
      '--json',
      `--outputFile=${file}`,
      ...options,
      ...patterns,
    ],
    // With --json Jest prints the whole result to standard output as well; the progress is on standard error.
    { stdio: ['inherit', 'ignore', 'inherit'], onStart, env: { ...process.env, NODE_OPTIONS: nodeOptions() } },
  );
  if (!existsSync(file)) return count(0, 1, `${project} tests did not run`);
  const result = JSON.parse(readFileSync(file, 'utf8'));
  rmSync(file);
  const bad = result.numFailedTests + result.numRuntimeErrorTestSuites;
  // A failure outside any test, for instance while the stack is stopped, shows only in the exit code.
  count(result.numPassedTests, bad === 0 && code !== 0 ? 1 : bad, `${project} tests`);
}

/** Jest's worker processes need the flags too. */
function nodeOptions() {
  return `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`.trim();
}

/** The script behind a package's command. */
function bin(name, command) {
  const folder = join(root, 'node_modules', name);
  const entry = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin;
  return join(folder, typeof entry === 'string' ? entry : entry[command]);
}
