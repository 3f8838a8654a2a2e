import { type BookSides, KrakenBook } from './book.ts';
import type { BookMessage } from './messages.ts';

/**
 * What the collector checks while it writes raw: whether each book still has the venue's checksum, and whether trade
 * ids follow one another. It decides when to subscribe anew and what to back-fill; the parser checks again on its own.
 */
export type BookVerdict =
  /** A snapshot that verifies: the book is whole. */
  | 'snapshot'
  /** An update that verifies. */
  | 'whole'
  /** The checksum differs; the book is void until the next snapshot. */
  | 'broken'
  /** An update while there is no book. */
  | 'waiting';

/** One symbol's book on one connection. */
export class BookWatch {
  readonly #depth: number;
  #book: KrakenBook | null = null;

  constructor(depth: number) {
    this.#depth = depth;
  }

  take(message: BookMessage): BookVerdict {
    if (message.snapshot) this.#book = new KrakenBook(this.#depth);
    if (!this.#book) return 'waiting';
    this.#book.apply(message);
    if (message.checksum !== null && this.#book.checksum() !== message.checksum) {
      this.#book = null;
      return 'broken';
    }
    return message.snapshot ? 'snapshot' : 'whole';
  }

  /** A frame of it could not be read, or the venue was asked for a new snapshot. */
  lose(): void {
    this.#book = null;
  }

  get book(): BookSides | null {
    return this.#book;
  }
}

/** Trades that were not received. */
export interface TradeHole {
  readonly fromId: number;
  readonly toId: number;
  /** The venue's times of the trades on either side of the hole, microseconds. */
  readonly fromTimeUs: number;
  readonly toTimeUs: number;
}

/** One symbol's trade ids over all connections: they rise by one, so a jump is a hole. */
export class TradeWatch {
  #lastId: number | null = null;
  #lastTimeUs = 0;
  /** While a disconnection is being back-filled: the trade before it, and the first that came live again. */
  #suspended: { lastId: number | null; lastTimeUs: number; first: { id: number; timeUs: number } | null } | null = null;

  /** The first trade that an interruption may have cost; null when none had come before it. */
  get missingFrom(): number | null {
    const lastId = this.#suspended?.lastId ?? this.#lastId;
    return lastId === null ? null : lastId + 1;
  }

  /** Venue time of the trade before the interruption, or of the newest; microseconds, 0 before the first. */
  get lastTimeUs(): number {
    return this.#suspended?.lastTimeUs ?? this.#lastTimeUs;
  }

  /** The hole before this trade; null where there is none, or where a back-fill is on its way to find out. */
  take(id: number, timeUs: number): TradeHole | null {
    const { lastId, lastTimeUs } = { lastId: this.#lastId, lastTimeUs: this.#lastTimeUs };
    if (lastId !== null && id <= lastId) return null;
    if (this.#suspended && !this.#suspended.first) {
      this.#suspended.first = { id, timeUs };
      this.#advance(id, timeUs);
      return null;
    }
    this.#advance(id, timeUs);
    if (lastId === null || id === lastId + 1) return null;
    return { fromId: lastId + 1, toId: id - 1, fromTimeUs: lastTimeUs, toTimeUs: timeUs };
  }

  /** The feed was interrupted: the next trade is expected to leave a hole, which a back-fill from here closes. */
  suspend(): void {
    // Cut off again before the back-fill was done: the hole begins where it began.
    const { lastId, lastTimeUs } = this.#suspended ?? { lastId: this.#lastId, lastTimeUs: this.#lastTimeUs };
    this.#suspended = { lastId, lastTimeUs, first: null };
  }

  /**
   * The back-fill has reached this trade. Returns the hole it has left before the first live trade: REST may lag behind
   * the feed.
   */
  resume(id: number | null, timeUs: number): TradeHole | null {
    const first = this.#suspended?.first ?? null;
    this.#suspended = null;
    if (id === null) return null;
    if (first && first.id > id + 1)
      return { fromId: id + 1, toId: first.id - 1, fromTimeUs: timeUs, toTimeUs: first.timeUs };
    if (this.#lastId === null || id > this.#lastId) this.#advance(id, timeUs);
    return null;
  }

  #advance(id: number, timeUs: number): void {
    this.#lastId = id;
    this.#lastTimeUs = timeUs;
  }
}
