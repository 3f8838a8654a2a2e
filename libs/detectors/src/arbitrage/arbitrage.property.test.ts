import { netBps } from '@alphapulse/market';
import type { ArbitrageOpportunity, Mapping, Quote } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { opportunitiesArbitrage, processedQuotes } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at, quote } from '../testing/events.ts';
import { arbitrageConfig } from './config.ts';
import { arbitrage } from './stage.ts';

const config = arbitrageConfig({
  maxQuoteAgeMs: 2000,
  minUpdateIntervalMs: 20,
  suspectGrossBps: 300,
  minExecutableUsd: 20,
});
/** Mistrusts so soon that streams bring out mappings that turn suspect and are believed again. */
const suspicious = arbitrageConfig({
  ...config,
  mappingLimitBps: 60,
  mappingSuspectAfterMs: 60,
  mappingConfirmAfterMs: 90,
  mappingMaxAgeMs: 1500,
  mappingForgetAfterMs: 5000,
});
const settings = fc.constantFrom(config, suspicious);
/** Shrinking a long stream takes minutes: take `endOnFailure` out to look into a failure. */
const runs = { numRuns: 100, endOnFailure: true };
const WINDOW_MS = config.reorderWindowMs;

/** A stream of quotes in the order they were received, of three venues and two instruments, with all that is odd. */
const stream: fc.Arbitrary<Quote[]> = fc
  .array(
    fc.record({
      venue: fc.constantFrom('a', 'b', 'c'),
      instrument: fc.constantFrom('spot:BTC/USDT', 'spot:ETH/BTC'),
      afterMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 60 }) },
        { weight: 1, arbitrary: fc.integer({ min: 500, max: 3000 }) },
      ),
      lagMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: -20, max: 50 }) },
        { weight: 1, arbitrary: fc.integer({ min: 1000, max: 4000 }) },
      ),
      middle: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 9900, max: 10_100 }) },
        { weight: 1, arbitrary: fc.constant(12_000) },
      ),
      width: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: 1, max: 20 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, -5) },
      ),
      bidSize: fc.constantFrom(0, 0.1, 1, 1, 1, 1, 2.5, 2.5),
      askSize: fc.constantFrom(0, 0.1, 1, 1, 1, 1, 2.5, 2.5),
      takerFeeBps: fc.constantFrom(10, 10, 10, 10, 10, 10, 10, 10, 20, null),
      listingVersion: fc.constantFrom('1', '1', '1', '1', '1', '1', '1', '1', '2'),
    }),
    { minLength: 1, maxLength: 120, size: 'max' },
  )
  .map((steps) => {
    let ms = 0;
    return steps.map((each, index) => {
      ms += each.afterMs;
      const { venue, instrument, bidSize, askSize, takerFeeBps, listingVersion } = each;
      const bid = (each.middle - each.width) / 100;
      const ask = (each.middle + each.width) / 100;
      const more = { instrument, bidSize, askSize, takerFeeBps, listingVersion, eventTime: at(ms - each.lagMs) };
      return quote(venue, ms, bid, ask, { ...more, eventId: String(index).padStart(4, '0') });
    });
  });

/** Long after: everything held comes out and everything open turns stale. */
const last = quote('z', 3_600_000, 1, 2, { instrument: 'spot:LAST/USD' });

function run(quotes: readonly Quote[], restartBefore: ReadonlySet<number> = new Set(), chosen = config) {
  const driver = new StageDriver(arbitrage, chosen);
  [...quotes, last].forEach((each, index) => {
    if (restartBefore.has(index)) driver.restart();
    driver.pipe(processedQuotes, each.instrumentId, each, Math.floor(each.receivedTime / 1000));
  });
  return driver.outputs;
}

function opportunities(outputs: ReturnType<typeof run>) {
  return outputs.flatMap((output) =>
    output.topic === opportunitiesArbitrage.name ? [{ ...output, value: output.value as ArbitrageOpportunity }] : [],
  );
}

