import { type InputRecord, MissingFactError, type Output } from '@alphapulse/core';
import type { LegQuote, Quote, Synthetic } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { internalLegs, type processedQuotes } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { at, quote } from '../testing/events.ts';
import { leg, legQuote, lookupOf, synthetic } from '../testing/synthetics.ts';
import { type SyntheticsConfig, syntheticsConfig } from './config.ts';
import { synthetics } from './stage.ts';

const spread = synthetic('s', 'a - b', ['a', 'b']);

/** No window unless a test is about it: everything is taken at once. */
const drive = (definitions: readonly Synthetic[], overrides: Partial<SyntheticsConfig> = {}) => {
  const config = syntheticsConfig({ reorderWindowMs: 0, levelWindowMs: 0, minIntervalMs: 1, ...overrides });
  const driver = new StageDriver(synthetics, { config, synthetics: lookupOf(definitions) });
  const pipe = (instrumentId: string, ms: number, bid: number, ask: number, more: Partial<Quote> = {}, to = 's') => {
    const each = quote(more.venue ?? 'x', ms, bid, ask, { instrumentId, ...more });
    return driver
      .pipe(internalLegs, to, legQuote(to, each), Math.floor(each.receivedTime / 1000))
      .map((output) => output.value as Quote);
  };
  return { driver, pipe };
};
const tops = (quotes: readonly Quote[]) =>
  quotes.map(({ bidPrice, bidSize, askPrice, askSize }) => [bidPrice, bidSize, askPrice, askSize]);

