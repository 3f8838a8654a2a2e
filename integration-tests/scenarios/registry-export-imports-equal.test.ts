import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Stack } from '@alphapulse/stack';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alphapulse, type CommandResult } from '../harness/command.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const directory = mkdtempSync(join(tmpdir(), 'alphapulse-export-'));
const file = (name: string) => join(directory, name);
const zeros = '0'.repeat(39);
const at = (day: number) => `2026-03-0${day}T00:00:00Z`;

/** All kinds, written so that what refers comes before what is referred to. */
const statements = [
  {
    kind: 'synthetics',
    facts: {
      name: 'btc-twice',
      kind: 'formula',
      formula: '2 * basis',
      legs: [{ name: 'basis', instrument: 'synthetic:btc-basis' }],
    },
  },
  {
    kind: 'synthetics',
    facts: {
      name: 'btc-basis',
      kind: 'spread',
      legs: [
        { name: 'a', instrument: 'perpetual:BTC/USDT:USDT' },
        { name: 'b', instrument: 'spot:BTC/USDT', venue: 'binance' },
      ],
    },
  },
  {
    kind: 'listings',
    facts: { venue: 'kraken', symbol: 'BTC/USD', instrument: 'spot:BTC/USD', tickSize: 0.1, status: 'trading' },
  },
  { kind: 'listings', facts: { venue: 'binance', symbol: 'BTCUSDT', instrument: 'spot:BTC/USDT', tickSize: 0.01 } },
  { kind: 'listings', facts: { venue: 'binance-usdm', symbol: 'BTCUSDT', instrument: 'perpetual:BTC/USDT:USDT' } },
  {
    kind: 'pools',
    facts: {
      ...{ blockchain: 'ethereum', poolAddress: `0x3${zeros}`, dex: 'uniswap-v3', feeTier: 500 },
      ...{ token0: `0x1${zeros}`, token1: `0x2${zeros}`, createdAt: 1_620_000_000_000_000 },
    },
  },
  { kind: 'tokens', facts: { chain: 'ethereum', address: `0x1${zeros}`, symbol: 'ONE', name: 'One', decimals: 18 } },
  { kind: 'tokens', facts: { chain: 'ethereum', address: `0x2${zeros}`, symbol: 'TWO', name: 'Two', decimals: 6 } },
  { kind: 'instruments', facts: { identity: 'equity:isin:US0378331005', ticker: 'AAPL', name: 'Apple Inc.' } },
  { kind: 'instruments', facts: { identity: 'etf:isin:US78462F1030', ticker: 'SPY' } },
  { kind: 'instruments', facts: { identity: 'index:spglobal:SPX', name: 'S&P 500' } },
  { kind: 'instruments', facts: { identity: 'option:BTC/USD:BTC:20261225:60000:C' } },
  {
    kind: 'venues',
    facts: { name: 'nasdaq', kind: 'exchange', mic: 'XNAS', country: 'US', timeZone: 'America/New_York' },
  },
  { kind: 'assets', facts: { code: 'BTC', name: 'Bitcoin "digital gold"', aliases: ['kraken:XBT'] } },
];

/** Facts that change, are learned late, are corrected, and end. */
const changes: readonly (readonly string[])[] = [
  ['--tick-size', '0.5', '--status', 'halted', '--valid-from', at(5)],
  ['--tick-size', '0.25', '--valid-from', at(3)],
  ['--taker-fee-bps', '26', '--valid-from', at(5)],
];