function mappings(outputs: ReturnType<typeof run>): Mapping[] {
  return outputs.filter(({ topic }) => topic !== opportunitiesArbitrage.name).map(({ value }) => value as Mapping);
}

/** What must be open at a time, from the newest quote of each venue and what was said of mappings alone. */
function expected(quotes: readonly Quote[], said: readonly Mapping[], now: number): string[] {
  const believed = new Map(said.filter((each) => each.receivedTime <= now).map((each) => [each.id, each]));
  const isDoubted = (quote: Quote) =>
    believed.get(quote.instrumentId)?.venues.some((each) => each.suspect && each.venue === quote.venue) ?? false;
  const newest = new Map(
    quotes.filter((each) => each.receivedTime <= now).map((each) => [`${each.instrument} ${each.venue}`, each]),
  );
  const usable = [...newest.values()].filter(
    (each) =>
      !isDoubted(each) &&
      each.takerFeeBps !== null &&
      !each.crossed &&
      now - each.eventTime < config.maxQuoteAgeMs * 1000,
  );
  return usable
    .flatMap((buy) =>
      usable
        .filter((sell) => sell.instrument === buy.instrument && sell.venue !== buy.venue)
        .map((sell) => ({ buy, sell })),
    )
    .filter(({ buy, sell }) => {
      const size = Math.min(buy.askSize, sell.bidSize);
      const isWorth = buy.instrument.endsWith('USDT') ? size * buy.askPrice >= config.minExecutableUsd : true;
      const isSuspect = ((sell.bidPrice - buy.askPrice) / buy.askPrice) * 10_000 > config.suspectGrossBps;
      const net = netBps(buy.askPrice, buy.takerFeeBps ?? 0, sell.bidPrice, sell.takerFeeBps ?? 0);
      return size > 0 && isWorth && !isSuspect && net >= config.thresholdBps;
    })
    .map(({ buy, sell }) => `${buy.instrumentId} ${buy.venue}>${sell.venue}`)
    .sort();
}