describe('synthetics', () => {
  test('quotes what who sells gets and who buys pays, with all that a quote has', () => {
    const { driver, pipe } = drive([{ ...spread, id: '1f', validFrom: 3 }]);
    expect(pipe('a', 0, 100, 101, { bidSize: 3, askSize: 5 }, '1f')).toEqual([]);
    expect(driver.filtered).toEqual({ 'leg-missing': 1 });
    const mover = { bidSize: 4, askSize: 2, eventTime: at(7), origin: { topic: 'raw.x', partition: 2, offset: 9 } };
    expect(pipe('b', 8, 40, 42, mover, '1f')).toEqual([
      {
        eventId: `synthetic:quote:s:${at(8)}`,
        source: 'synthetic',
        venue: 'synthetic',
        instrumentId: '1f',
        instrument: 'synthetic:s',
        symbol: 's',
        eventTime: at(7),
        eventTimeSource: 'venue',
        receivedTime: at(8),
        origin: { topic: 'raw.x', partition: 2, offset: 9 },
        // Sold: a at its bid, b bought at its ask; both sizes at these sides.
        bidPrice: 58,
        bidSize: 2,
        askPrice: 61,
        askSize: 4,
        sequence: null,
        crossed: false,
        tickSize: null,
        lotSize: null,
        takerFeeBps: null,
        listingVersion: '1f@3',
      },
    ]);
    expect(driver.outputs.map(({ key, timestampMs }) => [key, timestampMs])).toEqual([['1f', at(8) / 1000]]);
  });

  test('sizes are what the scarcest leg allows; a ratio has none', () => {
    const basket = synthetic('s', '0.5 * a - 4 * b + 10', ['a', 'b']);
    const legs = (pipe: ReturnType<typeof drive>['pipe']) => {
      pipe('a', 0, 100, 102, { bidSize: 1, askSize: 3 });
      return tops(pipe('b', 1, 10, 11, { bidSize: 40, askSize: 6 }));
    };
    expect(legs(drive([basket]).pipe)).toEqual([[16, 1.5, 21, 6]]);
    expect(legs(drive([synthetic('s', 'a / b', ['a', 'b'])]).pipe)).toEqual([[100 / 11, 0, 10.2, 0]]);
    expect(legs(drive([synthetic('s', 'a - a + 0 * b', ['a', 'b'])]).pipe)).toEqual([[0, 0, 0, 0]]);
  });

  test('each leg is the best over venues, without crossed and stale quotes', () => {
    const { driver, pipe } = drive([synthetic('s', 'a', ['a'])], { maxLegAgeMs: 100 });
    expect(tops(pipe('a', 0, 100, 104, { venue: 'x', bidSize: 1, askSize: 2 }))).toEqual([[100, 1, 104, 2]]);
    expect(tops(pipe('a', 10, 99, 103, { venue: 'y', bidSize: 3, askSize: 4 }))).toEqual([[100, 1, 103, 4]]);
    // The same price twice: the larger size.
    expect(tops(pipe('a', 20, 100, 103, { venue: 'z', bidSize: 7, askSize: 1 }))).toEqual([[100, 7, 103, 4]]);
    // A crossed quote takes its venue out.
    expect(tops(pipe('a', 30, 105, 105, { venue: 'z' }))).toEqual([[100, 1, 103, 4]]);
    // At an age of 100 ms that of x is gone, and the price of y is left.
    expect(tops(pipe('a', 100, 105, 105, { venue: 'z' }))).toEqual([[99, 3, 103, 4]]);
    expect(pipe('a', 110, 105, 105, { venue: 'z' })).toEqual([]);
    expect(driver.filtered).toEqual({ 'leg-missing': 1 });
  });

  test('venues that cross one another make no quote better than either', () => {
    const { pipe } = drive([synthetic('s', 'a', ['a'])]);
    pipe('a', 0, 100, 102, { venue: 'x', bidSize: 1, askSize: 2 });
    expect(tops(pipe('a', 5, 103, 105, { venue: 'y', bidSize: 3, askSize: 4 }))).toEqual([[102, 3, 103, 2]]);
  });

  test('a leg that names its venue takes that one alone', () => {
    const legs = [leg('p', { instrumentId: 'a', venue: 'x' }), leg('q', { instrumentId: 'a', venue: 'y' })];
    const { pipe } = drive([synthetic('s', 'p - q', legs)]);
    pipe('a', 0, 100, 101, { venue: 'x' });
    pipe('a', 1, 90, 91, { venue: 'z' });
    expect(tops(pipe('a', 2, 97, 99, { venue: 'y' }))).toEqual([[1, 1, 4, 1]]);
  });

  test('what cannot be said is not said', () => {
    const { driver, pipe } = drive([synthetic('s', 'a / b', ['a', 'b'])]);
    pipe('a', 0, 1, 2);
    expect(pipe('b', 1, -1, 1)).toEqual([]);
    expect(driver.filtered).toEqual({ 'leg-missing': 1, 'value-undefined': 1 });
  });

  test('a quote as before is said again after a while only; a change of size is a change', () => {
    const { driver, pipe } = drive([synthetic('s', 'a', ['a'])], { refreshMs: 500 });
    expect(pipe('a', 0, 1, 2)).toHaveLength(1);
    expect(pipe('a', 499, 1, 2)).toEqual([]);
    expect(pipe('a', 500, 1, 2)).toHaveLength(1);
    expect(pipe('a', 510, 1, 2, { bidSize: 9 })).toHaveLength(1);
    expect(driver.filtered).toEqual({ unchanged: 1 });
  });

  test('at most one quote in an interval, and the last word of it when it is over', () => {
    const { driver, pipe } = drive([synthetic('s', 'a', ['a'])], { minIntervalMs: 100 });
    expect(pipe('a', 0, 1, 9)).toHaveLength(1);
    expect(pipe('a', 40, 2, 9)).toEqual([]);
    expect(pipe('a', 60, 3, 9)).toEqual([]);
    expect(driver.filtered).toEqual({ conflated: 2 });
    // The interval was over at 100; the quote has the times of the leg that moved last in it.
    const [gathered] = pipe('a', 120, 4, 9) as [Quote];
    expect(gathered).toMatchObject({ bidPrice: 3, receivedTime: at(60), eventId: `synthetic:quote:s:${at(100)}` });
    // 120 falls into the interval after that, which 205 ends and begins another.
    const after = pipe('a', 205, 4, 9);
    expect(after).toMatchObject([{ bidPrice: 4, receivedTime: at(120), eventId: `synthetic:quote:s:${at(200)}` }]);
  });

  test('another synthetic’s record lets the interval end', () => {
    const { pipe } = drive([synthetic('s', 'a', ['a']), synthetic('t', 'b', ['b'])], { minIntervalMs: 100 });
    pipe('a', 0, 1, 9);
    pipe('a', 40, 2, 9);
    const later = pipe('b', 150, 5, 6, {}, 't');
    expect(later.map(({ symbol, bidPrice }) => [symbol, bidPrice])).toEqual([
      ['s', 2],
      ['t', 5],
    ]);
  });

  test('within the window the order of arrival changes nothing, and one time is one step', () => {
    const { driver, pipe } = drive([spread], { reorderWindowMs: 50 });
    pipe('b', 30, 20, 21);
    pipe('a', 10, 99, 100);
    pipe('a', 30, 100, 101);
    expect(driver.filtered).toEqual({ held: 3 });
    expect(tops(pipe('a', 80, 7, 8))).toEqual([[79, 1, 81, 1]]);
  });

  test('a late quote counts from the time reached, unless its venue has said something since or it is stale', () => {
    const { driver, pipe } = drive([synthetic('s', 'a', ['a'])], { reorderWindowMs: 10, maxLegAgeMs: 200 });
    pipe('a', 100, 1, 9);
    pipe('a', 300, 3, 9);
    expect(driver.outputs).toHaveLength(1);
    expect(pipe('a', 250, 4, 8, { venue: 'y' })).toMatchObject([
      { bidPrice: 4, receivedTime: at(250), eventId: `synthetic:quote:s:${at(290)}` },
    ]);
    pipe('a', 99, 1, 9);
    pipe('a', 80, 1, 9, { venue: 'z' });
    expect(driver.filtered).toEqual({ held: 1, 'late-overtaken': 1, 'late-stale': 1 });
  });

  test('synthetics of synthetics wait for the quotes of those', () => {
    const outer = synthetic('s', 't + a', ['t', 'a']);
    const inner = synthetic('t', '2 * a', ['a']);
    const { driver, pipe } = drive([outer, inner], { reorderWindowMs: 100, levelWindowMs: 100 });
    pipe('a', 0, 1, 2);
    pipe('a', 150, 10, 20);
    expect(driver.outputs).toEqual([]);
    // The inner quotes come a window and a way later than the leg itself, and are in order still.
    pipe('t', 0, 2, 4, { venue: 'synthetic' });
    expect(tops(pipe('a', 250, 100, 200))).toEqual([
      [3, 0.5, 6, 1].map((each, n) => (n % 2 ? expect.any(Number) : each)),
    ]);
  });

  test('a definition holds from its time on', () => {
    const { pipe } = drive([
      synthetic('s', 'a', ['a'], { validTo: at(100) }),
      synthetic('s', 'a + 1', ['a'], { validFrom: at(100), validTo: at(200) }),
    ]);
    expect(tops(pipe('a', 99, 5, 6))).toEqual([[5, 1, 6, 2]]);
    const [changed] = pipe('a', 100, 5, 6) as [Quote];
    expect(changed).toMatchObject({ bidPrice: 6, askPrice: 7, listingVersion: `s@${at(100)}` });
  });

  test('after the end of a definition nothing is said', () => {
    const { driver } = drive([]);
    const stage = synthetics.create({ config: syntheticsConfig(), synthetics: lookupOf([]) });
    const record = recordOf(legQuote('s', quote('x', 0, 1, 2)));
    const { output, reasons } = collecting();
    expect(() => stage.process(record, output)).toThrow(MissingFactError);
    expect(reasons).toEqual([]);
    stage.process(record, output);
    expect(reasons).toEqual(['not-defined']);
    expect(driver.outputs).toEqual([]);
  });

  test('a registry that is behind is caught up first', () => {
    const known: Synthetic[] = [synthetic('s', 'a', ['a'], { recordedTime: 5, validTo: at(0) })];
    const stage = synthetics.create({
      config: syntheticsConfig({ reorderWindowMs: 0 }),
      synthetics: { ...lookupOf([]), definition: (id, us) => lookupOf(known).definition(id, us) },
    });
    const record = recordOf(legQuote('s', quote('x', 10, 1, 2, { instrumentId: 'a' }), 9));
    const { output, reasons, values } = collecting();
    expect(() => stage.process(record, output)).toThrow(MissingFactError);
    known.push(synthetic('s', '3 * a', ['a'], { recordedTime: 9, validFrom: at(0) }));
    stage.process(record, output);
    expect(reasons).toEqual([]);
    expect(values).toMatchObject([{ bidPrice: 3, askPrice: 6 }]);
  });

  test('bad definitions and bad numbers are dead letters; what was held of others goes on', () => {
    const { pipe } = drive([synthetic('s', 'a +', ['a']), synthetic('t', 'a + b', ['a'])]);
    expect(() => pipe('a', 0, 1, 2)).toThrow(expect.objectContaining({ code: 'formula_invalid' }));
    expect(() => pipe('a', 0, 1, 2, {}, 't')).toThrow(
      expect.objectContaining({ code: 'leg_unknown', message: 'synthetic t: formula: there is no leg b' }),
    );
    expect(() => pipe('a', 0, Number.NaN, 2)).toThrow(expect.objectContaining({ code: 'number_not_finite' }));
    expect(() => pipe('a', 0, 1, 2, { bidSize: -1 })).toThrow(expect.objectContaining({ code: 'size_negative' }));
  });

  test('what is made of itself is refused, so that no quote goes round for ever', () => {
    const circle = [synthetic('s', 't + a', ['t', 'a']), synthetic('t', 's + 1', ['s'])];
    const { pipe } = drive([...circle, synthetic('u', 't + a', ['t', 'a'])]);
    for (const id of ['s', 't'])
      expect(() => pipe('a', 0, 1, 2, {}, id)).toThrow(expect.objectContaining({ code: 'synthetic_cyclic' }));
    // One above the circle waits for a leg that is never quoted.
    expect(pipe('a', 0, 1, 2, {}, 'u')).toEqual([]);
  });

  test('settings out of range are named', () => {
    expect(() => syntheticsConfig({ minIntervalMs: 0 })).toThrow(/minIntervalMs must be a number of 1 or more, not 0/);
    expect(() => syntheticsConfig({ speed: 1 } as never)).toThrow(/no setting speed/);
  });
});

function recordOf(value: LegQuote): InputRecord<LegQuote> & { topic: 'internal.legs' } {
  return { topic: 'internal.legs', partition: 0, offset: 4, timestampMs: 0, key: value.syntheticId, value };
}

function collecting() {
  const reasons: string[] = [];
  const values: Quote[] = [];
  const output: Output<typeof processedQuotes> = {
    to: (_topic, _key, value) => void values.push(value as Quote),
    filtered: (reason) => void reasons.push(reason),
  };
  return { output, reasons, values };
}
