import type { ArbitrageOpportunity, Mapping, Quote } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { opportunitiesArbitrage, processedQuotes, registryMappings } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { at, quote } from '../testing/events.ts';
import { type ArbitrageConfig, arbitrageConfig, sanityLimits } from './config.ts';
import { ArbitrageProcessor } from './processor.ts';
import { arbitrage } from './stage.ts';

const drive = (overrides: Partial<ArbitrageConfig> = {}) => {
  const driver = new StageDriver(arbitrage, arbitrageConfig({ reorderWindowMs: 0, ...overrides }));
  const pipe = (...quotes: Quote[]) => {
    const outputs = quotes.flatMap((each) =>
      driver.pipe(processedQuotes, each.instrumentId, each, Math.floor(each.receivedTime / 1000)),
    );
    return {
      mappings: outputs
        .filter(({ topic }) => topic === registryMappings.name)
        .map((output) => ({ ...output, value: output.value as Mapping })),
      opportunities: outputs
        .filter(({ topic }) => topic === opportunitiesArbitrage.name)
        .map(({ value }) => value as ArbitrageOpportunity),
    };
  };
  return { driver, pipe };
};

/** A second apart, each venue around its mid, from one second to another. */
function steady(mids: Readonly<Record<string, number>>, from: number, to: number, more: Partial<Quote> = {}): Quote[] {
  const quotes: Quote[] = [];
  for (let second = from; second <= to; second++)
    for (const [venue, mid] of Object.entries(mids))
      quotes.push(quote(venue, second * 1000, mid * 0.9999, mid * 1.0001, more));
  return quotes;
}

const steps = (opportunities: readonly ArbitrageOpportunity[]) =>
  opportunities.map(({ state, closeReason, buy, sell, receivedTime }) => [
    `${buy.venue}>${sell.venue}`,
    closeReason ?? state,
    (receivedTime - at(0)) / 1_000_000,
  ]);