describe('what is exported from one registry and imported into an empty one, is exported equal', () => {
  let stack: Stack | undefined;

  const run = (...args: string[]): Promise<CommandResult> =>
    alphapulse(args, { env: stackEnvironment(stack as Stack) });
  const registry = (...args: string[]) => run('registry', ...args);
  const startEmpty = async (name: string) => {
    await stack?.stop();
    stack = await startTestStack({ name, local: true });
    expect((await run('topics', 'apply')).code).toBe(0);
  };

  beforeAll(() => startEmpty('export-from'), 180_000);

  afterAll(async () => {
    await stack?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  test('a file of every kind is imported whatever its order, and again changes nothing', async () => {
    const lines = statements.map((statement) => JSON.stringify({ provenance: 'scenario', ...statement }));
    writeFileSync(file('first.jsonl'), lines.join('\n'));
    const first = await registry('import', file('first.jsonl'));
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toBe(`${lines.length} lines: ${lines.length} registered, 0 unchanged, 0 rejected\n`);
    expect((await registry('import', file('first.jsonl'))).out).toContain(`0 registered, ${lines.length} unchanged`);
  }, 120_000);

  test('facts that change are versions, and those corrected are remembered', async () => {
    const listing = ['--venue', 'kraken', '--symbol', 'BTC/USD', '--instrument', 'spot:BTC/USD'];
    for (const change of changes) {
      const { code, err } = await registry('register', 'listings', ...listing, ...change);
      expect([code, err]).toEqual([0, '']);
    }
    const { out } = await registry('history', 'listings', 'kraken', 'BTC/USD', '--superseded', '--json');
    const { versions, superseded } = JSON.parse(out) as { versions: { version: object }[]; superseded: object[] };
    expect(versions.map(({ version }) => version)).toMatchObject([
      { tickSize: 0.1, status: 'trading', validFrom: 0 },
      { tickSize: 0.25 },
      { tickSize: 0.5, status: 'halted', takerFeeBps: 26, validTo: null },
    ]);
    expect(superseded.length).toBeGreaterThan(0);
    const before = await registry('get', 'listings', 'kraken', 'BTC/USD', '--as-of', at(2), '--json');
    expect(JSON.parse(before.out)).toMatchObject({ tickSize: 0.1 });
  }, 120_000);

  test('wrong statements exit with 2 and write nothing, outages with 1', async () => {
    const before = (await registry('export')).out;
    const isin = await registry('register', 'instruments', '--identity', 'equity:isin:US0378331006');
    expect(isin.code).toBe(2);
    expect(isin.err).toMatch(/\((isin|identity)_invalid\)/);
    const mixed = [
      '[{"kind":"assets","facts":{"code":"NEW"}},',
      '{"kind":"venues","facts":{"name":"v","mic":"NONE"}}]',
    ];
    writeFileSync(file('mixed.json'), mixed.join('\n'));
    const atomic = await registry('register', '--file', file('mixed.json'));
    expect(atomic.code).toBe(2);
    expect(atomic.err).toMatch(/^line 2: .*mic: .*\(mic_invalid\)$/m);
    writeFileSync(file('bad.jsonl'), '{"kind":"assets",\n');
    expect(await registry('register', '--file', file('bad.jsonl'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('line 1: not JSON'),
    });
    expect((await registry('get', 'stocks', 'AAPL')).code).toBe(2);
    expect((await registry('get', 'assets', 'NEW')).code).toBe(2);
    expect((await registry('export')).out).toBe(before);

    const nobody = `127.0.0.1:${await freePort(0)}`;
    for (const args of [
      ['find', 'assets', '--timeout', '2s'],
      ['register', 'assets', '--code', 'NEW', '--timeout', '2s'],
    ]) {
      const away = await alphapulse(['registry', ...args], {
        env: { ...stackEnvironment(stack as Stack), KAFKA_BROKERS: nobody },
      });
      expect([away.code, away.out]).toEqual([1, '']);
      expect(away.err).toContain(`waited 2 s for Kafka at ${nobody} (KAFKA_BROKERS)`);
    }
  }, 180_000);

  test('the second registry holds what the first one did', async () => {
    const equal = ['--no-recorded-time'];
    expect((await registry('export', ...equal, '--out', file('from.jsonl'))).code).toBe(0);
    expect((await registry('export', '--history', '--out', file('history.jsonl.gz'))).code).toBe(0);
    expect((await registry('export', '--kinds', 'listings', '--out', file('listings.csv'))).code).toBe(0);

    await startEmpty('export-to');
    const imported = await registry('import', file('history.jsonl.gz'));
    expect(imported.code).toBe(0);
    expect(imported.out).toMatch(/ 0 rejected, \d+ passed over/);
    expect((await registry('export', ...equal, '--out', file('to.jsonl'))).code).toBe(0);
    expect(readFileSync(file('to.jsonl'), 'utf8')).toBe(readFileSync(file('from.jsonl'), 'utf8'));

    // Versions that were stated together were never believed one without the other.
    expect((await registry('export', ...equal, '--history')).out).toBe(readFileSync(file('from.jsonl'), 'utf8'));
    for (const again of ['from.jsonl', 'listings.csv'])
      expect((await registry('import', file(again))).out).toContain(' 0 registered, ');
  }, 300_000);
});
