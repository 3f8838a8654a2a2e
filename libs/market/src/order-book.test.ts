import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Level } from './level.ts';
import { type BookUpdate, OrderBook } from './order-book.ts';

/** The book as anyone would write it first: a map a side, sorted when asked. */
class NaiveBook {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();

  apply(update: BookUpdate): void {
    for (const side of ['bids', 'asks'] as const) {
      if (update.type === 'snapshot') this[side].clear();
      for (const { price, size } of update[side]) {
        if (size > 0) this[side].set(price, size);
        else if (update.type === 'delta') this[side].delete(price);
      }
      if (update.depth != null) {
        const keep = this.top(side, update.depth);
        this[side].clear();
        for (const { price, size } of keep) this[side].set(price, size);
      }
    }
  }

  top(side: 'bids' | 'asks', depth = Number.POSITIVE_INFINITY): Level[] {
    return [...this[side]]
      .map(([price, size]) => ({ price, size }))
      .sort((a, b) => (side === 'bids' ? b.price - a.price : a.price - b.price))
      .slice(0, depth);
  }
}

const level = fc.record({
  price: fc.integer({ min: 1, max: 60 }).map((ticks) => ticks / 100),
  size: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 1e9 }).map((lots) => lots / 1e8),
    fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
  ),
});
const update: fc.Arbitrary<BookUpdate> = fc.record({
  type: fc.constantFrom('snapshot' as const, 'delta' as const, 'delta' as const, 'delta' as const),
  bids: fc.array(level, { maxLength: 40 }),
  asks: fc.array(level, { maxLength: 40 }),
  depth: fc.constantFrom(null, null, 10, 25),
});

describe('OrderBook', () => {
  test('holds what a naive book holds, whatever the updates', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 25 }), (updates) => {
        const book = new OrderBook();
        const naive = new NaiveBook();
        for (const each of updates) {
          book.apply(each);
          naive.apply(each);
          expect(book.copy()).toEqual({ bids: naive.top('bids'), asks: naive.top('asks') });
          expect(book.bestBid).toBe(naive.top('bids')[0]?.price ?? null);
          expect(book.bestAsk).toBe(naive.top('asks')[0]?.price ?? null);
          expect(book.isCrossed).toBe((book.bestBid ?? -1) >= (book.bestAsk ?? Number.POSITIVE_INFINITY));
          expect(book.copy(3)).toEqual({ bids: naive.top('bids', 3), asks: naive.top('asks', 3) });
        }
      }),
      { numRuns: 200 },
    );
  });

  test('comes back from its saved bytes, and goes on alike', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 10 }), update, (updates, next) => {
        const book = new OrderBook();
        for (const each of updates) book.apply(each);
        const loaded = OrderBook.load(book.save());
        expect(loaded.copy()).toEqual(book.copy());
        expect(loaded.save()).toEqual(book.save());
        book.apply(next);
        loaded.apply(next);
        expect(loaded.copy()).toEqual(book.copy());
      }),
    );
  });

  test('saves exactly any finite doubles, decimals of a common scale in a few bytes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            price: fc.double({ noNaN: true, noDefaultInfinity: true }),
            size: fc.double({ min: 5e-324, max: 1e308, noNaN: true }),
          }),
        ),
        (bids) => {
          const book = new OrderBook();
          book.apply({ type: 'snapshot', bids: bids.map((each) => ({ ...each, price: each.price + 0 })), asks: [] });
          expect(OrderBook.load(book.save()).copy()).toEqual(book.copy());
        },
      ),
    );
    const book = new OrderBook();
    const side = (from: number, step: number) =>
      Array.from({ length: 1000 }, (_, at) => ({
        price: Math.round(from + at * step) / 100,
        size: (((at * 7919) % 1e6) + 1) / 1e5,
      }));
    book.apply({ type: 'snapshot', bids: side(6_000_000, -3), asks: side(6_000_001, 3) });
    expect(book.save().length).toBeLessThan(2000 * 5);
  });

  test('refuses bytes that are no book', () => {
    expect(() => OrderBook.load(new Uint8Array([9]))).toThrow(RangeError);
    const bytes = new OrderBook().save();
    expect(() => OrderBook.load(bytes.slice(0, -1))).toThrow(RangeError);
    expect(() => OrderBook.load(new Uint8Array([...bytes, 0]))).toThrow(RangeError);
  });

  test('an empty book has no best prices and is not crossed', () => {
    const book = new OrderBook();
    expect([book.bestBid, book.bestAsk, book.isCrossed, book.isEmpty]).toEqual([null, null, false, true]);
    book.apply({ type: 'delta', bids: [{ price: 2, size: 1 }], asks: [] });
    expect(book.isCrossed).toBe(false);
    book.apply({ type: 'delta', bids: [], asks: [{ price: 2, size: 1 }] });
    expect(book.isCrossed).toBe(true);
    book.clear();
    expect(book.isEmpty).toBe(true);
  });
});
