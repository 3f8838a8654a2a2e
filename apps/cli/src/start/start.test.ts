import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../usage-error.ts';
import { startOptions } from './options.ts';
import { RunLedger } from './run-ledger.ts';
import { TopicDigest } from './topic-digest.ts';

describe('start options', () => {
  test('a run that is to write a summary ends by itself, a recording with its last frame', () => {
    expect(startOptions({}).durationMs).toBeUndefined();
    expect(startOptions({ summary: 's.json' }).durationMs).toBe(30_000);
    expect(startOptions({ summary: 's.json', recording: '.' }).durationMs).toBeUndefined();
    expect(startOptions({ summary: 's.json', duration: '2m' }).durationMs).toBe(120_000);
    expect(startOptions({ recording: '.' }).mode).toBe('recorded');
    expect(startOptions({ live: true }).mode).toBe('live');
  });

  test.each([
    [{ live: true, recording: '.' }, /exclude each other/],
    [{ speed: '3' }, /--speed must be 1, 10 or max, not 3/],
    [{ live: true, speed: 'max' }, /simulated and recorded/],
    [{ recording: '/no/such/place' }, /no such directory/],
    [{ duration: 'soon' }, /not a duration: soon/],
    [{ port: '70000' }, /--port must be/],
    [{ config: '/no/such/file' }, /--config/],
  ])('refuses %j in one sentence', (flags, message) => {
    expect(() => startOptions(flags)).toThrow(UsageError);
    expect(() => startOptions(flags)).toThrow(message);
  });
});

describe('run ledger', () => {
  const account = (fromOffset: number, toOffset: number, overrides = {}) => ({
    stages: 'parse',
    topic: 'raw.kraken',
    partition: 0,
    fromOffset,
    toOffset,
    records: toOffset - fromOffset + 1,
    withOutputs: toOffset - fromOffset + 1,
    filteredRecords: 0,
    deadRecords: 0,
    filtered: { 'parse.heartbeat': 1 },
    deadLetters: {},
    outputs: { 'processed.trades': 2 },
    receivedTimes: [],
    processedTime: 0,
    ...overrides,
  });
  const run = new Map([['raw.kraken/0', { from: 10, to: 30 }]]);
  const totals = (...accounts: ReturnType<typeof account>[]) => {
    const ledger = new RunLedger();
    for (const one of accounts) ledger.add(one);
    return ledger.totals(run);
  };

  test('is covered when batches tile the run, whatever their order', () => {
    const { covered, filtered, outputs } = totals(account(20, 29), account(10, 19));
    expect({ covered, filtered, outputs }).toEqual({
      covered: true,
      filtered: { 'parse.heartbeat': 2 },
      outputs: { 'processed.trades': 4 },
    });
  });

  test.each([
    ['a hole', [account(10, 18), account(20, 29)]],
    ['an overlap', [account(10, 20), account(20, 29)]],
    ['a missing end', [account(10, 19)]],
    ['a record that became nothing', [account(10, 29, { withOutputs: 19 })]],
    ['no batch at all', []],
  ])('is not covered with %s', (_, accounts) => {
    expect(totals(...accounts).covered).toBe(false);
  });

  test('leaves out what an earlier run left', () => {
    expect(totals(account(0, 9), account(10, 29)).outputs).toEqual({ 'processed.trades': 2 });
  });
});

describe('topic digest', () => {
  const digestOf = async (records: readonly (readonly [string, string, string])[]) => {
    const digest = await TopicDigest.create();
    for (const [key, source, content] of records) digest.add(key, source, Buffer.from(content));
    return digest.digest();
  };

  test('does not depend on how keys and sources interleave, and does on everything else', async () => {
    const one = await digestOf([
      ['k', 'a', '1'],
      ['k', 'b', '2'],
      ['k', 'a', '3'],
      ['l', 'a', '4'],
    ]);
    expect(
      await digestOf([
        ['l', 'a', '4'],
        ['k', 'a', '1'],
        ['k', 'a', '3'],
        ['k', 'b', '2'],
      ]),
    ).toBe(one);
    expect(
      await digestOf([
        ['k', 'a', '3'],
        ['k', 'b', '2'],
        ['k', 'a', '1'],
        ['l', 'a', '4'],
      ]),
    ).not.toBe(one);
    expect(
      await digestOf([
        ['k', 'a', '1'],
        ['k', 'b', '2'],
        ['k', 'a', '3'],
      ]),
    ).not.toBe(one);
    expect(
      await digestOf([
        ['k', 'a', '13'],
        ['k', 'b', '2'],
        ['l', 'a', '4'],
      ]),
    ).not.toBe(one);
  });

  test('is the same for large content as for small', async () => {
    const big = 'x'.repeat(50_000);
    const records = [1, 2, 3, 4].map((n) => ['k', 'a', `${n}${big}`] as const);
    expect(await digestOf(records)).toBe(await digestOf(records));
    expect(await digestOf(records)).toMatch(/^[0-9a-f]{64}$/);
  });
});
