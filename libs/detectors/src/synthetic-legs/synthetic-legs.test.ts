import type { Quote } from '@alphapulse/schemas';
import { StageDriver } from '@alphapulse/testkit';
import { processedQuotes } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { at, quote } from '../testing/events.ts';
import { leg, legQuote, lookupOf, synthetic } from '../testing/synthetics.ts';
import { syntheticLegs } from './stage.ts';

const drive = (...definitions: Parameters<typeof lookupOf>[0]) => {
  const driver = new StageDriver(syntheticLegs, { synthetics: lookupOf(definitions) });
  const pipe = (each: Quote) =>
    driver.pipe(processedQuotes, each.instrumentId, each, Math.floor(each.receivedTime / 1000));
  return { driver, pipe };
};

describe('synthetic-legs', () => {
  test('sends a quote to every synthetic it is a leg of, keyed by it, untouched', () => {
    const { pipe } = drive(
      synthetic('one', 'a - b', ['a', 'b'], { recordedTime: 7 }),
      synthetic('two', 'a', ['a']),
      synthetic('three', 'two', ['two']),
    );
    const each = quote('x', 5, 10, 11, { instrumentId: 'a' });
    expect(pipe(each)).toEqual([
      { topic: 'internal.legs', key: 'one', value: legQuote('one', each, 7), timestampMs: at(5) / 1000 },
      { topic: 'internal.legs', key: 'two', value: legQuote('two', each), timestampMs: at(5) / 1000 },
    ]);
    const inner = quote('synthetic', 5, -2, -1, { instrumentId: 'two' });
    expect(pipe(inner).map(({ key }) => key)).toEqual(['three']);
  });

  test('goes by the definition as of the quote, and by the venue that legs name', () => {
    const { driver, pipe } = drive(
      synthetic('one', 'a', [leg('a', { venue: 'x' })], { validTo: at(100) }),
      synthetic('one', 'b', ['b'], { validFrom: at(100) }),
      synthetic('two', 'p + q', [
        leg('p', { instrumentId: 'a', venue: 'x' }),
        leg('q', { instrumentId: 'a', venue: 'y' }),
      ]),
    );
    const keys = (venue: string, ms: number, instrumentId: string) =>
      pipe(quote(venue, ms, 1, 2, { instrumentId })).map(({ key }) => key);
    expect(keys('x', 50, 'a')).toEqual(['one', 'two']);
    expect(keys('y', 50, 'a')).toEqual(['two']);
    expect(keys('z', 50, 'a')).toEqual([]);
    expect(keys('x', 50, 'b')).toEqual([]);
    expect(keys('x', 100, 'a')).toEqual(['two']);
    expect(keys('x', 100, 'b')).toEqual(['one']);
    expect(driver.filtered).toEqual({ 'other-venue': 1, 'not-a-leg': 1 });
  });
});
