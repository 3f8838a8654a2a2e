import type { VenueConnection } from '@alphapulse/core';
import type { KrakenChannel, KrakenConfig } from './config.ts';
import { BookWatch } from './integrity.ts';
import type { Acknowledgement } from './messages.ts';
import { Requests } from './subscriptions.ts';

/** How long an answer or a snapshot may take before it is asked for again. */
const ANSWER_US = 10_000_000;
const RETRY_US = 1_000_000;
const LONGEST_WAIT_US = 60_000_000;
/** A book that breaks again sooner than this is not asked for at once. */
const STEADY_US = 30_000_000;

const NEVER = Number.POSITIVE_INFINITY;

/** A symbol's book on one connection. */
export interface BookSubscription {
  readonly watch: BookWatch;
  /** When to ask for the book anew unless it is whole by then. */
  dueUs: number;
  /** Requests since it was last steady. */
  attempts: number;
  /** Receive time of the snapshot it stands on; 0 while it has none. */
  wholeSinceUs: number;
  lastTimeUs: number;
}

/** A subscription that is not acknowledged yet. */
interface Pending {
  readonly channel: KrakenChannel;
  readonly symbol: string | null;
  dueUs: number;
}

/** What came of an answer to a subscription, symbol by symbol. */
export interface Answered {
  readonly channel: KrakenChannel | null;
  readonly symbols: readonly string[];
  /** Null when it was accepted. */
  readonly error: string | null;
}

/** One connection: what it has asked for and what it has got. Knows no clock; times are receive times. */
export class Line {
  readonly connection: VenueConnection;
  readonly books = new Map<string, BookSubscription>();
  lastTimeUs: number;
  readonly #config: KrakenConfig;
  readonly #requests: Requests;
  readonly #pending = new Map<string, Pending>();

  constructor(connection: VenueConnection, config: KrakenConfig, nowUs: number) {
    this.connection = connection;
    this.lastTimeUs = nowUs;
    this.#config = config;
    this.#requests = new Requests(config, (text) => connection.send(text));
  }

  /** Subscribes everything of the task. */
  subscribeAll(nowUs: number): void {
    const { channels, symbols } = this.#config;
    for (const channel of channels) this.subscribe(channel, channel === 'instrument' ? [] : symbols, nowUs);
  }

  subscribe(channel: KrakenChannel, symbols: readonly string[], nowUs: number): void {
    for (const symbol of symbols.length > 0 ? symbols : [null]) {
      this.#pending.set(nameOf(channel, symbol), { channel, symbol, dueUs: nowUs + ANSWER_US });
      if (channel !== 'book' || symbol === null) continue;
      const book = this.#book(symbol, nowUs);
      book.dueUs = nowUs + wait(ANSWER_US, book.attempts);
    }
    this.#requests.subscribe(channel, symbols);
  }

  /** Drops the subscription and makes it again, for a fresh snapshot. */
  resubscribe(channel: KrakenChannel, symbol: string, nowUs: number): void {
    const book = channel === 'book' ? this.books.get(symbol) : undefined;
    book?.watch.lose();
    if (book) book.attempts++;
    this.#requests.unsubscribe(channel, [symbol]);
    this.subscribe(channel, [symbol], nowUs);
  }

  /** The book does not hold: asks for it anew, at once unless it keeps breaking. */
  bookBroken(symbol: string, nowUs: number): void {
    const book = this.books.get(symbol);
    if (!book) return;
    book.watch.lose();
    if (book.wholeSinceUs > 0 && nowUs - book.wholeSinceUs > STEADY_US) book.attempts = 0;
    book.wholeSinceUs = 0;
    if (book.attempts === 0) this.resubscribe('book', symbol, nowUs);
    else book.dueUs = Math.min(book.dueUs, nowUs + wait(RETRY_US, book.attempts));
  }

  bookWhole(book: BookSubscription, nowUs: number): void {
    book.dueUs = NEVER;
    book.wholeSinceUs = nowUs;
    book.lastTimeUs = nowUs;
  }

  /** Books whose snapshot has not come in time. */
  overdueBooks(nowUs: number): string[] {
    return [...this.books].flatMap(([symbol, book]) => (book.dueUs <= nowUs ? [symbol] : []));
  }

  /** Asks again for what was not acknowledged, or refused for a while; books are asked for by their own rule. */
  repeatOverdue(nowUs: number): void {
    for (const { channel, symbol, dueUs } of [...this.#pending.values()]) {
      if (dueUs > nowUs) continue;
      if (channel === 'book') this.#pending.delete(nameOf(channel, symbol));
      else this.subscribe(channel, symbol === null ? [] : [symbol], nowUs);
    }
  }

  /** Takes an answer to a request; null when it is none to a subscription. */
  answered(answer: Acknowledgement, nowUs: number): Answered | null {
    const request = this.#requests.get(answer.requestId);
    if (answer.method !== 'subscribe' && request === undefined && answer.error === null) return null;
    if (answer.method === 'unsubscribe') return null;
    const channel = request?.channel ?? null;
    const symbols = answer.symbol === null ? (request?.symbols ?? []) : [answer.symbol];
    const accepted = answer.success || /already subscribed/i.test(answer.error ?? '');
    for (const symbol of symbols.length > 0 ? symbols : [null])
      if (channel !== null) this.#settle(channel, symbol, accepted, answer.error, nowUs);
    return { channel, symbols, error: accepted ? null : (answer.error ?? 'no reason given') };
  }

  /** True once the venue has acknowledged the subscription. */
  isSubscribed(channel: KrakenChannel, symbol: string): boolean {
    return !this.#pending.has(nameOf(channel, symbol));
  }

  isBookWhole(symbol: string): boolean {
    return Boolean(this.books.get(symbol)?.watch.book);
  }

  /** False where the venue refuses the symbol's book, so that no gap of it can be. */
  carriesBook(symbol: string): boolean {
    const book = this.books.get(symbol);
    return book !== undefined && !(book.dueUs === NEVER && book.wholeSinceUs === 0);
  }

  #settle(channel: KrakenChannel, symbol: string | null, accepted: boolean, error: string | null, nowUs: number): void {
    const pending = this.#pending.get(nameOf(channel, symbol));
    // What is wrong with a request stays wrong; what is wrong with the venue passes.
    const passes = !accepted && /rate|unavailable|busy|internal|timeout|maintenance/i.test(error ?? '');
    if (passes && pending) pending.dueUs = nowUs + LONGEST_WAIT_US;
    else this.#pending.delete(nameOf(channel, symbol));
    const book = channel === 'book' && symbol !== null ? this.books.get(symbol) : undefined;
    if (book && !accepted) book.dueUs = passes ? nowUs + LONGEST_WAIT_US : NEVER;
  }

  #book(symbol: string, nowUs: number): BookSubscription {
    let book = this.books.get(symbol);
    if (!book) {
      const watch = new BookWatch(this.#config.bookDepth);
      book = { watch, dueUs: NEVER, attempts: 0, wholeSinceUs: 0, lastTimeUs: nowUs };
      this.books.set(symbol, book);
    }
    return book;
  }
}

function nameOf(channel: KrakenChannel, symbol: string | null): string {
  return `${channel}|${symbol ?? ''}`;
}

/** Doubles with each attempt. */
function wait(firstUs: number, attempts: number): number {
  return Math.min(LONGEST_WAIT_US, firstUs * 2 ** Math.min(attempts, 6));
}
