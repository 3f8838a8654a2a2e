import { BookSide } from './book-side.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readDecimals, writeDecimals } from './decimal-column.ts';
import type { Level } from './level.ts';

/** What the book needs of a Book event; `depth` is the number of levels a side that the feed maintains. */
export interface BookUpdate {
  readonly type: 'snapshot' | 'delta';
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly depth?: number | null;
}

const FORMAT = 1;

/**
 * A venue's order book of one symbol, folded from its snapshots and deltas.
 * Sequence rules are the feed's business: a delta is applied as it comes.
 * Precondition: prices and sizes are finite (the parsers reject others).
 */
export class OrderBook {
  readonly bids = new BookSide('bids');
  readonly asks = new BookSide('asks');

  /** Applies one event; levels beyond the feed's depth are dropped, as the venue does not maintain them. */
  apply(update: BookUpdate): void {
    if (update.type === 'snapshot') {
      this.bids.replace(update.bids);
      this.asks.replace(update.asks);
    } else {
      for (const level of update.bids) this.bids.set(level.price, level.size);
      for (const level of update.asks) this.asks.set(level.price, level.size);
    }
    if (update.depth != null) this.truncate(update.depth);
  }

  get bestBid(): number | null {
    return this.bids.bestPrice;
  }

  get bestAsk(): number | null {
    return this.asks.bestPrice;
  }

  /** True when bid ≥ ask: no real market state, so something was missed. False while a side is empty. */
  get isCrossed(): boolean {
    const bid = this.bids.bestPrice;
    const ask = this.asks.bestPrice;
    return bid !== null && ask !== null && bid >= ask;
  }

  get isEmpty(): boolean {
    return this.bids.count === 0 && this.asks.count === 0;
  }

  /** Drops the worst levels of both sides beyond `depth`. */
  truncate(depth: number): void {
    this.bids.truncate(depth);
    this.asks.truncate(depth);
  }

  clear(): void {
    this.truncate(0);
  }

  /** A snapshot of the best `depth` levels a side, best first; all when not given. */
  copy(depth?: number): { bids: Level[]; asks: Level[] } {
    return { bids: this.bids.top(depth), asks: this.asks.top(depth) };
  }

  /** The whole book in a compact, exact binary form; equal books give equal bytes. */
  save(): Uint8Array {
    const writer = new ByteWriter();
    writer.byte(FORMAT);
    const bids = this.bids.columns();
    const asks = this.asks.columns();
    writeDecimals(writer, bids.prices, 'up');
    writeDecimals(writer, bids.sizes, 'no');
    writeDecimals(writer, asks.prices, 'down');
    writeDecimals(writer, asks.sizes, 'no');
    return writer.done();
  }

  /** @throws RangeError when the bytes are no saved book. */
  static load(bytes: Uint8Array): OrderBook {
    const reader = new ByteReader(bytes);
    const format = reader.byte();
    if (format !== FORMAT) throw new RangeError(`unknown order book format ${format}`);
    const book = new OrderBook();
    book.bids.restore(readDecimals(reader, 'up'), readDecimals(reader, 'no'));
    book.asks.restore(readDecimals(reader, 'down'), readDecimals(reader, 'no'));
    if (!reader.atEnd) throw new RangeError('bytes left over after the order book');
    return book;
  }
}
