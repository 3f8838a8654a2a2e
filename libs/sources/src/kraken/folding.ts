import { crc32 } from 'node:zlib';
import type { ParserOutput, RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { eventBase } from '../shared/event-base.ts';
import type { BookSides, WireLevel } from './book.ts';
import type { BookMessage } from './messages.ts';
import { SymbolState } from './symbol-state.ts';

export const VENUE = 'kraken';

/** A quote as any of the feeds gives it. */
export interface QuoteMessage {
  readonly symbol: string;
  readonly bidPrice: number;
  readonly bidSize: number;
  readonly askPrice: number;
  readonly askSize: number;
  /** Null where the feed sends none. */
  readonly timeUs: number | null;
}

/** A bar as any of the feeds gives it. */
export interface BarMessage {
  readonly symbol: string;
  readonly intervalMs: number;
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly trades: number;
  readonly closed: boolean;
  readonly timeUs: number | null;
}

/** A trade as any of the feeds gives it; `tradeId` is null on the v1 feed. */
export interface AnyTrade {
  readonly symbol: string;
  readonly tradeId: number | null;
  /** What tells trades without an id apart: time, price, size and side as the venue wrote them. */
  readonly content?: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
  readonly timeUs: number;
}

/**
 * Folds the messages of one raw partition into events, whichever version of the wire they came over.
 * Invariant: what is handed to one call has been read whole before, so a bad element leaves no half-taken frame.
 */
export class Folding {
  readonly verifyBooks: boolean;
  readonly #states = new Map<string, SymbolState>();

  constructor(verifyBooks: boolean) {
    this.verifyBooks = verifyBooks;
  }

  trades(record: RawRecord, output: ParserOutput<ParsedEvent>, trades: readonly AnyTrade[], backfilled: boolean): void {
    let given = 0;
    for (const trade of trades) {
      const { symbol, side, price, size, timeUs } = trade;
      const id = this.#newTradeId(record, trade);
      if (id === null) continue;
      given++;
      output.event({
        kind: 'trade',
        ...eventBase(record, VENUE, 'trade', symbol, id, timeUs),
        tradeId: String(id),
        price,
        size,
        side,
        aggregated: false,
        backfilled,
      });
    }
    if (given === 0) output.filtered(trades.length > 0 ? 'duplicate' : 'empty');
  }

  quotes(record: RawRecord, output: ParserOutput<ParsedEvent>, quotes: readonly QuoteMessage[]): void {
    let given = 0;
    for (const { symbol, bidPrice, bidSize, askPrice, askSize, timeUs } of quotes) {
      const values = `${bidPrice}:${bidSize}:${askPrice}:${askSize}`;
      // Without a venue time the frame's content tells one ticker from the next: it counts the day's trades.
      const id = `${timeUs ?? `c${crc32(record.payload).toString(16)}`}:${values}`;
      const state = this.#state(symbol);
      if (timeUs === null) {
        if (state.untimedQuote === id) continue;
        state.untimedQuote = id;
      } else if (!state.quotes.take(id)) continue;
      given++;
      output.event({
        kind: 'quote',
        ...eventBase(record, VENUE, 'quote', symbol, id, timeUs),
        bidPrice,
        bidSize,
        askPrice,
        askSize,
        sequence: null,
      });
    }
    if (given === 0) output.filtered(quotes.length > 0 ? 'duplicate' : 'empty');
  }

  bars(record: RawRecord, output: ParserOutput<ParsedEvent>, bars: readonly BarMessage[]): void {
    let given = 0;
    for (const { symbol, timeUs, ...bar } of bars) {
      const id = `${bar.intervalMs}:${bar.openTime}:${timeUs ?? `r${record.receivedTime}`}`;
      if (!this.#state(symbol).bars.take(id)) continue;
      given++;
      output.event({
        kind: 'bar',
        ...eventBase(record, VENUE, 'bar', symbol, id, timeUs),
        ...bar,
        quoteVolume: null,
        provider: 'venue',
      });
    }
    if (given === 0) output.filtered(bars.length > 0 ? 'duplicate' : 'empty');
  }

  /** @throws RejectedRecordError `book_checksum_mismatch` */
  books(record: RawRecord, output: ParserOutput<ParsedEvent>, books: readonly BookMessage[]): void {
    let reason = 'empty';
    let given = 0;
    const content = crc32(record.payload).toString(16);
    for (const [at, message] of books.entries()) {
      const id = `${message.timeUs ?? `r${record.receivedTime}`}:${content}${at === 0 ? '' : `:${at}`}`;
      const step = this.verifyBooks
        ? this.#state(message.symbol).books.take(message, id, record.connectionId, record.receivedTime)
        : { type: message.snapshot ? ('snapshot' as const) : ('delta' as const), sides: message, depth: message.depth };
      if (typeof step === 'string') {
        reason = step;
        continue;
      }
      given++;
      output.event({
        kind: 'book',
        ...eventBase(record, VENUE, 'book', message.symbol, id, message.timeUs),
        type: step.type,
        bids: step.sides.bids.map(level),
        asks: step.sides.asks.map(level),
        firstSequence: null,
        lastSequence: null,
        checksum: this.verifyBooks ? message.checksum : null,
        depth: step.depth,
      });
    }
    if (given === 0) output.filtered(reason);
  }

  acknowledgeBook(symbol: string, connectionId: string, depth: number): void {
    this.#state(symbol).books.acknowledge(connectionId, depth);
  }

  /** Marks the books that a rejected frame was for as waiting for their next snapshot. */
  loseBooks(symbols: Iterable<string>, connectionId: string): void {
    for (const symbol of symbols) this.#states.get(symbol)?.books.lose(connectionId);
  }

  /** The book as it stands, for tests and tools. */
  book(symbol: string): BookSides | null {
    return this.#states.get(symbol)?.books.current ?? null;
  }

  *save(): Iterable<readonly [key: string, state: Uint8Array]> {
    for (const [symbol, state] of this.#states) yield [symbol, state.save()];
  }

  load(symbol: string, state: Uint8Array): void {
    this.#states.set(symbol, SymbolState.load(state));
  }

  #state(symbol: string): SymbolState {
    let state = this.#states.get(symbol);
    if (!state) {
      state = new SymbolState();
      this.#states.set(symbol, state);
    }
    return state;
  }

  /** The id of a trade seen for the first time; null for one that was seen before. */
  #newTradeId(record: RawRecord, { symbol, tradeId, content = '' }: AnyTrade): string | number | null {
    const state = this.#state(symbol);
    if (tradeId !== null) return state.trades.take(tradeId) ? tradeId : null;
    const number = state.unnumbered.take(content, record.connectionId);
    return number === null ? null : `${content}:${number}`;
  }
}

function level({ price, size }: WireLevel): { price: number; size: number } {
  return { price, size };
}
