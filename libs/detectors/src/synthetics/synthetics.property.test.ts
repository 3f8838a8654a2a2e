import { parseFormula } from '@alphapulse/market';
import type { Quote, Synthetic } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { internalLegs } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, quote } from '../testing/events.ts';
import { leg, legQuote, lookupOf, synthetic } from '../testing/synthetics.ts';
import { type SyntheticsConfig, syntheticsConfig } from './config.ts';
import { synthetics } from './stage.ts';

const config = syntheticsConfig({ reorderWindowMs: 50, minIntervalMs: 20, maxLegAgeMs: 300, refreshMs: 100 });
const windowUs = config.reorderWindowMs * 1000;
const runs = { numRuns: 200, endOnFailure: true };

const changesMs = 1_000;
const definitions: readonly Synthetic[] = [
  synthetic('linear', 'a - 0.5 * b', ['a', 'b'], { validTo: at(changesMs) }),
  synthetic('linear', '2 * a - b + 1', ['a', 'b'], { validFrom: at(changesMs) }),
  synthetic('ratio', 'a / b', ['a', 'b']),
  synthetic('best', 'max(p, q) ^ 2 / (p + q)', [
    leg('p', { instrumentId: 'a', venue: 'x' }),
    leg('q', { instrumentId: 'b' }),
  ]),
];

/** Leg quotes in the order they were received, a little apart; some crossed, some as before. */
const stream: fc.Arbitrary<Quote[]> = fc
  .array(
    fc.record({
      gapMs: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 40 }) }, fc.constantFrom(200, 700)),
      leg: fc.constantFrom('a', 'b'),
      venue: fc.constantFrom('x', 'y', 'z'),
      bid: fc.integer({ min: 1, max: 8 }),
      width: fc.constantFrom(0, 1, 2, 3),
      size: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 5, maxLength: 80 },
  )
  .map((parts) => {
    let ms = 0;
    return parts.map(({ gapMs, leg: instrumentId, venue, bid, width, size }, offset) => {
      ms += gapMs;
      const more = { instrumentId, bidSize: size, askSize: size + 1, eventId: `${offset}` };
      return quote(venue, ms, bid, bid + width, { ...more, origin: { topic: 'raw', partition: 0, offset } });
    });
  });

/** Long after: everything held comes out. */
const last = (to: string) => legQuote(to, quote('x', 1e6, 1, 2, { instrumentId: 'nothing', eventId: 'last' }));

function run(quotes: readonly Quote[], restartBefore: ReadonlySet<number> = new Set(), chosen = config): Quote[] {
  const driver = new StageDriver(synthetics, { config: chosen, synthetics: lookupOf(definitions) });
  const send = (each: Quote) => {
    for (const id of ['linear', 'ratio', 'best'])
      driver.pipe(internalLegs, id, legQuote(id, each), Math.floor(each.receivedTime / 1000));
  };
  quotes.forEach((each, index) => {
    if (restartBefore.has(index)) driver.restart();
    send(each);
  });
  driver.pipe(internalLegs, 'linear', last('linear'), 1);
  // What comes out of a codec is of a class; as plain values they can be compared with what is expected.
  return JSON.parse(JSON.stringify(driver.outputs.map(({ value }) => value))) as Quote[];
}

