import { systemClock } from '@alphapulse/core';
import type { ReferenceProvider } from '@alphapulse/reference';
import { keyText, ReferenceChain } from '@alphapulse/reference';
import { idOf } from '@alphapulse/registry';
import { instrumentOf } from '@alphapulse/registry/testing/entities.ts';
import { ManualClock } from '@alphapulse/testkit';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { commandLog } from '../connection.ts';
import { CommandHarness } from './testing/command-harness.ts';

const apple = 'US0378331005';
const spy = 'US78462F1030';
let harness: CommandHarness;
let asked: string[];

/** Knows Apple, not SPY. */
const provider: ReferenceProvider = {
  name: 'file',
  gives: ['figi', 'ticker', 'name'],
  lookUp: async (keys) => {
    asked.push(...keys.map(keyText));
    return new Map(
      keys.map((key) => [
        keyText(key),
        keyText(key) === `isin:${apple}`
          ? { outcome: 'found', facts: { ticker: 'AAPL', name: 'Apple Inc.' } }
          : { outcome: 'unknown' },
      ]),
    );
  },
};

beforeEach(() => {
  asked = [];
  harness = new CommandHarness(new ManualClock());
  const { signal } = new AbortController();
  harness.reference = new ReferenceChain({
    providers: [provider],
    clock: systemClock,
    log: commandLog('test'),
    signal,
  });
  for (const [identity, facts] of [
    [`equity:isin:${apple}`, { isin: apple, type: 'equity' }],
    [`etf:isin:${spy}`, { isin: spy, type: 'etf' }],
    [
      'equity:isin:US5949181045',
      { isin: 'US5949181045', type: 'equity', figi: 'f', ticker: 'MSFT', name: 'Microsoft' },
    ],
    ['spot:BTC/USD', {}],
  ] as const) {
    const id = idOf(identity);
    harness.registry.apply({
      kind: 'instruments',
      key: id,
      value: instrumentOf({ id, identity, ...facts }),
      offset: 0,
    });
  }
});

describe('enrich', () => {
  test('states what is known of instruments that lack a fact, and says of the others that nobody knows them', async () => {
    const { code, err } = await harness.run('enrich');
    expect(code).toBe(0);
    expect(asked.sort()).toEqual([`isin:${apple}`, `isin:${spy}`]);
    expect(harness.stated).toEqual([
      {
        ...{ source: 'reference', atomic: false },
        statements: [
          {
            kind: 'instruments',
            facts: { identity: `equity:isin:${apple}`, cusip: '037833100', ticker: 'AAPL', name: 'Apple Inc.' },
            provenance: 'isin: cusip; file: ticker, name',
          },
        ],
      },
    ]);
    expect(err).toContain('2 instruments: 1 registered, 0 unchanged, 0 rejected, 1 unknown to all');
  });

  test('takes the instruments that are named, or all', async () => {
    await harness.run('enrich', 'US5949181045');
    expect(asked).toEqual(['isin:US5949181045']);
    await harness.run('enrich', '--all', '--dry-run');
    expect(asked).toContain(`isin:${apple}`);
    expect(harness.stated).toEqual([]);
  });

  test('tells of providers that fail, and exits as for an outage', async () => {
    const failing: ReferenceProvider = {
      ...{ name: 'service', gives: ['figi'] },
      lookUp: async (keys) =>
        new Map(
          keys.map((key) => [keyText(key), { outcome: 'failed', code: 'reference_unavailable', message: 'no answer' }]),
        ),
    };
    const { signal } = new AbortController();
    const log = commandLog('test');
    harness.reference = new ReferenceChain({ providers: [failing], clock: systemClock, log, signal });
    const { code, err } = await harness.run('enrich', apple);
    expect(code).toBe(1);
    expect(err).toContain(`equity:isin:${apple}: service: no answer (reference_unavailable)`);
    expect(err).toContain('1 of 1 could not be looked up; try again later (reference_unavailable)');
  });

  test('states the curated tokens', async () => {
    const { code, err } = await harness.run('enrich', '--curated');
    expect(code).toBe(0);
    expect(harness.stated).toMatchObject([{ source: 'curated', atomic: true }]);
    expect(harness.stated[0]?.statements).toContainEqual(expect.objectContaining({ kind: 'tokens' }));
    expect(err).toMatch(/^\d+ curated statements: \d+ registered, 0 unchanged\n$/);
  });

  test.each([
    [['enrich', 'spot:BTC/USD'], /spot:BTC\/USD has no ISIN/],
    [['enrich', 'US4592001014'], /not registered/],
  ])('refuses %j', async (args, sentence) => {
    const { code, err } = await harness.run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });

  test('says what to configure when there is nobody to ask', async () => {
    harness.reference = null;
    expect(await harness.run('enrich')).toMatchObject({ code: 2, err: expect.stringContaining('REFERENCE_FILES') });
  });
});
