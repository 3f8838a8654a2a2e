import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MarketModel, type MarketModelOptions, simulatedTakerFeesBps } from './market-model.ts';
import type { MarketEvent } from './protocol.ts';

// Busy machines are slow; nothing here is about time.
jest.setTimeout(60_000);

const startUs = 1_700_000_000_000_000;

interface Emitted {
  readonly venue: string;
  readonly event: MarketEvent;
}

function run(options: Partial<MarketModelOptions>, seconds: number, chunkUs = 7_000): [MarketModel, Emitted[]] {
  const model = new MarketModel({ seed: 1, startUs, ...options });
  model.startDislocations(startUs);
  const events: Emitted[] = [];
  for (let at = startUs; at <= startUs + seconds * 1e6; at += chunkUs)
    model.advance(at, (venue, event) => events.push({ venue, event }));
  return [model, events];
}

const instrumentOf = (event: MarketEvent) => `spot:${event.pair.base}/${event.pair.quote}`;

/** Net of every ordered pair of venues after every top that was published, as a consumer would compute it. */
function* arbitrages(events: readonly Emitted[]) {
  const tops = new Map<string, Map<string, { bid: readonly [number, number]; ask: readonly [number, number] }>>();
  for (const { venue, event } of events) {
    if (event.kind !== 'book') continue;
    const venues = tops.get(instrumentOf(event)) ?? new Map();
    tops.set(instrumentOf(event), venues);
    venues.set(venue, event.top);
    for (const [buyVenue, buy] of venues)
      for (const [sellVenue, sell] of venues) {
        if (buyVenue === sellVenue) continue;
        const gross = ((sell.bid[0] - buy.ask[0]) / buy.ask[0]) * 1e4;
        const net = gross - (simulatedTakerFeesBps[buyVenue] ?? 0) - (simulatedTakerFeesBps[sellVenue] ?? 0);
        yield { instrument: instrumentOf(event), buyVenue, sellVenue, gross, net, timeUs: event.timeUs };
      }
  }
}