/** What a synthetic must be quoted at, worked out from all quotes at every moment. */
function expected(id: string, arrived: readonly Quote[], chosen: SyntheticsConfig): Quote[] {
  const lookup = lookupOf(definitions);
  // Of one microsecond, sources come in the order of their names.
  const quotes = [...arrived].sort(
    (a, b) => a.receivedTime - b.receivedTime || (a.source < b.source ? -1 : Number(a.source > b.source)),
  );
  const found: Quote[] = [];
  let said = { time: Number.NEGATIVE_INFINITY, top: '' };
  let quietUntil = 0;
  let due = Number.POSITIVE_INFINITY;
  const say = (now: number) => {
    if (now < quietUntil) {
      due = quietUntil;
      return;
    }
    due = Number.POSITIVE_INFINITY;
    const so = quotes.filter((each) => each.receivedTime <= now);
    const definition = lookup.definition(id, now) as Synthetic;
    const formula = parseFormula(definition.formula);
    const tops = formula.legs.map((name) => {
      const { instrumentId, venue } = definition.legs.find((each) => each.name === name) as Synthetic['legs'][number];
      const newest = new Map(so.filter((each) => each.instrumentId === instrumentId).map((each) => [each.venue, each]));
      const usable = [...newest.values()].filter(
        (each) =>
          !each.crossed && now - each.receivedTime < chosen.maxLegAgeMs * 1000 && (venue ?? each.venue) === each.venue,
      );
      const bid = Math.max(...usable.map(({ bidPrice }) => bidPrice));
      const ask = Math.min(...usable.map(({ askPrice }) => askPrice));
      return {
        low: Math.min(bid, ask),
        high: Math.max(bid, ask),
        bidSize: Math.max(...usable.filter(({ bidPrice }) => bidPrice === bid).map(({ bidSize }) => bidSize)),
        askSize: Math.max(...usable.filter(({ askPrice }) => askPrice === ask).map(({ askSize }) => askSize)),
      };
    });
    if (tops.some(({ low }) => !Number.isFinite(low))) return;
    const { low: bidPrice, high: askPrice } = formula.range(
      tops.map(({ low }) => low),
      tops.map(({ high }) => high),
    );
    const size = (side: 'bidSize' | 'askSize', other: 'bidSize' | 'askSize') =>
      formula.linear
        ? Math.min(
            ...tops.map(
              (top, n) =>
                top[(formula.linear?.weights[n] ?? 0) > 0 ? side : other] / Math.abs(formula.linear?.weights[n] ?? 1),
            ),
          )
        : 0;
    const top = { bidPrice, bidSize: size('bidSize', 'askSize'), askPrice, askSize: size('askSize', 'bidSize') };
    const text = JSON.stringify(top);
    if (text === said.top && now - said.time < chosen.refreshMs * 1000) return;
    said = { time: now, top: text };
    quietUntil = now + chosen.minIntervalMs * 1000;
    const mover = so.at(-1) as Quote;
    found.push({
      ...mover,
      ...top,
      ...{ eventId: `synthetic:quote:${id}:${now}`, source: 'synthetic', venue: 'synthetic' },
      ...{ instrumentId: id, instrument: `synthetic:${id}`, symbol: id, takerFeeBps: null },
      ...{ crossed: bidPrice >= askPrice, listingVersion: `${id}@${definition.validFrom}` },
    });
  };
  const times = [...new Set(quotes.map(({ receivedTime }) => receivedTime))];
  for (const now of [...times, Number.POSITIVE_INFINITY]) {
    if (due < now) say(due);
    if (now < Number.POSITIVE_INFINITY) say(now);
  }
  return found;
}

const byId = (quotes: readonly Quote[], id: string) => quotes.filter(({ instrumentId }) => instrumentId === id);

describe('synthetics, any stream of leg quotes', () => {
  test('are quoted exactly as all quotes at every moment say', () => {
    let compared = 0;
    fc.assert(
      fc.property(stream, (quotes) => {
        const outputs = run(quotes);
        for (const id of ['linear', 'ratio', 'best']) {
          const wanted = expected(id, quotes, config);
          expect(byId(outputs, id)).toEqual(wanted);
          compared += wanted.length;
        }
      }),
      runs,
    );
    expect(compared).toBeGreaterThan(1_000);
  });

  test('restarts in the middle change nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(80), { maxLength: 8 }), (quotes, restarts) => {
        expect(run(quotes, new Set(restarts))).toEqual(run(quotes));
      }),
      runs,
    );
  });

  test('delays below the window change nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(windowUs - 1), { minLength: 80, maxLength: 80 }), (quotes, delays) => {
        const arrivals = quotes
          .map((each, index) => ({ each, arrives: each.receivedTime + (delays[index] ?? 0) }))
          .sort((a, b) => a.arrives - b.arrives)
          .map(({ each }) => each);
        for (const id of ['linear', 'ratio', 'best']) expect(byId(run(arrivals), id)).toEqual(byId(run(quotes), id));
      }),
      runs,
    );
  });

  test('however late quotes come: bid is never above ask, no id comes twice, restarts change nothing', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.nat(2_000_000), { minLength: 80, maxLength: 80 }),
        fc.array(fc.nat(80), { maxLength: 4 }),
        (quotes, delays, restarts) => {
          const arrivals = quotes
            .map((each, index) => ({ each, arrives: each.receivedTime + (delays[index] ?? 0) }))
            .sort((a, b) => a.arrives - b.arrives)
            .map(({ each }) => each);
          const outputs = run(arrivals);
          expect(run(arrivals, new Set(restarts))).toEqual(outputs);
          expect(new Set(outputs.map(({ eventId }) => eventId)).size).toBe(outputs.length);
          for (const { bidPrice, askPrice, bidSize, askSize } of outputs) {
            expect(bidPrice).toBeLessThanOrEqual(askPrice);
            expect(Math.min(bidSize, askSize)).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      runs,
    );
  });
});