describe('arbitrage, any stream of quotes', () => {
  test('the streams bring out every step and every reason', () => {
    const seen = fc
      .sample(stream, { numRuns: 60, seed: 1 })
      .flatMap((quotes) => opportunities(run(quotes)).map(({ value }) => value.closeReason ?? value.state));
    const reasons = ['quote_crossed', 'quote_stale', 'spread_gone', 'superseded', 'suspect_mapping'];
    expect([...new Set(seen)].sort()).toEqual(['opened', ...reasons, 'updated'].sort());
    expect(seen.length).toBeGreaterThan(600);
    const doubts = fc
      .sample(stream, { numRuns: 60, seed: 1 })
      .flatMap((quotes) => mappings(run(quotes, new Set(), suspicious)).map(({ state }) => state));
    expect([...new Set(doubts)].sort()).toEqual(['confirmed', 'suspect']);
    expect(doubts.length).toBeGreaterThan(200);
  });

  test('restarts in the middle change nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(120), { maxLength: 8 }), settings, (quotes, restarts, chosen) => {
        expect(run(quotes, new Set(restarts), chosen)).toEqual(run(quotes, new Set(), chosen));
      }),
      runs,
    );
  });

  test('the order of arrival within the window changes nothing', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.integer({ min: 0, max: WINDOW_MS * 1000 - 1 }), { minLength: 120, maxLength: 120 }),
        settings,
        (quotes, delays, chosen) => {
          const arrivals = quotes
            .map((each, index) => ({ each, arrives: each.receivedTime + (delays[index] ?? 0) }))
            .sort((a, b) => a.arrives - b.arrives)
            .map(({ each }) => each);
          expect(run(arrivals, new Set(), chosen)).toEqual(run(quotes, new Set(), chosen));
        },
      ),
      runs,
    );
  });

  test('open is exactly what the newest quotes say, at every moment', () => {
    fc.assert(
      fc.property(stream, settings, (quotes, chosen) => {
        // Quotes of one microsecond are taken by source and then event id.
        const ordered = [...quotes].sort(
          (a, b) =>
            a.receivedTime - b.receivedTime ||
            (a.source < b.source ? -1 : a.source > b.source ? 1 : a.eventId < b.eventId ? -1 : 1),
        );
        const outputs = run(quotes, new Set(), chosen);
        const records = opportunities(outputs).map((output) => output.value);
        const said = mappings(outputs);
        const times = [...new Set([...ordered, ...records, ...said].map((each) => each.receivedTime))].sort(
          (a, b) => a - b,
        );
        const open = new Map<string, string>();
        let next = 0;
        for (const now of times) {
          for (let record = records[next]; record && record.receivedTime <= now; record = records[++next]) {
            if (record.state === 'closed') open.delete(record.opportunityId);
            else open.set(record.opportunityId, `${record.instrumentId} ${record.buy.venue}>${record.sell.venue}`);
          }
          expect([...open.values()].sort()).toEqual(expected(ordered, said, now));
        }
      }),
      runs,
    );
  });

  test('each opportunity is opened once, then updated, then closed once, with numbers that are numbers', () => {
    fc.assert(
      fc.property(stream, settings, (quotes, chosen) => {
        const open = new Map<string, ArbitrageOpportunity>();
        const ended = new Set<string>();
        let time = 0;
        for (const { key, value, timestampMs } of opportunities(run(quotes, new Set(), chosen))) {
          expect(value.receivedTime).toBeGreaterThanOrEqual(time);
          time = value.receivedTime;
          expect([key, timestampMs]).toEqual([value.instrumentId, Math.floor(time / 1000)]);
          const before = open.get(value.opportunityId);
          expect(before === undefined).toBe(value.state === 'opened');
          expect(ended.has(value.opportunityId)).toBe(false);
          expect(value.closeReason === null).toBe(value.state !== 'closed');
          for (const number of [
            value.grossBps,
            value.netBps,
            value.executableSize,
            value.profitQuote,
            value.maxNetBps,
            value.durationMs,
            value.buy.ageMs,
            value.sell.ageMs,
          ])
            expect(Number.isFinite(number)).toBe(true);
          if (value.state !== 'closed') {
            expect(value.netBps).toBeGreaterThanOrEqual(config.thresholdBps);
            expect(value.maxNetBps).toBeGreaterThanOrEqual(value.netBps);
            expect(Math.max(value.buy.ageMs, value.sell.ageMs)).toBeLessThan(config.maxQuoteAgeMs);
          }
          if (before)
            expect([value.openedTime, value.buy.venue, value.sell.venue]).toEqual([
              before.openedTime,
              before.buy.venue,
              before.sell.venue,
            ]);
          if (value.state === 'closed') {
            open.delete(value.opportunityId);
            ended.add(value.opportunityId);
          } else open.set(value.opportunityId, value);
        }
        expect(open.size).toBe(0);
      }),
      runs,
    );
  });

  test('records however late break nothing', () => {
    fc.assert(
      fc.property(
        stream,
        fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 120, maxLength: 120 }),
        fc.array(fc.nat(120), { maxLength: 4 }),
        settings,
        (quotes, delays, restarts, chosen) => {
          const arrivals = quotes
            .map((each, index) => ({ each, arrives: each.receivedTime + (delays[index] ?? 0) }))
            .sort((a, b) => a.arrives - b.arrives)
            .map(({ each }) => each);
          const outputs = run(arrivals, new Set(), chosen);
          expect(run(arrivals, new Set(restarts), chosen)).toEqual(outputs);
          const ids = (state: string) =>
            opportunities(outputs)
              .filter(({ value }) => value.state === state)
              .map(({ value }) => value.opportunityId)
              .sort();
          expect(ids('closed')).toEqual(ids('opened'));
          expect(new Set(ids('opened')).size).toBe(ids('opened').length);
        },
      ),
      runs,
    );
  });
});
