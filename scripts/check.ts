/**
 * Rules of this repository that no other tool checks; `npm run check` prints what breaks them and exits 1.
 * Looks at the files git knows or would add, so nothing ignored is checked.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@alphapulse/core';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

interface Line {
  readonly file: string;
  readonly number: number;
  readonly text: string;
}

/** A pattern that must not occur in some files. */
interface Ban {
  readonly name: string;
  readonly pattern: RegExp;
  readonly files: (path: string) => boolean;
  readonly why: string;
}

const isCode = (path: string) => /\.(ts|mjs|cjs)$/.test(path);
const isTest = (path: string) => /\.test\.ts$|\/testing\/|^libs\/testkit\/|^integration-tests\//.test(path);
/** This file names what it looks for. */
const isThis = (path: string) => path === 'scripts/check.ts';
const isPackageCode = (path: string) => /^(apps|libs|schemas|topics)\//.test(path) && isCode(path);

const bans: readonly Ban[] = [
  {
    name: 'clock',
    pattern: /\bDate\.now\(\)|\bnew Date\(\s*\)|\bDate\(\)/,
    files: (path) => isCode(path) && !isTest(path) && !isThis(path) && path !== 'libs/core/src/clock.ts',
    why: 'the time comes from a Clock; only libs/core/src/clock.ts reads it',
  },
  {
    name: 'randomness',
    pattern: /\bMath\.random\(/,
    files: (path) => /^libs\/(market|sources|stages|detectors)\//.test(path) && isCode(path) && !isTest(path),
    why: 'the same input must give the same output',
  },
  {
    name: 'leftover',
    pattern: /\b(TODO|FIXME|XXX|HACK)\b|^\s*debugger;|^(<{7}|>{7}) /,
    files: (path) =>
      (isCode(path) || /\.(md|avsc|ya?ml|json|html|css)$/.test(path)) && !isThis(path) && !isScaffold(path),
    why: 'finish it, or describe it where it can be found',
  },
  {
    name: 'test switched off',
    pattern: /\b(test|it|describe)\.(only|skip|todo|failing)\b|\b[xf](it|describe|test)\(/,
    files: (path) => isCode(path) && !isThis(path) && !isScaffold(path),
    why: 'every test runs; one that lacks its data says so in a test of its own',
  },
  {
    name: 'check switched off',
    pattern: /@ts-(ignore|nocheck|expect-error)|biome-ignore-all|eslint-disable/,
    files: (path) => isCode(path) && !isThis(path),
    why: 'types and lint hold everywhere; a single biome-ignore gives its reason',
  },
  {
    name: 'console',
    pattern: /\bconsole\.(log|info|debug|trace)\(/,
    files: (path) => /^libs\/[^/]+\/src\//.test(path) && isPackageCode(path) && !isTest(path),
    why: 'libraries report through what they are given',
  },
  {
    name: 'machine path',
    pattern: /(^|[\s'"`(=:])\/(home|root|Users)\/\w/,
    files: (path) => !isThis(path) && path !== 'package-lock.json' && !/\/fixtures\//.test(path),
    why: 'nothing depends on where it was written',
  },
];

/** Scaffolds write tests that are to be finished by whoever ran them. */
function isScaffold(path: string): boolean {
  return path === 'scripts/new.ts' || path.startsWith('scripts/templates/');
}

const problems: string[] = [];

for (const path of trackedFiles()) {
  const applying = bans.filter((ban) => ban.files(path));
  if (applying.length === 0) continue;
  for (const line of linesOf(path)) {
    for (const ban of applying) {
      if (ban.pattern.test(line.text)) problems.push(`${line.file}:${line.number} ${ban.name}: ${ban.why}`);
    }
  }
}
problems.push(...undocumentedCodes());

for (const problem of problems) console.log(problem);
if (problems.length > 0) {
  console.log(`${problems.length} broken ${problems.length === 1 ? 'rule' : 'rules'}`);
  process.exit(1);
}

/** docs/errors.md lists every error code once, and no other: table rows that begin with the code in backticks. */
function undocumentedCodes(): string[] {
  const file = 'docs/errors.md';
  if (!existsSync(join(root, file))) return [`${file} is missing: run \`npm run generate\``];
  const listed = [...readFileSync(join(root, file), 'utf8').matchAll(/^\|\s*`([a-z0-9_]+)`/gm)].map(
    (match) => match[1] ?? '',
  );
  const codes = Object.keys(errorCodes);
  return [
    ...codes.filter((code) => !listed.includes(code)).map((code) => `${file} does not list the error code ${code}`),
    ...listed.filter((code) => !codes.includes(code)).map((code) => `${file} lists ${code}, which is no error code`),
    ...listed.filter((code, at) => listed.indexOf(code) !== at).map((code) => `${file} lists ${code} twice`),
  ];
}

function linesOf(file: string): Line[] {
  const bytes = readFileSync(join(root, file));
  // A zero byte means it is not text.
  if (bytes.includes(0)) return [];
  return bytes
    .toString('utf8')
    .split('\n')
    .map((text, at) => ({ file, number: at + 1, text }));
}

/** Paths relative to the root, with forward slashes. */
function trackedFiles(): string[] {
  try {
    return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .toString('utf8')
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile());
  } catch (error) {
    // An unpacked archive has no git history: take everything but what is installed or made by running.
    if (existsSync(join(root, '.git'))) throw error;
    return walk(root);
  }
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', '.alphapulse', '.git', 'coverage'].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() ? [relative(root, path).replaceAll('\\', '/')] : [];
  });
}