describe('arbitrage: suspect mappings', () => {
  test('a lasting disagreement ends what is open on it, is written down, and lets nothing open', () => {
    const { driver, pipe } = drive();
    // 8 %: beyond the limit for mappings, within what one pair of quotes may show.
    const { mappings, opportunities } = pipe(...steady({ binance: 100, kraken: 108 }, 0, 30));
    expect(steps(opportunities)).toEqual([
      ['binance>kraken', 'opened', 0],
      ['binance>kraken', 'suspect_mapping', 10],
    ]);
    expect(mappings).toHaveLength(1);
    const [{ key, timestampMs, value } = { key: '', timestampMs: 0, value: {} as Mapping }] = mappings;
    expect([key, timestampMs]).toEqual(['spotbtcusdt', at(10_000) / 1000]);
    expect(value).toMatchObject({
      id: 'spotbtcusdt',
      instrument: 'spot:BTC/USDT',
      state: 'suspect',
      limitBps: 500,
      reason:
        'binance BTCUSDT at 100 (800 bps) and kraken BTCUSDT at 108 (800 bps) are further than 500 bps from the other’s price, for 10 s or longer.',
      sinceTime: at(0),
      receivedTime: at(10_000),
    });
    expect(value.venues.map(({ venue, symbol, suspect }) => [venue, symbol, suspect])).toEqual([
      ['binance', 'BTCUSDT', true],
      ['kraken', 'BTCUSDT', true],
    ]);
    expect(value.venues[0]?.deviationBps).toBeCloseTo(800, 9);
    // 20 seconds of two quotes each, and the one of the second in which it turned suspect.
    expect(driver.filtered['suspect-mapping']).toBe(41);
  });

  test('when prices agree again for long enough, opportunities flow again', () => {
    const { pipe } = drive();
    pipe(...steady({ binance: 100, kraken: 108 }, 0, 20));
    // An arbitrage of 1 % while the mapping is still suspect: suppressed, however plausible.
    const doubted = pipe(...steady({ binance: 100, kraken: 101 }, 21, 80));
    expect(doubted).toEqual({ mappings: [], opportunities: [] });
    const believed = pipe(...steady({ binance: 100, kraken: 101 }, 81, 82));
    expect(believed.mappings.map(({ value }) => [value.state, value.reason, value.sinceTime])).toEqual([
      ['confirmed', 'binance and kraken have agreed with the others within 500 bps for 60 s or longer.', at(21_000)],
    ]);
    expect(steps(believed.opportunities)).toEqual([['binance>kraken', 'opened', 81]]);
  });

  test('of three venues only pairs with the odd one are suppressed', () => {
    const { pipe } = drive();
    const { mappings, opportunities } = pipe(...steady({ a: 100, b: 101, c: 109 }, 0, 15));
    expect(mappings.map(({ value }) => value.reason)).toEqual([
      'c BTCUSDT at 109 (792.07921 bps) is further than 500 bps from the median of the other venues, for 10 s or longer.',
    ]);
    expect(steps(opportunities)).toEqual([
      ['a>b', 'opened', 0],
      ['a>c', 'opened', 0],
      ['b>c', 'opened', 0],
      ['a>c', 'suspect_mapping', 10],
      ['b>c', 'suspect_mapping', 10],
    ]);
  });

  test('pairs that are believed again are judged at once, also those the quote at hand is no part of', () => {
    const { pipe } = drive({ mappingConfirmAfterMs: 10_000 });
    pipe(...steady({ a: 100, b: 100, c: 300 }, 0, 15));
    const { mappings, opportunities } = pipe(...steady({ b: 100, c: 101, a: 100 }, 20, 30));
    expect(mappings.map(({ value }) => value.state)).toEqual(['confirmed']);
    expect(steps(opportunities).sort()).toEqual([
      ['a>c', 'opened', 30],
      ['b>c', 'opened', 30],
    ]);
  });

  test('a bad tick, a crossed quote and a venue that is gone do not make it suspect', () => {
    const { pipe } = drive();
    const told = [
      pipe(...steady({ a: 100, b: 100 }, 0, 5)),
      pipe(quote('b', 5_500, 300, 301), ...steady({ a: 100, b: 100 }, 6, 10)),
      pipe(...steady({ a: 100, b: 100 }, 11, 30).map((each) => ({ ...each, ...(each.venue === 'b' ? crossed : {}) }))),
      pipe(...steady({ a: 100 }, 31, 100), ...steady({ a: 200 }, 101, 200)),
    ];
    expect(told.flatMap(({ mappings }) => mappings)).toEqual([]);
  });

  test('instruments are judged apart', () => {
    const { pipe } = drive();
    const other = { instrument: 'spot:ETH/USDT' };
    const first = steady({ a: 100, b: 108 }, 0, 12);
    const second = steady({ a: 100, b: 101 }, 0, 12, other);
    const all = [...first, ...second].sort((x, y) => x.receivedTime - y.receivedTime);
    const { mappings, opportunities } = pipe(...all);
    expect(mappings.map(({ key }) => key)).toEqual(['spotbtcusdt']);
    expect(opportunities.filter(({ instrumentId }) => instrumentId === 'spotethusdt')).toMatchObject([
      { state: 'opened' },
    ]);
  });

  test('prices, suspicion and their times survive a restart, and a checkpoint that knows of no mappings is read', () => {
    const whole = drive();
    const interrupted = drive();
    const told = (driven: typeof whole) => [
      driven.pipe(...steady({ a: 100, b: 108 }, 0, 7)),
      driven.pipe(...steady({ a: 100, b: 108 }, 8, 20)),
      driven.pipe(...steady({ a: 100, b: 101 }, 21, 60)),
      driven.pipe(...steady({ a: 100, b: 101 }, 61, 90)),
    ];
    const restarting: typeof whole = {
      ...interrupted,
      pipe: (...quotes) => {
        interrupted.driver.restart();
        return interrupted.pipe(...quotes);
      },
    };
    const expected = told(whole);
    expect(expected.flatMap(({ mappings }) => mappings.map(({ value }) => value.state))).toEqual([
      'suspect',
      'confirmed',
    ]);
    expect(JSON.stringify(told(restarting).map(simple))).toBe(JSON.stringify(expected.map(simple)));

    const config = arbitrageConfig({ reorderWindowMs: 0 });
    const old = new ArbitrageProcessor(config);
    const held = quote('a', 0, 99, 100);
    old.load('*', Buffer.from(JSON.stringify({ watermark: at(0) })));
    const instrument = { instrument: 'spot:BTC/USDT', quotes: [held], open: [], openedTime: 0, openedIds: [] };
    old.load('spotbtcusdt', Buffer.from(JSON.stringify({ instrument, held: [] })));
    const saved = new Map([...old.save()].map(([key, state]) => [key, JSON.parse(Buffer.from(state).toString())]));
    expect(saved.get('*')).toEqual({ format: 2, watermark: at(0) });
    expect(saved.get('spotbtcusdt')).toMatchObject({ instrument: { quotes: [held] }, sanity: [] });
  });

  test('a checkpoint of a later version is refused, not misread', () => {
    const processor = new ArbitrageProcessor(arbitrageConfig());
    const later = Buffer.from(JSON.stringify({ format: 3, watermark: 1 }));
    expect(() => processor.load('*', later)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });

  test('quotes of synthetics are left alone, whatever they hold', () => {
    const { driver, pipe } = drive();
    const computed = quote('synthetic', 0, -5, -4, { crossed: false });
    expect(pipe(computed, ...steady({ a: 100 }, 0, 20))).toEqual({ mappings: [], opportunities: [] });
    expect(driver.filtered).toEqual({ synthetic: 1, 'no-change': 21 });
  });

  test('settings that contradict each other are named', () => {
    expect(() => arbitrageConfig({ mappingForgetAfterMs: 1_000 })).toThrow(/mappingForgetAfterMs.*mappingMaxAgeMs/);
    expect(sanityLimits(arbitrageConfig())).toEqual({
      limitBps: 500,
      suspectAfterMs: 10_000,
      confirmAfterMs: 60_000,
      maxAgeMs: 60_000,
      forgetAfterMs: 3_600_000,
    });
  });
});

const crossed = { bidPrice: 301, askPrice: 300, crossed: true };

function simple({ mappings, opportunities }: ReturnType<ReturnType<typeof drive>['pipe']>) {
  return [mappings.map(({ value }) => [value.state, value.receivedTime, value.reason]), steps(opportunities)];
}
