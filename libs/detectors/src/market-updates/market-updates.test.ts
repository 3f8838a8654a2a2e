import type { MarketUpdate, Quote, Trade } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { processedQuotes, processedTrades } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, quote, trade } from '../testing/events.ts';
import { marketUpdatesConfig } from './config.ts';
import { marketUpdatesStage } from './stage.ts';

const drive = () => {
  const driver = new StageDriver(marketUpdatesStage, marketUpdatesConfig());
  const pipe = (...events: (Quote | Trade)[]): MarketUpdate[] =>
    events.flatMap((event) => {
      const timestampMs = Math.floor(event.receivedTime / 1000);
      const outputs =
        'price' in event
          ? driver.pipe(processedTrades, event.instrumentId, event, timestampMs)
          : driver.pipe(processedQuotes, event.instrumentId, event, timestampMs);
      return outputs.map((output) => output.value);
    });
  return { driver, pipe };
};

describe('market-updates', () => {
  test('best prices over venues and the last trade, at the first record of each interval', () => {
    const { driver, pipe } = drive();
    expect(pipe(quote('b', 0, 99, 101))).toHaveLength(1);
    expect(
      pipe(quote('a', 100, 98, 100), trade('a', 200, 100, { size: 3 }), trade('b', 249, 101, { size: 4 })),
    ).toEqual([]);
    expect(pipe(quote('a', 250, 98.5, 100))).toEqual([
      {
        instrumentId: 'spotbtcusdt',
        instrument: 'spot:BTC/USDT',
        bestBid: 99,
        bestBidVenue: 'b',
        bestAsk: 100,
        bestAskVenue: 'a',
        venueCount: 2,
        venues: [
          { venue: 'a', bidPrice: 98.5, bidSize: 1, askPrice: 100, askSize: 2, receivedTime: at(250) },
          { venue: 'b', bidPrice: 99, bidSize: 1, askPrice: 101, askSize: 2, receivedTime: at(0) },
        ],
        lastTradePrice: 101,
        lastTradeSize: 4,
        lastTradeVenue: 'b',
        receivedTime: at(250),
      },
    ]);
    expect(driver.filtered).toEqual({ conflated: 3 });
    expect(driver.outputs.at(-1)).toMatchObject({ key: 'spotbtcusdt', timestampMs: Math.floor(at(250) / 1000) });
  });

  test('a synthetic is an instrument like others, with one venue and prices that may be negative', () => {
    const { pipe } = drive();
    const [update] = pipe(quote('synthetic', 0, -5, -4, { instrument: 'synthetic:s', takerFeeBps: null }));
    expect(update).toMatchObject({ bestBid: -5, bestAsk: -4, bestBidVenue: 'synthetic', venueCount: 1 });
  });

  test('a quote or trade older than a minute counts no more', () => {
    const { pipe } = drive();
    pipe(quote('a', 0, 99, 101), trade('a', 0, 100));
    expect(pipe(quote('b', 60_000, 98, 102))[0]).toMatchObject({
      bestBidVenue: 'a',
      venueCount: 2,
      lastTradePrice: 100,
    });
    expect(pipe(quote('b', 60_250, 98, 102))[0]).toMatchObject({
      bestBidVenue: 'b',
      venueCount: 1,
      lastTradePrice: null,
    });
  });

  test('crossed quotes, back-filled trades and what is older than known are passed over', () => {
    const { driver, pipe } = drive();
    expect(pipe(quote('a', 0, 99, 101), quote('a', 250, 102, 101)).at(-1)).toMatchObject({
      venueCount: 0,
      bestBid: null,
      bestAsk: null,
    });
    expect(
      pipe(trade('a', 260, 100), trade('a', 600, 90, { backfilled: true }), trade('b', 255, 91), quote('a', 100, 1, 2)),
    ).toEqual([]);
    expect(driver.filtered).toEqual({ conflated: 1, backfilled: 1, 'older-than-known': 2 });
  });

  test('a fold that starts a look-back before gives the same', () => {
    const event = fc.record({
      kind: fc.constantFrom('quote', 'trade'),
      venue: fc.constantFrom('a', 'b', 'c'),
      instrument: fc.constantFrom('spot:BTC/USDT', 'spot:ETH/USDT'),
      afterMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })),
      price: fc.integer({ min: 90, max: 110 }),
      width: fc.integer({ min: -1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 80 }), fc.nat(80), (steps, cut) => {
        let ms = 0;
        const events = steps.map(({ kind, venue, instrument, afterMs, price, width }) => {
          ms += afterMs;
          return kind === 'quote'
            ? quote(venue, ms, price - width, price + width, { instrument })
            : trade(venue, ms, price, { instrument });
        });
        const straight = drive();
        const restarted = drive();
        const from = Math.min(cut, events.length);
        const lookBackUs = (marketUpdatesStage.state?.kind === 'look-back' ? marketUpdatesStage.state.ms : 0) * 1000;
        const since = (events[from]?.receivedTime ?? 0) - lookBackUs;
        straight.pipe(...events.slice(0, from));
        restarted.pipe(...events.slice(0, from).filter((each) => each.receivedTime >= since));
        expect(restarted.pipe(...events.slice(from))).toEqual(straight.pipe(...events.slice(from)));
      }),
      { numRuns: 200 },
    );
  });

  test('settings are checked', () => {
    expect(() => marketUpdatesConfig({ intervalMs: 0 })).toThrow(/intervalMs/);
    expect(() => marketUpdatesConfig({ liveMs: 120_000 })).toThrow(/liveMs/);
    expect(marketUpdatesConfig({ intervalMs: 1000 })).toEqual({ intervalMs: 1000, liveMs: 60_000 });
  });
});
