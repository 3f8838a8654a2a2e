import type { ArbitrageOpportunity, Quote } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { opportunitiesArbitrage, processedQuotes } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { at, quote } from '../testing/events.ts';
import { type ArbitrageConfig, arbitrageConfig } from './config.ts';
import { arbitrage } from './stage.ts';

const drive = (overrides: Partial<ArbitrageConfig> = {}) => {
  const driver = new StageDriver(arbitrage, arbitrageConfig({ reorderWindowMs: 0, ...overrides }));
  const pipe = (...quotes: Quote[]): ArbitrageOpportunity[] =>
    quotes.flatMap((each) =>
      driver
        .pipe(processedQuotes, each.instrumentId, each, Math.floor(each.receivedTime / 1000))
        .filter(({ topic }) => topic === opportunitiesArbitrage.name)
        .map((output) => output.value as ArbitrageOpportunity),
    );
  return { driver, pipe };
};
const steps = (records: readonly ArbitrageOpportunity[]) =>
  records.map((record) => [record.state, record.closeReason, (record.receivedTime - at(0)) / 1000]);
/** Elsewhere: moves record time on and touches nothing. */
const tick = (ms: number) => quote('okx', ms, 1, 2, { instrument: 'spot:TICK/USD' });

describe('arbitrage: the life of an opportunity', () => {
  test('opens, is updated and closes when the spread is gone, each step with its proof', () => {
    const { driver, pipe } = drive();
    expect(pipe(quote('binance', 0, 99.99, 100))).toEqual([]);
    const kraken = quote('kraken', 10, 101, 101.01, { eventTime: at(4), takerFeeBps: 26, symbol: 'BTC/USDT' });
    const [opened] = pipe(kraken);
    expect(opened).toMatchObject({
      opportunityId: `spotbtcusdt:binance>kraken:${at(10)}`,
      instrumentId: 'spotbtcusdt',
      state: 'opened',
      closeReason: null,
      executableSize: 1,
      openedTime: at(10),
      receivedTime: at(10),
      durationMs: 0,
      buy: {
        venue: 'binance',
        side: 'buy',
        price: 100,
        size: 2,
        takerFeeBps: 10,
        ageMs: 10,
        listingVersion: 'binance@1',
      },
      sell: {
        venue: 'kraken',
        symbol: 'BTC/USDT',
        side: 'sell',
        price: 101,
        size: 1,
        takerFeeBps: 26,
        eventTime: at(4),
        ageMs: 6,
        eventId: kraken.eventId,
        origin: kraken.origin,
      },
    });
    expect(opened?.grossBps).toBeCloseTo(100, 9);
    expect(opened?.netBps).toBeCloseTo(63.74, 9);
    expect(opened?.profitQuote).toBeCloseTo(0.6374, 9);
    expect(opened?.profitUsd).toBeCloseTo(0.6374, 9);

    const more = pipe(quote('kraken', 500, 101.5, 101.6, { takerFeeBps: 26 }));
    // The symbol of the listing changed with this quote: other facts, another opportunity.
    expect(more.map((record) => [record.state, record.closeReason])).toEqual([
      ['closed', 'superseded'],
      ['opened', null],
    ]);
    const [updated] = pipe(quote('kraken', 700, 102, 102.1, { takerFeeBps: 26 }));
    expect(updated).toMatchObject({ state: 'updated', durationMs: 200, openedTime: at(500) });
    const [closed] = pipe(quote('binance', 1000, 102, 102.1));
    expect(closed).toMatchObject({
      state: 'closed',
      closeReason: 'spread_gone',
      durationMs: 500,
      maxNetBps: updated?.netBps,
    });
    expect(closed?.netBps).toBeLessThan(0);
    expect(driver.outputs.every((output) => output.key === 'spotbtcusdt')).toBe(true);
    expect(driver.outputs.at(-1)?.timestampMs).toBe(Math.floor(at(1000) / 1000));
  });

  test('nothing is found below the threshold, above it everything', () => {
    const bid = 100 * 1.0025;
    const net = 25 - 10 - 10 * 1.0025;
    expect(drive({ thresholdBps: net + 0.001 }).pipe(quote('a', 0, 99, 100), quote('b', 1, bid, 101))).toEqual([]);
    expect(drive({ thresholdBps: net - 0.001 }).pipe(quote('a', 0, 99, 100), quote('b', 1, bid, 101))).toHaveLength(1);
  });

  test('every pair of venues is judged, both ways round', () => {
    const found = drive().pipe(quote('c', 0, 101, 102), quote('a', 1, 99, 100), quote('b', 2, 99, 99.9));
    expect(found.map((record) => `${record.buy.venue}>${record.sell.venue}`)).toEqual(['a>c', 'b>c']);
  });

  test('closes at the exact time the older quote turns stale, whichever record tells', () => {
    const { pipe } = drive({ maxQuoteAgeMs: 1000 });
    expect(steps(pipe(quote('a', 0, 99, 100), quote('b', 300, 101, 102), tick(999), tick(1500)))).toEqual([
      ['opened', null, 300],
      ['closed', 'quote_stale', 1000],
    ]);
    // Age counts in event time.
    const later = pipe(quote('a', 2000, 99, 100), quote('b', 2001, 101, 102, { eventTime: at(1200) }), tick(9000));
    expect(steps(later)).toEqual([
      ['opened', null, 2001],
      ['closed', 'quote_stale', 2200],
    ]);
    expect(later[1]).toMatchObject({ durationMs: 199, sell: { ageMs: 1000 } });
    expect(pipe(quote('a', 10_000, 99, 100), quote('b', 10_001, 101, 102, { eventTime: at(9000) }))).toEqual([]);
  });

  test('a fresher quote puts staleness off; one that comes stale closes at once', () => {
    const { pipe } = drive({ maxQuoteAgeMs: 1000 });
    pipe(quote('a', 0, 99, 100), quote('b', 0, 101, 102));
    expect(pipe(quote('a', 900, 99, 100), quote('b', 950, 101, 102), tick(1800))).toEqual([]);
    expect(steps(pipe(quote('a', 1810, 99, 100, { eventTime: at(500) })))).toEqual([['closed', 'quote_stale', 1810]]);
  });

  test('crossed quotes are no market', () => {
    const { driver, pipe } = drive();
    pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102));
    expect(steps(pipe(quote('b', 2, 103, 102)))).toEqual([['closed', 'quote_crossed', 2]]);
    expect(pipe(quote('b', 3, 103, 102))).toEqual([]);
    expect(driver.filtered).toEqual({ 'no-change': 1, 'quote-crossed': 1 });
  });

  test('without a fee there is no net, so no opportunity', () => {
    const { driver, pipe } = drive();
    expect(pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102, { takerFeeBps: null }))).toEqual([]);
    expect(driver.filtered).toEqual({ 'no-change': 1, 'fee-unknown': 1 });
    pipe(quote('b', 2, 101, 102));
    const [closed] = pipe(quote('b', 3, 101, 102, { takerFeeBps: null }));
    expect(closed).toMatchObject({ closeReason: 'superseded', sell: { takerFeeBps: 10, ageMs: 1 } });
  });

  test('other listing facts make another opportunity', () => {
    const { pipe } = drive();
    pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102));
    const records = pipe(quote('b', 2, 101, 102, { listingVersion: 'b@2', takerFeeBps: 20 }));
    expect(steps(records)).toEqual([
      ['closed', 'superseded', 2],
      ['opened', null, 2],
    ]);
    expect(records.map((record) => record.sell.listingVersion)).toEqual(['b@1', 'b@2']);
  });

  test('prices that disagree wildly are a wrong mapping', () => {
    const { driver, pipe } = drive();
    expect(pipe(quote('a', 0, 99, 100), quote('b', 1, 9999, 10_000))).toEqual([]);
    expect(driver.filtered['suspect-mapping']).toBe(1);
    pipe(quote('b', 2, 101, 102));
    expect(steps(pipe(quote('b', 3, 9999, 10_000)))).toEqual([['closed', 'suspect_mapping', 3]]);
  });

  test('what can be executed must be worth it, where its value is known', () => {
    const { pipe } = drive({ minExecutableUsd: 150 });
    expect(pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102))).toEqual([]);
    expect(steps(pipe(quote('b', 2, 101, 102, { bidSize: 2 }), quote('b', 3, 101, 102, { bidSize: 1.1 })))).toEqual([
      ['opened', null, 2],
      ['closed', 'spread_gone', 3],
    ]);
    const inBitcoin = { instrument: 'spot:ETH/BTC' };
    const [found] = pipe(quote('a', 4, 99, 100, inBitcoin), quote('b', 5, 101, 102, inBitcoin));
    expect(found).toMatchObject({ state: 'opened', profitUsd: null });
    expect(found?.profitQuote).toBeGreaterThan(0);
  });

  test('no size, no opportunity', () => {
    expect(drive().pipe(quote('a', 0, 99, 100, { askSize: 0 }), quote('b', 1, 101, 102))).toEqual([]);
  });

  test('updates are for changes that matter, at a bounded rate', () => {
    const { pipe } = drive({ minUpdateIntervalMs: 100 });
    pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102));
    expect(pipe(quote('b', 200, 101.005, 102))).toEqual([]);
    expect(steps(pipe(quote('b', 300, 101.02, 102)))).toEqual([['updated', null, 300]]);
    expect(pipe(quote('b', 350, 101.5, 102))).toEqual([]);
    expect(steps(pipe(quote('b', 400, 101.5, 102)))).toEqual([['updated', null, 400]]);
    expect(pipe(quote('b', 600, 101.5, 102, { bidSize: 1.4 }))).toEqual([]);
    expect(steps(pipe(quote('b', 700, 101.5, 102, { bidSize: 1.6 })))).toEqual([['updated', null, 700]]);
  });

  test('a pair that opens twice in one microsecond gets two ids', () => {
    const { pipe } = drive();
    const records = pipe(
      quote('a', 0, 99, 100),
      quote('b', 1, 101, 102),
      quote('b', 1, 99, 102),
      quote('b', 1, 101, 102),
    );
    expect(records.map((record) => [record.state, record.opportunityId.split(':')[2]])).toEqual([
      ['opened', `${at(1)}`],
      ['closed', `${at(1)}`],
      ['opened', `${at(1)}#2`],
    ]);
  });
});

