import { RejectedRecordError } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BookSides, depthFor, KrakenBook, wireLevel } from './book.ts';
import { checksumOf, levelDigits } from './checksum.ts';
import { isDecimal, quoteNumbers } from './number-text.ts';

const none: BookSides = { bids: [], asks: [] };
const levels = (texts: [string, string][]) => texts.map(([price, size]) => wireLevel(price, size));

describe('the checksum', () => {
  test('the example of Kraken’s documentation', () => {
    // https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
    const book = new KrakenBook(10);
    book.apply({
      asks: levels([
        ['45285.2', '0.00100000'],
        ['45286.4', '1.54571953'],
        ['45286.6', '1.54571109'],
        ['45289.6', '1.54560911'],
        ['45290.2', '0.15890660'],
        ['45291.8', '1.54553491'],
        ['45294.7', '0.04454749'],
        ['45296.1', '0.35380000'],
        ['45297.5', '0.09945542'],
        ['45299.5', '0.18772827'],
      ]),
      bids: levels([
        ['45283.5', '0.10000000'],
        ['45283.4', '1.54582015'],
        ['45282.1', '0.10000000'],
        ['45281.0', '0.10000000'],
        ['45280.3', '1.54592586'],
        ['45279.0', '0.07990000'],
        ['45277.6', '0.03310103'],
        ['45277.5', '0.30000000'],
        ['45277.3', '1.54602737'],
        ['45276.6', '0.15445238'],
      ]),
    });
    expect(book.checksum()).toBe(3310070434);
  });

  test('digits lose the point and the leading zeros, never the trailing ones', () => {
    expect(levelDigits('0.05000', '0.00005100')).toBe('50005100');
    expect(levelDigits('63004', '0.00000000')).toBe('63004');
    expect(checksumOf('')).toBe(0);
  });
});

describe('the book', () => {
  test('sorts, replaces, removes and cuts beyond the depth after the message', () => {
    const book = new KrakenBook(10);
    const eleven = Array.from({ length: 11 }, (_, at): [string, string] => [`${100 + at}.0`, '1.0']);
    book.apply({ bids: levels(eleven), asks: [] });
    expect(book.bids.map((level) => level.price)).toEqual([110, 109, 108, 107, 106, 105, 104, 103, 102, 101]);
    // The level that left the depth is gone: a removal of another does not bring it back.
    book.apply({
      bids: levels([
        ['110.0', '0.0'],
        ['105.0', '7.0'],
        ['99.0', '0.0'],
      ]),
      asks: [],
    });
    expect(book.bids.map((level) => level.price)).toEqual([109, 108, 107, 106, 105, 104, 103, 102, 101]);
    expect(book.bids[4]?.sizeText).toBe('7.0');
  });

  test('later levels of one message win over earlier ones', () => {
    const book = new KrakenBook(10);
    book.apply({
      bids: [],
      asks: levels([
        ['1.5', '2.0'],
        ['1.5', '0.0'],
        ['1.5', '3.0'],
      ]),
    });
    expect(book.asks).toEqual(levels([['1.5', '3.0']]));
  });

  test('the kept checksum is that of a book built afresh, whatever the order of changes', () => {
    const change = fc.record({
      bid: fc.boolean(),
      price: fc.integer({ min: 1, max: 60 }),
      size: fc.integer({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 60 }), (messages) => {
        const book = new KrakenBook(25);
        for (const message of messages) {
          const parts = message.map(({ bid, price, size }) => ({
            bid,
            level: wireLevel(`${price}.0`, `${Math.max(0, size)}.00`),
          }));
          book.apply({
            bids: parts.flatMap(({ bid, level }) => (bid ? [level] : [])),
            asks: parts.flatMap(({ bid, level }) => (bid ? [] : [level])),
          });
          const fresh = new KrakenBook(25);
          fresh.apply({ bids: [...book.bids].reverse(), asks: [...book.asks].reverse() });
          expect(fresh.checksum()).toBe(book.checksum());
          expect(fresh.bids).toEqual(book.bids);
          expect(book.asks.every((level, at) => at === 0 || level.price > (book.asks[at - 1]?.price ?? 0))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('an empty book has the checksum of nothing', () => {
    const book = new KrakenBook(10);
    book.apply(none);
    expect(book.checksum()).toBe(0);
  });

  test('the depth that is guessed is one that can be subscribed', () => {
    expect([0, 10, 11, 100, 999, 5000].map(depthFor)).toEqual([10, 10, 25, 100, 1000, 1000]);
  });

  test.each([
    ['1e309', 'number_not_finite'],
    ['NaN', 'number_not_finite'],
    ['-1.0', 'frame_malformed'],
    ['1e-5', 'frame_malformed'],
    ['', 'number_not_finite'],
    ['1.2.3', 'number_not_finite'],
    [null, 'frame_malformed'],
    [{}, 'frame_malformed'],
    ['9'.repeat(41), 'frame_malformed'],
  ])('%p is no price', (text, code) => {
    let error: unknown;
    try {
      wireLevel(text, '1.0');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RejectedRecordError);
    expect((error as RejectedRecordError).code).toBe(code);
  });
});

describe('number text', () => {
  test('numbers come back digit by digit, strings untouched', () => {
    const text = '{"a":[0.00005100,-1e5,10],"b":"x \\"1\\" 2\\\\","c1":3,"d":true}';
    expect(JSON.parse(quoteNumbers(text))).toEqual({
      a: ['0.00005100', '-1e5', '10'],
      b: 'x "1" 2\\',
      c1: '3',
      d: true,
    });
    expect(quoteNumbers('{"a":"b"}')).toBe('{"a":"b"}');
  });

  test('any JSON keeps its shape', () => {
    const textual = (value: unknown): unknown => {
      if (typeof value === 'number') return String(JSON.stringify(value));
      if (Array.isArray(value)) return value.map(textual);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textual(inner)]));
    };
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.stringify(JSON.parse(quoteNumbers(text)))).toBe(JSON.stringify(textual(JSON.parse(text))));
      }),
    );
  });

  test('text that is no JSON does not hang or become one with numbers in it', () => {
    for (const text of ['', '"', '"\\', '{"a":1', '1"2', '-', '--']) expect(() => quoteNumbers(text)).not.toThrow();
  });

  test.each(['0', '63004.9', '0.00005100'])('%s is a decimal', (text) => expect(isDecimal(text)).toBe(true));
  test.each(['', '.5', '5.', '1e5', '-1', '0x10', ' 1', '1,5'])('%p is none', (text) =>
    expect(isDecimal(text)).toBe(false),
  );
});