describe('synthetics of synthetics', () => {
  const price = fc.double({ min: 0.01, max: 1e6, noNaN: true });
  const moves = fc.array(
    fc.record({
      leg: fc.constantFrom('a', 'b', 'c'),
      bid: price,
      width: fc.double({ min: 0.001, max: 10, noNaN: true }),
    }),
    { minLength: 3, maxLength: 30 },
  );
  const weight = fc.constantFrom(-3, -1, -0.25, 0.5, 1, 2);
  const last = (prices: readonly Quote[]) =>
    new Map(prices.map(({ eventId, bidPrice, askPrice }) => [eventId.split(':')[3], [bidPrice, askPrice]]));

  test('that are weighted sums are worth what the sum over instruments is', () => {
    fc.assert(
      fc.property(moves, weight, weight, weight, weight, (legs, wa, wb, wi, wc) => {
        const nested = [
          synthetic('inner', `${wa} * a + ${wb} * b`, ['a', 'b']),
          synthetic('outer', `${wi} * inner + ${wc} * c`, ['inner', 'c']),
          synthetic('flat', `${wi * wa} * a + ${wi * wb} * b + ${wc} * c`, ['a', 'b', 'c']),
        ];
        const lookup = lookupOf(nested);
        const settings = syntheticsConfig({
          reorderWindowMs: 20,
          levelWindowMs: 20,
          minIntervalMs: 1,
          maxLegAgeMs: 1e9,
        });
        const driver = new StageDriver(synthetics, { config: settings, synthetics: lookup });
        // As by processed.quotes: what the inner one says is a leg of the outer.
        const send = (each: Quote) => {
          for (const { id } of lookup.using(each.instrumentId, each.receivedTime))
            for (const { value } of driver.pipe(internalLegs, id, legQuote(id, each), 0)) send(value as Quote);
        };
        legs.forEach(({ leg: instrumentId, bid, width }, n) => {
          send(quote('x', n * 5, bid, bid + width, { instrumentId }));
        });
        const end = legs.length * 5;
        // Time goes on as evenly as before: what is held comes out level by level.
        for (let ms = end; ms < end + 100; ms += 5) send(quote('x', ms, ms, ms + 1, { instrumentId: 'c' }));
        const outputs = driver.outputs
          .map(({ value }) => value as Quote)
          .filter(({ receivedTime }) => receivedTime < at(end));
        const outer = last(byId(outputs, 'outer'));
        const flat = last(byId(outputs, 'flat'));
        expect([...outer.keys()]).toEqual([...flat.keys()]);
        for (const [time, prices] of flat)
          prices.forEach((wanted, side) => {
            const got = outer.get(time)?.[side] as number;
            expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, ...prices.map(Math.abs), 1e7));
          });
      }),
      runs,
    );
  });

  test('a spread of a thing against itself is around nothing', () => {
    fc.assert(
      fc.property(price, price, (bid, width) => {
        const legs = [leg('a'), leg('b', { instrumentId: 'a' })];
        const driver = new StageDriver(synthetics, {
          config: syntheticsConfig({ reorderWindowMs: 0 }),
          synthetics: lookupOf([synthetic('s', 'a - b', legs)]),
        });
        driver.pipe(internalLegs, 's', legQuote('s', quote('x', 0, bid, bid + width, { instrumentId: 'a' })), 0);
        const [{ bidPrice, askPrice }] = driver.outputs.map(({ value }) => value as Quote) as [Quote];
        expect(bidPrice).toBe(-askPrice);
        expect(askPrice).toBeGreaterThanOrEqual(0);
      }),
      runs,
    );
  });
});