describe('MarketModel', () => {
  test('the same seed gives the same events, however time is cut', () => {
    const [, first] = run({ seed: 42 }, 5, 5_000);
    const [, second] = run({ seed: 42 }, 5, 50_000);
    const [, other] = run({ seed: 43 }, 5, 5_000);
    expect(first.length).toBeGreaterThan(2000);
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('deltas applied to the first snapshot give the book, and ids have no hole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (seed) => {
        const model = new MarketModel({ seed, startUs, eventsPerSecond: 2000, dislocations: { leadMs: 100 } });
        model.startDislocations(startUs);
        const books = new Map<object, { bids: Map<number, number>; asks: Map<number, number>; updateId: number }>();
        const tradeIds = new Map<object, number>();
        for (const market of model.venues.values())
          for (const pair of market.pairs) {
            const book = market.book(pair, 1000);
            books.set(pair, { bids: new Map(book.bids), asks: new Map(book.asks), updateId: book.lastUpdateId });
          }
        const emit = (venue: string, event: MarketEvent) => {
          const market = model.venues.get(venue);
          const folded = books.get(event.pair);
          if (!market || !folded) throw new Error(`event of an unlisted pair on ${venue}`);
          if (event.kind === 'trade') {
            const before = tradeIds.get(event.pair);
            if (before !== undefined) expect(event.tradeId).toBe(before + 1);
            tradeIds.set(event.pair, event.tradeId);
            const book = market.book(event.pair, 1);
            expect(event.price).toBe(event.side === 'buy' ? book.asks[0]?.[0] : book.bids[0]?.[0]);
            expect(event.size).toBeGreaterThan(0);
            return;
          }
          expect(event.firstUpdateId).toBe(folded.updateId + 1);
          expect(event.lastUpdateId).toBeGreaterThanOrEqual(event.firstUpdateId);
          folded.updateId = event.lastUpdateId;
          for (const side of ['bids', 'asks'] as const) {
            expect(new Set(event[side].map(([price]) => price)).size).toBe(event[side].length);
            for (const [price, size] of event[side]) {
              if (size !== 0) folded[side].set(price, size);
              else if (!folded[side].delete(price)) throw new Error(`${price} was never there`);
            }
          }
          const book = market.book(event.pair, 1000);
          expect(book.lastUpdateId).toBe(folded.updateId);
          expect([...folded.bids].sort((a, b) => b[0] - a[0])).toEqual(book.bids);
          expect([...folded.asks].sort((a, b) => a[0] - b[0])).toEqual(book.asks);
          expect(book.bids.length).toBeGreaterThanOrEqual(50);
          expect(book.asks.length).toBeGreaterThanOrEqual(50);
          expect(event.top.bid).toEqual(book.bids[0]);
          expect(event.top.ask).toEqual(book.asks[0]);
          expect(event.top.bid[0]).toBeLessThan(event.top.ask[0]);
          const { pricePrecision, sizePrecision } = event.pair;
          const coarse = [...event.bids, ...event.asks].filter(
            ([price, size]) =>
              Number(price.toFixed(pricePrecision)) !== price || Number(size.toFixed(sizePrecision)) !== size,
          );
          expect(coarse).toEqual([]);
        };
        for (let at = startUs; at < startUs + 600_000; at += 10_000) model.advance(at, emit);
      }),
      { numRuns: 3 },
    );
  });

  test('trades, top changes and deeper changes come about 3 : 5 : 2', () => {
    const [model, events] = run({ eventsPerSecond: 1000 }, 20);
    const { trades, tops, depths } = model.counts;
    expect(trades + tops + depths).toBe(events.length);
    expect(trades / events.length).toBeCloseTo(0.3, 1);
    expect(tops / events.length).toBeCloseTo(0.5, 1);
    expect(depths / events.length).toBeCloseTo(0.2, 1);
    expect(Math.abs(events.length / 20_000 - 1)).toBeLessThan(0.02);
  });

  test('speed multiplies the rate and nothing else', () => {
    const model = new MarketModel({ seed: 5, startUs, eventsPerSecond: 100 });
    model.speed = 10;
    const events = model.advance(startUs + 1_000_000, () => undefined);
    expect(Math.abs(events - 1000)).toBeLessThan(10);
  });

  test('published tops show every planted dislocation above the threshold for its whole duration, and no other', () => {
    for (const [seed, eventsPerSecond] of [
      [7, 500],
      [8, 4000],
    ] as const) {
      const [model, events] = run(
        { seed, eventsPerSecond, dislocations: { pauseMs: [300, 900] } },
        eventsPerSecond > 1000 ? 15 : 60,
      );
      model.finish();
      const above = model.truth.filter((planted) => planted.aboveThreshold);
      const below = model.truth.filter((planted) => !planted.aboveThreshold);
      expect(above.length).toBeGreaterThan(5);
      expect(below.length).toBeGreaterThan(3);
      const marginBps = 2;
      const wrong: object[] = [];
      const seen = new Map<object, { min: number; max: number; firstUs: number; first: number }>();
      for (const { instrument, buyVenue, sellVenue, net, timeUs } of arbitrages(events)) {
        const planted = model.truth.find(
          (one) =>
            one.instrument === instrument &&
            one.buyVenue === buyVenue &&
            one.sellVenue === sellVenue &&
            one.fromUs <= timeUs &&
            (timeUs < one.toUs || !one.complete),
        );
        const threshold = model.thresholdBps;
        if (!planted) {
          // At the very moment an above one begins or ends, the events before and after share the time.
          const edge = model.truth.some(
            (one) => one.instrument === instrument && (one.fromUs === timeUs || one.toUs === timeUs),
          );
          if (!edge && net > threshold - 20) wrong.push({ instrument, net, timeUs });
          continue;
        }
        const facts = seen.get(planted) ?? { min: net, max: net, firstUs: timeUs, first: net };
        seen.set(planted, {
          ...facts,
          min: timeUs > planted.fromUs ? Math.min(facts.min, net) : facts.min,
          max: Math.max(facts.max, net),
        });
        const above = net > threshold + marginBps;
        const below = net < threshold - marginBps;
        if (planted.aboveThreshold ? timeUs > planted.fromUs && !above : !below)
          wrong.push({ instrument, net, timeUs });
      }
      expect(wrong).toEqual([]);
      for (const planted of model.truth) {
        const facts = seen.get(planted);
        expect(facts?.firstUs).toBe(planted.fromUs);
        expect(facts?.max).toBeCloseTo(planted.maxNetBps, 9);
        expect(planted.netBps).toBeCloseTo(((planted.sellPrice - planted.buyPrice) / planted.buyPrice) * 1e4 - 50, 9);
        expect(planted.netBps > model.thresholdBps + marginBps).toBe(planted.aboveThreshold);
        expect(planted.minNetBps > model.thresholdBps + marginBps).toBe(planted.aboveThreshold);
        expect(planted.executableSize).toBeGreaterThan(0);
      }
    }
  });

  test('a wrong mapping multiplies one venue’s prices while it lasts, and nothing is planted on it then', () => {
    const wrong = {
      venue: 'kraken',
      instrument: 'spot:ETH/USDT',
      factor: 3,
      fromUs: startUs + 20e6,
      toUs: startUs + 40e6,
    };
    const options = { seed: 5, eventsPerSecond: 300, dislocations: { pauseMs: [200, 500] as const } };
    const [model, events] = run({ ...options, wrongMappings: [wrong] }, 60);
    const mids = events.flatMap(({ venue, event }) =>
      event.kind === 'book' && instrumentOf(event) === wrong.instrument
        ? [{ venue, timeUs: event.timeUs, mid: (event.top.bid[0] + event.top.ask[0]) / 2 }]
        : [],
    );
    const off = mids.filter(({ mid }) => mid > 5_000);
    expect(off.length).toBeGreaterThan(100);
    expect(off.every(({ venue }) => venue === 'kraken')).toBe(true);
    expect([off[0]?.timeUs, Math.max(...off.map(({ timeUs }) => timeUs)) < wrong.toUs]).toEqual([wrong.fromUs, true]);
    // All of that venue's in between, at three times what the other one says.
    for (const { venue, timeUs, mid } of mids)
      if (timeUs > wrong.fromUs && timeUs < wrong.toUs) expect(mid / 2_640 > 2).toBe(venue === 'kraken');
    const planted = model.truth.filter(({ instrument }) => instrument === wrong.instrument);
    expect(planted.length).toBeGreaterThan(3);
    expect(planted.filter(({ fromUs, toUs }) => fromUs < wrong.toUs && toUs > wrong.fromUs)).toEqual([]);
    // What happens before is as without it.
    const [, calm] = run(options, 19);
    expect(events.slice(0, calm.length)).toEqual(calm);
  });

  test('a wrong mapping of what is not listed, or that ends before it begins, is named', () => {
    const wrong = { venue: 'kraken', instrument: 'spot:ETH/USDT', factor: 2, fromUs: startUs, toUs: startUs + 1 };
    const model = (more: object) => () => new MarketModel({ seed: 1, startUs, wrongMappings: [{ ...wrong, ...more }] });
    expect(model({})).not.toThrow();
    expect(model({ venue: 'okx' })).toThrow('okx does not list spot:ETH/USDT');
    expect(model({ factor: 0 })).toThrow(RangeError);
    expect(model({ toUs: startUs })).toThrow('must end after it begins');
  });

  test('what still runs at the end is in the truth, marked incomplete', () => {
    const [model] = run({ dislocations: { leadMs: 100, durationMs: [60_000, 60_000], count: 1 } }, 1);
    expect(model.truth).toEqual([]);
    model.finish();
    expect(model.truth).toHaveLength(1);
    expect(model.truth[0]).toMatchObject({ complete: false, toUs: model.nowUs });
  });

  test('a step takes the time it is given and serves dislocations first', () => {
    const model = new MarketModel({ seed: 3, startUs });
    model.startDislocations(startUs);
    const times: number[] = [];
    for (let at = startUs; at < startUs + 20_000_000; at += 20_000)
      model.step(at, (_, event) => {
        if (event.timeUs === at) times.push(event.timeUs);
        else throw new Error(`${event.timeUs} is not now`);
      });
    expect(times.length).toBeGreaterThan(1000);
    expect(model.truth.length).toBeGreaterThan(2);
  });

  test('REST back-fill gives trades from an id on, and keeps a bounded number', () => {
    const [model, events] = run({ eventsPerSecond: 5000 }, 3);
    const market = model.venues.get('binance');
    const pair = market?.pairs[0];
    if (!market || !pair) throw new Error('no binance');
    const trades = events.flatMap(({ event }) => (event.kind === 'trade' && event.pair === pair ? [event] : []));
    const from = trades.at(-10)?.tradeId ?? 0;
    expect(market.trades(pair, from, 5)).toEqual(trades.slice(-10, -5));
    expect(market.trades(pair, 0, 1e9).length).toBeLessThanOrEqual(2000);
  });
});