describe('arbitrage: order of arrival', () => {
  test('quotes are taken in the order they were received, within the window', () => {
    const a = quote('a', 0, 99, 100);
    const b = [quote('b', 10, 101, 102), quote('b', 30, 99, 102)];
    const a2 = quote('a', 20, 99, 100.5);
    const orders = [
      [a, b[0], a2, b[1]],
      [b[0], b[1], a, a2],
      [b[0], a2, b[1], a],
    ] as Quote[][];
    const found = orders.map((order) => drive({ reorderWindowMs: 50 }).pipe(...order, tick(1000)));
    expect(steps(found[0] ?? [])).toEqual([
      ['opened', null, 10],
      ['closed', 'spread_gone', 30],
    ]);
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  test('a record is held until record time has passed it by the window', () => {
    const { pipe } = drive({ reorderWindowMs: 50 });
    expect(pipe(quote('a', 0, 99, 100), quote('b', 1, 101, 102), tick(50.999))).toEqual([]);
    expect(steps(pipe(tick(51)))).toEqual([['opened', null, 1]]);
  });

  test('a record later than the window counts from now on, unless its venue has spoken since', () => {
    const { driver, pipe } = drive({ reorderWindowMs: 50 });
    pipe(quote('a', 0, 99, 100), tick(500));
    expect(steps(pipe(quote('b', 100, 101, 102)))).toEqual([['opened', null, 450]]);
    expect(pipe(quote('b', 90, 99, 102))).toEqual([]);
    expect(pipe(quote('c', 90, 99, 102))).toEqual([]);
    expect(driver.filtered).toEqual({ 'no-change': 2, 'late-overtaken': 1, late: 1 });
  });
});

describe('arbitrage: bad input', () => {
  test.each([
    [{ bidPrice: Number.NaN }, 'number_not_finite'],
    [{ askSize: Number.POSITIVE_INFINITY }, 'number_not_finite'],
    [{ askPrice: 0 }, 'price_not_positive'],
    [{ bidSize: -1 }, 'size_negative'],
  ])('%o is rejected with %s and changes nothing', (poison, code) => {
    const { pipe } = drive();
    pipe(quote('a', 0, 99, 100));
    expect(() => pipe(quote('b', 9000, 101, 102, poison))).toThrow(expect.objectContaining({ code }));
    expect(pipe(quote('b', 1, 101, 102))).toHaveLength(1);
  });

  test('a wrong setting is named', () => {
    expect(() => arbitrageConfig({ maxQuoteAgeMs: -1 })).toThrow(/maxQuoteAgeMs/);
    expect(() => arbitrageConfig({ threshold: 1 } as Partial<ArbitrageConfig>)).toThrow(/threshold/);
    expect(arbitrageConfig({ thresholdBps: -5 }).thresholdBps).toBe(-5);
  });
});
