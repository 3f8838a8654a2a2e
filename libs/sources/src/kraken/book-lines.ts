import { RejectedRecordError } from '@alphapulse/core';
import { type BookSides, depthFor, KrakenBook, wireLevel } from './book.ts';
import type { BookMessage } from './messages.ts';

/** A line that is followed and silent for so long gives way to one that is not, in record time. */
const TAKEOVER_US = 10_000_000;
/** Connections a symbol's book is kept for: those of two collectors, each with a roll-over under way. */
const MAX_LINES = 4;

/** One connection's book of the symbol. */
interface Line {
  /** As the venue acknowledged the subscription; null until then. */
  depth: number | null;
  /** Null until a snapshot has come, and again after a frame that did not fit. */
  book: KrakenBook | null;
  /** Receive time of the line's last book frame, microseconds. */
  lastTime: number;
  lastId: string;
}

export interface SavedLines {
  readonly followed: string | null;
  readonly lines: readonly (readonly [connectionId: string, line: SavedLine])[];
}

interface SavedLine {
  readonly depth: number | null;
  readonly lastTime: number;
  readonly lastId: string;
  readonly book: {
    readonly depth: number;
    readonly bids: readonly (readonly [string, string])[];
    readonly asks: readonly (readonly [string, string])[];
  } | null;
}

/** A step of the followed book: what a consumer must apply to have the same book. */
export interface BookStep {
  readonly type: 'snapshot' | 'delta';
  readonly sides: BookSides;
  readonly depth: number;
}

/**
 * A symbol's book where several connections may bring it: during an overlapping roll-over, or from redundant
 * collectors. Kraken's updates carry no number, so frames of two connections cannot be merged; each connection's book
 * is folded apart and verified, and the steps of one of them, the followed one, are given out:
 * - a snapshot that verifies makes its connection the followed one, and gives the whole book anew;
 * - updates of the followed connection are given as they are, those of any other are duplicates;
 * - when the followed connection's book is broken, or silent while another goes on, that other one is followed from its
 *   next update on, which is given as the whole book.
 * Invariant: whoever applies the steps has at each the book of the connection followed, never a mixture of two.
 */
export class BookLines {
  #followed: string | null = null;
  readonly #lines = new Map<string, Line>();

  /** The venue has acknowledged a book subscription on this connection. */
  acknowledge(connectionId: string, depth: number): void {
    this.#line(connectionId).depth = depth;
  }

  /** A book frame of this connection could not be read: what follows does not fit any more. */
  lose(connectionId: string): void {
    const line = this.#lines.get(connectionId);
    if (line) voidBook(line);
  }

  /**
   * Folds a message; returns the step to give out, or why there is none.
   * @throws RejectedRecordError `book_checksum_mismatch`; the connection's book then waits for its next snapshot.
   */
  take(
    message: BookMessage,
    id: string,
    connectionId: string,
    receivedTime: number,
  ): BookStep | 'duplicate' | 'awaiting-snapshot' {
    const line = this.#line(connectionId);
    if (line.lastId === id) return 'duplicate';
    if (message.snapshot) {
      const levels = Math.max(message.bids.length, message.asks.length);
      line.book = new KrakenBook(message.depth ?? line.depth ?? depthFor(levels));
    } else if (!line.book) return 'awaiting-snapshot';
    const { book } = line;
    book.apply(message);
    if (message.checksum !== null && book.checksum() !== message.checksum) {
      voidBook(line);
      throw mismatch(message, book.checksum());
    }
    line.lastTime = receivedTime;
    line.lastId = id;
    if (message.snapshot) {
      this.#followed = connectionId;
      return { type: 'snapshot', sides: message, depth: book.depth };
    }
    if (this.#followed === connectionId) return { type: 'delta', sides: message, depth: book.depth };
    const followed = this.#followed === null ? undefined : this.#lines.get(this.#followed);
    if (followed?.book && receivedTime - followed.lastTime <= TAKEOVER_US) return 'duplicate';
    this.#followed = connectionId;
    return { type: 'snapshot', sides: { bids: [...book.bids], asks: [...book.asks] }, depth: book.depth };
  }

  /** The book of the connection followed, when it is whole. */
  get current(): BookSides | null {
    return (this.#followed === null ? null : this.#lines.get(this.#followed)?.book) ?? null;
  }

  toJSON(): SavedLines {
    const texts = (side: KrakenBook['bids']) => side.map((level) => [level.priceText, level.sizeText] as const);
    return {
      followed: this.#followed,
      lines: [...this.#lines].map(([connectionId, { depth, lastTime, lastId, book }]) => [
        connectionId,
        {
          depth,
          lastTime,
          lastId,
          book: book && { depth: book.depth, bids: texts(book.bids), asks: texts(book.asks) },
        },
      ]),
    };
  }

  static fromJSON(saved: SavedLines): BookLines {
    const lines = new BookLines();
    lines.#followed = saved.followed;
    for (const [connectionId, { book: savedBook, ...line }] of saved.lines) {
      const book = savedBook && new KrakenBook(savedBook.depth);
      if (book && savedBook) {
        for (const [price, size] of savedBook.bids) book.bids.push(wireLevel(price, size));
        for (const [price, size] of savedBook.asks) book.asks.push(wireLevel(price, size));
      }
      lines.#lines.set(connectionId, { ...line, book });
    }
    return lines;
  }

  #line(connectionId: string): Line {
    const known = this.#lines.get(connectionId);
    if (known) return known;
    const line: Line = { depth: null, book: null, lastTime: 0, lastId: '' };
    this.#lines.set(connectionId, line);
    if (this.#lines.size > MAX_LINES) {
      const oldest = [...this.#lines.keys()].find((id) => id !== this.#followed && id !== connectionId);
      if (oldest !== undefined) this.#lines.delete(oldest);
    }
    return line;
  }
}

/** The next snapshot counts even when it says what the last one said. */
function voidBook(line: Line): void {
  line.book = null;
  line.lastId = '';
}

function mismatch(message: BookMessage, computed: number): RejectedRecordError {
  return new RejectedRecordError(
    'book_checksum_mismatch',
    `${message.symbol}: the book folded so far has checksum ${computed}, the venue says ${message.checksum}`,
    { details: { symbol: message.symbol, computed, stated: message.checksum } },
  );
}
