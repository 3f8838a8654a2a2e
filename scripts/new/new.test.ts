import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSchema, schemaPaths, typesSource } from '@alphapulse/schemas';
import { afterAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import type { Change } from './change.ts';
import { recordName } from './names.ts';
import { planScaffold } from './plan.ts';
import { treeDiff } from './tree-diff.ts';
import { writeChanges } from './write-changes.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readFrom = (folder: string) => (path: string) =>
  existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined;
const read = readFrom(root);

const typesPath = 'schemas/src/generated/types.ts';

/** The compiler's complaints about the repository as it would be with these files, for these files. */
function complaints(changes: readonly Change[]): string[] {
  const schemas = changes.filter(({ path }) => path.endsWith('.avsc')).map(({ after }) => JSON.parse(after));
  const generated = typesSource([...schemaPaths().map(loadSchema), ...schemas]);
  const changed = new Map(changes.map(({ path, after }) => [join(root, path), after]));
  changed.set(join(root, typesPath), generated);
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config,
    { ...ts.sys, readDirectory: () => [] },
    root,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  const folders = new Set([...changed.keys()].map(dirname));
  host.directoryExists = (path) => folders.has(path) || ts.sys.directoryExists(path);
  host.fileExists = (path) => changed.has(path) || fileExists(path);
  host.readFile = (path) => changed.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = changed.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language, true);
  };
  const files = [...changed.keys()].filter((path) => path.endsWith('.ts'));
  const program = ts.createProgram(files, options, host);
  return files.flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

const copies: string[] = [];
afterAll(() => {
  for (const copy of copies) rmSync(copy, { recursive: true });
});

/** A folder with nothing in it but the files that scaffolds look at. */
function copyOfLists(): string {
  const folder = mkdtempSync(join(tmpdir(), 'alphapulse-new-'));
  copies.push(folder);
  const paths = [
    'libs/detectors/src/index.ts',
    'libs/sources/src/index.ts',
    'topics/src/index.ts',
    'topics/src/raw.ts',
    typesPath,
  ];
  writeChanges(
    folder,
    paths.map((path): Change => ({ path, before: undefined, after: read(path) ?? '' })),
  );
  return folder;
}

describe('scaffolds', () => {
  test.each([
    ['source', 'okx'],
    ['source', 'ibkr-tws'],
    ['stage', 'volume-spikes'],
    ['topic', 'analytics.spreads'],
    ['topic', 'registry.chains'],
    ['topic', 'weather.storm-warnings'],
  ])(
    '%s %s compiles in a copy, and is then known there',
    (kind, name) => {
      const planned = planScaffold(kind, name, read);
      const copy = copyOfLists();
      const changes = planScaffold(kind, name, readFrom(copy));
      expect(changes).toEqual(planned);
      writeChanges(copy, changes);
      for (const { path, after } of changes) expect(readFrom(copy)(path)).toBe(after);
      expect(complaints(changes)).toEqual([]);
      expect(() => planScaffold(kind, name, readFrom(copy))).toThrow(/already/);
    },
    120_000,
  );

  test('a source that has a raw topic already leaves the topics alone', () => {
    const edited = (name: string) =>
      planScaffold('source', name, read).flatMap(({ path, before }) => (before === undefined ? [] : [path]));
    expect(edited('ibkr-tws')).toEqual(['libs/sources/src/index.ts']);
    expect(edited('okx')).toEqual(['libs/sources/src/index.ts', 'topics/src/raw.ts']);
  });

  test.each([
    ['source', 'Binance'],
    ['source', 'binance'],
    ['source', '../x'],
    ['source', 'import'],
    ['source', 'shared'],
    ['stage', 'parse'],
    ['stage', 'arbitrage'],
    ['stage', 'a_b'],
    ['topic', 'spreads'],
    ['topic', 'analytics.volume'],
    ['topic', 'analytics.trades'],
    ['topic', 'raw.okx'],
    ['topic', 'dlq.x'],
    ['topic', ''],
    ['thing', 'x'],
    ['constructor', 'x'],
  ])('%s "%s" is refused in one sentence', (kind, name) => {
    expect(() => planScaffold(kind, name, read)).toThrow(/^[^\n]{10,}\.$/);
  });

  test('the command refuses with exit code 2 and that sentence alone', () => {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/new.ts', 'source', 'kraken'],
      { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect({ status, stderr, stdout }).toEqual({
      status: 2,
      stderr: 'There is a source kraken already: libs/sources/src/kraken.\n',
      stdout: '',
    });
  }, 60_000);

  test('the tree shows new files, changed ones and the lines they gained', () => {
    expect(
      treeDiff([
        { path: 'libs/b/y.ts', before: 'one\n', after: 'one\ntwo\n' },
        { path: 'libs/a/x.ts', before: undefined, after: '' },
        { path: 'libs/b/c/z.ts', before: undefined, after: '' },
      ]).split('\n'),
    ).toEqual(['  libs/', '    a/', '+     x.ts', '    b/', '      c/', '+       z.ts', '~     y.ts', '        + two']);
  });

  test('a record is named by the singular of its topic', () => {
    expect(['spreads', 'volatility', 'liquidity', 'bars', 'indices', 'entries', 'losses-net'].map(recordName)).toEqual([
      'Spread',
      'Volatility',
      'Liquidity',
      'Bar',
      'Index',
      'Entry',
      'LossesNet',
    ]);
  });
});
