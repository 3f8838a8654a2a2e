import { type ParserOutput, RejectedRecordError } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import type { DepthDiff } from './messages.ts';
import { isClearlyLater } from './renumbering.ts';

const MAX_BUFFERED_DIFFS = 20_000;
const MAX_BUFFERED_BYTES = 8 * 1024 * 1024;

interface BookState {
  /** `waiting` for a snapshot, or `synced` and folding. */
  mode: 'waiting' | 'synced';
  /** Update id the book stands at when synced; the last buffered one when waiting; −1 before the first. */
  last: number;
  /** When waiting: a snapshot must be at least this new to connect with the diffs that follow. */
  needed: number;
  /** Update id of the newest snapshot emitted. */
  snapshot: number;
  /** Highest diff seen, and its time. */
  newest: number;
  newestUs: number;
  /** Connection of the newest diff that was used. */
  connection: string;
  bytes: number;
  buffer: { previous: number; last: number; event: ParsedEvent<'book'> }[];
}

/**
 * Puts diffs and snapshots of one book in order, as the venue prescribes:
 * https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#how-to-manage-a-local-order-book-correctly
 * Diffs before a snapshot wait in a bounded buffer; a hole makes the book wait for a snapshot that is at least as new as
 * the diff behind the hole. It keeps ids, no levels: the levels go through.
 */
export class BookSync {
  #state: BookState = {
    mode: 'waiting',
    last: -1,
    needed: -1,
    snapshot: -1,
    newest: -1,
    newestUs: 0,
    connection: '',
    bytes: 0,
    buffer: [],
  };

  /** True when the diff shows that the venue has started its numbering anew: a lower id at a later time. */
  isRenumbered(diff: DepthDiff): boolean {
    const { eventTime, receivedTime } = diff.event;
    return diff.last <= this.#state.newest && isClearlyLater(eventTime, this.#state.newestUs, receivedTime);
  }

  /**
   * @throws RejectedRecordError `book_sequence_gap` when updates before this one are missing: the one rejection that
   *   changes the state, to waiting; `book_buffer_overflow`, state as before.
   */
  diff(diff: DepthDiff, bytes: number, output: ParserOutput<ParsedEvent>): void {
    const state = this.#state;
    const known = diff.last <= state.newest;
    if (state.last >= 0 && diff.last <= state.last) {
      this.#see(diff);
      output.filtered(known ? 'duplicate' : 'before-snapshot');
      return;
    }
    // After a hole and before the next diff there is nothing to follow; the needed snapshot covers what is missing.
    const isNewConnection = state.connection !== '' && diff.connection !== state.connection;
    if (state.last >= 0 && diff.previous > state.last && isNewConnection) {
      // What a new connection missed is the gap its collector has recorded; its own book begins here.
      this.#wait(-1);
    } else if (state.last >= 0 && diff.previous > state.last) {
      const missing = { symbol: diff.event.symbol, from: state.last + 1, to: diff.previous };
      this.#see(diff);
      this.#wait(diff.last);
      throw new RejectedRecordError(
        'book_sequence_gap',
        `${missing.symbol}: updates ${missing.from} to ${missing.to} are missing`,
        { details: missing },
      );
    }
    if (state.mode === 'synced') {
      this.#see(diff);
      state.last = diff.last;
      output.event(diff.event);
      return;
    }
    if (state.buffer.length >= MAX_BUFFERED_DIFFS || state.bytes + bytes > MAX_BUFFERED_BYTES) {
      throw new RejectedRecordError(
        'book_buffer_overflow',
        `${diff.event.symbol}: ${state.buffer.length} diffs wait for a snapshot already`,
      );
    }
    this.#see(diff);
    if (state.last < 0) state.needed = diff.previous;
    state.last = diff.last;
    state.bytes += bytes;
    state.buffer.push({ previous: diff.previous, last: diff.last, event: diff.event });
    output.filtered('awaiting-snapshot');
  }

  snapshot(event: ParsedEvent<'book'> & { readonly lastSequence: number }, output: ParserOutput<ParsedEvent>): void {
    const state = this.#state;
    const at = event.lastSequence;
    const needed = state.mode === 'synced' ? state.last : state.needed;
    if (at === state.snapshot || at < needed) {
      output.filtered(at === state.snapshot ? 'duplicate' : 'stale-snapshot');
      return;
    }
    output.event(event);
    state.mode = 'synced';
    state.snapshot = at;
    state.last = at;
    for (const waiting of state.buffer) {
      if (waiting.last <= at) continue;
      // The buffer has no holes, so only its first event can reach back before the snapshot.
      state.last = waiting.last;
      output.event(waiting.event);
    }
    state.buffer = [];
    state.bytes = 0;
  }

  #see(diff: DepthDiff): void {
    this.#state.connection = diff.connection;
    if (diff.last <= this.#state.newest) return;
    this.#state.newest = diff.last;
    this.#state.newestUs = diff.event.eventTime;
  }

  #wait(needed: number): void {
    this.#state.mode = 'waiting';
    this.#state.needed = needed;
    this.#state.last = needed;
    this.#state.buffer = [];
    this.#state.bytes = 0;
  }

  toJSON(): BookState {
    return this.#state;
  }

  static fromJSON(json: BookState): BookSync {
    const book = new BookSync();
    book.#state = json;
    return book;
  }
}
