import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetriableError } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandHarness } from './testing/command-harness.ts';

let harness: CommandHarness;
let directory: string;

beforeEach(() => {
  harness = new CommandHarness(new ManualClock());
  directory = mkdtempSync(join(tmpdir(), 'alphapulse-registry-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

const rejectIsin = () => ({
  ...{ id: null, identity: null, outcome: 'rejected' as const },
  problem: { code: 'isin_invalid' as const, path: 'identity', message: 'the check digit is wrong' },
});

describe('register', () => {
  test('makes a statement of flags', async () => {
    const { code } = await harness.run(
      ...['register', 'listings', '--venue', 'kraken', '--symbol', 'BTC/USD', '--instrument', 'spot:BTC/USD'],
      ...['--tick-size', '0.1', '--unset', 'lotSize', '--unset', 'min-notional'],
      ...['--valid-from', '2026-03-01', '--valid-to', '1772409600000000', '--provenance', 'a notice'],
    );
    expect(code).toBe(0);
    expect(harness.stated).toEqual([
      {
        source: 'cli',
        atomic: true,
        statements: [
          {
            kind: 'listings',
            facts: {
              ...{ venue: 'kraken', symbol: 'BTC/USD', instrument: 'spot:BTC/USD' },
              ...{ tickSize: 0.1, lotSize: null, minNotional: null },
            },
            validFrom: 1_772_323_200_000_000,
            validTo: 1_772_409_600_000_000,
            provenance: 'a notice',
          },
        ],
      },
    ]);
  });

  test('lists are given item by item', async () => {
    await harness.run(
      'register',
      'asset',
      '--code',
      'USDC',
      '--alias',
      'a:X',
      '--alias',
      'b:Y',
      '--token',
      'ethereum:0xA0:6',
    );
    await harness.run(
      ...['register', 'synthetics', '--name', 'basis', '--kind', 'spread'],
      ...['--leg', 'a=future:BTC/USD:BTC:20260327,weight=-1,venue=kraken', '--leg', 'b=index:x:S,P'],
    );
    const facts = harness.stated.map(({ statements }) => statements[0]?.facts);
    expect(facts).toEqual([
      { code: 'USDC', aliases: ['a:X', 'b:Y'], tokens: [{ chain: 'ethereum', address: '0xA0', decimals: 6 }] },
      {
        name: 'basis',
        kind: 'spread',
        legs: [
          { name: 'a', instrument: 'future:BTC/USD:BTC:20260327', weight: -1, venue: 'kraken' },
          { name: 'b', instrument: 'index:x:S,P' },
        ],
      },
    ]);
  });

  test.each([
    [
      'a JSON array',
      '[\n  {"kind": "assets", "facts": {"code": "A]}\\""}},\n  {"kind":"venues","facts":{"name":"b"}}\n]',
    ],
    ['JSON Lines', '{"kind":"assets","facts":{"code":"A]}\\""}}\r\n\r\n{"kind":"venues","facts":{"name":"b"}}\n'],
  ])('takes %s', async (_what, content) => {
    expect((await harness.run('register', '--file', file('s.json', content))).code).toBe(0);
    expect(harness.stated[0]?.statements).toEqual([
      { kind: 'assets', facts: { code: 'A]}"' }, provenance: 'command line' },
      { kind: 'venues', facts: { name: 'b' }, provenance: 'command line' },
    ]);
  });

  test('a kind, validity and provenance hold for statements that do not say theirs', async () => {
    const content = '{"facts":{"code":"A"}}\n{"facts":{"code":"B"},"validFrom":"2026-03-02","provenance":"c"}';
    await harness.run(
      'register',
      'assets',
      '--file',
      file('s.jsonl', content),
      '--valid-from',
      '5',
      '--provenance',
      'd',
    );
    expect(harness.stated[0]?.statements).toEqual([
      { kind: 'assets', facts: { code: 'A' }, validFrom: 5, provenance: 'd' },
      { kind: 'assets', facts: { code: 'B' }, validFrom: 1_772_409_600_000_000, provenance: 'c' },
    ]);
  });

  test('says what is wrong as the registry says it, and exits with 2', async () => {
    harness.answer = rejectIsin;
    const { code, out, err } = await harness.run(
      'register',
      'instruments',
      '--identity',
      'equity:isin:US0378331006',
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'rejected',
      problem: { code: 'isin_invalid', path: 'facts.identity' },
    });
    expect(err).toBe('1 of 1 statement rejected\n');
    const table = await harness.run('register', 'instruments', '--identity', 'equity:isin:US0378331006');
    expect(table.err).toContain('facts.identity: the check digit is wrong (isin_invalid)');
  });

  test('sends nothing of a file with a statement that is none, unless told to', async () => {
    const bad = file('s.jsonl', '{"kind":"assets","facts":{"code":"A"}}\n{"kind":"stocks","facts":{}}');
    const atomic = await harness.run('register', '--file', bad);
    expect(atomic.code).toBe(2);
    expect(atomic.err).toContain('line 2: kind: stocks is no kind');
    expect(atomic.err).toContain(
      '1 of 2 statements rejected, so nothing was registered; --no-atomic registers what is right',
    );
    expect(harness.stated).toEqual([]);
    expect((await harness.run('register', '--file', bad, '--no-atomic')).code).toBe(2);
    expect(harness.stated).toMatchObject([{ atomic: false, statements: [{ facts: { code: 'A' } }] }]);
  });

  test.each([
    [['register', 'stocks'], /stocks is no kind/],
    [['register'], /--file is needed/],
    [['register', 'assets'], /say what to register/],
    [['register', 'assets', '--kind', 'crypto'], /--code needed to register assets/],
    [['register', 'assets', '--code', 'A', '--file', '/no/such'], /exclude each other/],
    [['register', '--file', '/no/such'], /no such file: \/no\/such/],
    [
      ['register', 'listings', '--venue', 'a', '--symbol', 'b', '--instrument', 'c', '--tick-size', 'x'],
      /--tick-size: x is no number/,
    ],
    [['register', 'assets', '--code', 'A', '--token', 'b'], /--token: b is not CHAIN:ADDRESS:DECIMALS/],
    [['register', 'synthetics', '--name', 'a', '--leg', 'b'], /--leg: b is not NAME=INSTRUMENT/],
    [
      ['register', 'assets', '--code', 'A', '--unset', 'code'],
      /--unset: code is no fact of assets that can be taken back/,
    ],
    [['register', 'assets', '--code', 'A', '--valid-from', 'x'], /--valid-from: give microseconds/],
  ])('refuses %j in a sentence', async (args, sentence) => {
    const { code, err } = await harness.run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
    expect(harness.stated).toEqual([]);
  });

  test.each([
    ['{"kind":"assets","facts":{"code":"A"}}\n{"kind":', /line 2: not JSON/],
    ['[\n{"kind":"assets","facts":{"code":"A"}},\n{oops}\n]', /line 3: not JSON/],
    ['[{"a":1},\n', /line 2: the array has no end/],
    ['[{"a":1},,{"a":1}]', /line 1: not JSON/],
    ['[] []', /something follows the array/],
    ['', /holds no statements/],
    ['[]', /holds no statements/],
  ])('refuses the file %j, naming the line', async (content, sentence) => {
    const { code, err } = await harness.run('register', '--file', file('bad.json', content));
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });

  test.each([
    ['[1]', /a statement is an object/],
    ['[{"kind":"assets"}]', /facts: facts are an object/],
    ['[{"kind":"assets","facts":{},"validfrom":1}]', /validfrom: no such field of a statement/],
    ['[{"kind":"assets","facts":{},"validTo":"soon"}]', /validTo: give microseconds.*\(request_invalid\)/],
    ['[{"facts":{}}]', /kind: is missing/],
    ['[{"kind":"pools","facts":{"createdAt":"soon"}}]', /facts\.createdAt: give microseconds/],
  ])('refuses the statement %j, naming the field', async (content, sentence) => {
    const { code, err } = await harness.run('register', '--file', file('bad.json', content));
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });

  test('an outage is one sentence and exit code 1', async () => {
    harness.writer = { state: () => Promise.reject(new RetriableError('broker_unavailable', 'waited 30 s for Kafka')) };
    const { code, err } = await harness.run('register', 'assets', '--code', 'A');
    expect([code, err]).toEqual([1, 'waited 30 s for Kafka (broker_unavailable)\n']);
  });
});
