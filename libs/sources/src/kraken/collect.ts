import {
  type CollectDeps,
  type GapCause,
  type GapHow,
  type MessageOrigin,
  RejectedRecordError,
  type VenueConnection,
} from '@alphapulse/core';
import { frameText, parseJson, parseJsonText } from '../shared/parse-json.ts';
import { toObject } from '../shared/shapes.ts';
import { TradeBackfill } from './backfill.ts';
import type { KrakenChannel, KrakenConfig } from './config.ts';
import { describeFrame } from './describe.ts';
import { OpenGaps } from './gaps.ts';
import { BookWatch, type TradeHole, TradeWatch } from './integrity.ts';
import { type Acknowledgement, readAcknowledgement, readBooks, readTrades } from './messages.ts';
import { quoteNumbers } from './number-text.ts';
import { Requests } from './subscriptions.ts';

/** The venue sends a heartbeat each second when there is nothing else, so this much silence is a dead connection. */
const SILENT_MS = 10_000;
const PING_MS = 30_000;
/** Requests a second; the venue's limit is not stated and depends on its load. */
const MESSAGES_PER_SECOND = 5;
const SWEEP_MS = 1000;
/** How long a snapshot may take after it was asked for, before it is asked for again. */
const SNAPSHOT_US = 10_000_000;
const LONGEST_WAIT_US = 60_000_000;
/** A book that broke again sooner than this is not asked for at once. */
const STEADY_US = 30_000_000;

/** A symbol's book on one connection. */
interface BookSubscription {
  readonly watch: BookWatch;
  /** When to ask for the book anew unless it is whole by then; Infinity while it is, or where the venue refuses it. */
  dueUs: number;
  /** Requests since it was last steady. */
  attempts: number;
  wholeSinceUs: number;
  lastTimeUs: number;
}

/** One connection and what is known of it. */
interface Line {
  readonly connection: VenueConnection;
  readonly requests: Requests;
  readonly books: Map<string, BookSubscription>;
  /** Refused subscriptions to try again. */
  readonly retries: { readonly channel: KrakenChannel; readonly symbol: string; readonly dueUs: number }[];
  lastTimeUs: number;
}

/** Collects one task; throws only what the network layer throws as fatal. */
export async function collectKraken(config: KrakenConfig, deps: CollectDeps): Promise<void> {
  await new Collector(config, deps).run();
}

class Collector {
  readonly #config: KrakenConfig;
  readonly #deps: CollectDeps;
  readonly #gaps: OpenGaps;
  readonly #backfill: TradeBackfill;
  readonly #lines = new Map<string, Line>();
  readonly #trades = new Map<string, TradeWatch>();

  constructor(config: KrakenConfig, deps: CollectDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#gaps = new OpenGaps(deps.sink);
    this.#backfill = new TradeBackfill(deps, config.restEndpoint);
  }

  async run(): Promise<void> {
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#deps.signal, ended.signal]);
    const beside = [this.#sweep(signal), this.#backfill.run(signal)];
    try {
      await this.#deps.net.webSocket(
        {
          endpoints: this.#config.wsEndpoints,
          onOpen: (connection) => this.#opened(connection),
          onMessage: (connection, payload, origin) => this.#received(connection, payload, origin),
          onClose: (connection, reason) => this.#closed(connection, reason),
          onStale: (connection, channel) => this.#stale(connection, channel),
          sink: this.#deps.sink,
          silentMs: SILENT_MS,
          staleMs: this.#config.staleMs,
          pingText: () => '{"method":"ping"}',
          pingMs: PING_MS,
          messagesPerSecond: MESSAGES_PER_SECOND,
          ...(this.#config.rollOverMs > 0 ? { rollOverMs: this.#config.rollOverMs } : {}),
        },
        signal,
      );
    } finally {
      ended.abort();
      await Promise.all(beside);
    }
  }

  #opened(connection: VenueConnection): void {
    const requests = new Requests(this.#config, (text) => connection.send(text));
    const nowUs = this.#deps.clock.nowUs();
    const line: Line = { connection, requests, books: new Map(), retries: [], lastTimeUs: nowUs };
    this.#lines.set(connection.id, line);
    for (const channel of this.#config.channels) {
      requests.subscribe(channel, channel === 'instrument' ? [] : this.#config.symbols);
      if (channel !== 'book') continue;
      for (const symbol of this.#config.symbols) line.books.set(symbol, this.#newBook(nowUs));
    }
  }

  #received(connection: VenueConnection, payload: Buffer, origin: MessageOrigin): void {
    const { key, channel } = describeFrame(payload);
    this.#deps.sink.message(key, channel, origin, payload);
    const line = this.#lines.get(connection.id);
    if (!line || connection.retired) return;
    line.lastTimeUs = origin.receivedTime;
    try {
      this.#check(line, key, channel, payload, origin.receivedTime);
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      const { code, message } = error;
      this.#deps.log.warn({ source: 'kraken', symbol: key, channel, code, error: message }, 'frame not understood');
      if (channel === 'book') this.#bookBroken(line, key, origin.receivedTime);
    }
  }

  #check(line: Line, key: string, channel: string, payload: Buffer, receivedTime: number): void {
    switch (channel) {
      case 'book':
        line.connection.alive(`book:${key}`);
        this.#checkBooks(line, payload, receivedTime);
        break;
      case 'trade':
        this.#checkTrades(payload);
        break;
      case 'ticker':
        line.connection.alive(`ticker:${key}`);
        if (this.#gaps.size > 0) this.#gaps.close('ticker', key, resubscribedAfter('reconnect'));
        break;
      case 'ohlc':
        if (this.#gaps.size > 0) this.#gaps.close('ohlc', key, 'reconnect');
        break;
      case 'control':
        this.#answered(line, readAcknowledgement(toObject(parseJson(payload), 'answer')), receivedTime);
        break;
      case 'status':
        this.#deps.log.info({ source: 'kraken', status: payload.toString('utf8', 0, 400) }, 'venue status');
    }
  }

  #checkBooks(line: Line, payload: Buffer, receivedTime: number): void {
    const frame = parseJsonText(quoteNumbers(frameText(payload)));
    for (const message of readBooks(toObject(frame, 'frame'))) {
      const book = line.books.get(message.symbol);
      if (!book) continue;
      const verdict = book.watch.take(message);
      if (verdict === 'broken') this.#bookBroken(line, message.symbol, receivedTime);
      else if (verdict !== 'waiting') book.lastTimeUs = receivedTime;
      if (verdict !== 'snapshot') continue;
      book.dueUs = Number.POSITIVE_INFINITY;
      book.wholeSinceUs = receivedTime;
      this.#gaps.close('book', message.symbol, resubscribedAfter('snapshot'));
    }
  }

  /** The book does not hold: subscribes that symbol's book alone anew, at once unless it keeps breaking. */
  #bookBroken(line: Line, symbol: string, receivedTime: number): void {
    const book = line.books.get(symbol);
    if (!book) return;
    this.#gaps.open('book', symbol, 'checksum', book.lastTimeUs, receivedTime);
    this.#deps.log.warn({ source: 'kraken', symbol, attempts: book.attempts }, 'order book does not hold');
    if (book.wholeSinceUs > 0 && receivedTime - book.wholeSinceUs > STEADY_US) book.attempts = 0;
    if (book.attempts === 0) this.#askBook(line, symbol, book, receivedTime);
    else book.dueUs = Math.min(book.dueUs, receivedTime + waitUs(1_000_000, book.attempts));
    book.watch.lose();
  }

  #askBook(line: Line, symbol: string, book: BookSubscription, nowUs: number): void {
    book.watch.lose();
    book.attempts++;
    book.dueUs = nowUs + waitUs(SNAPSHOT_US, book.attempts - 1);
    line.requests.unsubscribe('book', [symbol]);
    line.requests.subscribe('book', [symbol]);
  }

  #checkTrades(payload: Buffer): void {
    const frame = toObject(parseJson(payload), 'frame');
    if (frame.type === 'snapshot') return;
    for (const { symbol, tradeId, timeUs } of readTrades(frame)) {
      const hole = this.#tradeWatch(symbol).take(tradeId, timeUs);
      if (hole) this.#fillHole(symbol, hole);
    }
  }

  #fillHole(symbol: string, hole: TradeHole): void {
    const gap = this.#deps.sink.gap({
      source: 'kraken',
      venue: 'kraken',
      channel: 'trade',
      symbol,
      cause: 'sequence',
      fromSequence: hole.fromId,
      toSequence: hole.toId,
      fromTime: hole.fromTimeUs,
      toTime: hole.toTimeUs,
    });
    this.#backfill.request({
      symbol,
      sinceUs: hole.fromTimeUs,
      toId: hole.toId,
      done: (reached) => gap.resolve(reached ? 'backfill' : 'none'),
    });
  }

  #answered(line: Line, answer: Acknowledgement | null, receivedTime: number): void {
    if (answer?.method !== 'subscribe') return;
    const request = line.requests.get(answer.requestId);
    const channel = request?.channel ?? answer.channel;
    const symbols = answer.symbol === null ? (request?.symbols ?? []) : [answer.symbol];
    if (answer.success) {
      if (channel === 'trade') for (const symbol of symbols) this.#fillDisconnection(symbol, receivedTime);
      return;
    }
    const error = answer.error ?? 'no reason given';
    if (/already subscribed/i.test(error)) return;
    for (const symbol of symbols.length > 0 ? symbols : ['*'])
      this.#refused(line, request?.channel, symbol, error, receivedTime);
  }

  /** One symbol's refusal is recorded and leaves the others alone. */
  #refused(line: Line, channel: KrakenChannel | undefined, symbol: string, error: string, receivedTime: number): void {
    this.#deps.log.warn({ source: 'kraken', metric: 'subscription_refused', channel, symbol, error }, 'refused');
    const name = channel ?? 'control';
    this.#gaps.open(name, symbol, 'snapshot', receivedTime, receivedTime);
    this.#gaps.close(name, symbol, 'none');
    const book = channel === 'book' ? line.books.get(symbol) : undefined;
    if (book) book.dueUs = Number.POSITIVE_INFINITY;
    // What is wrong with the request stays wrong; what is wrong with the venue passes.
    if (channel === undefined || !/rate|unavailable|busy|internal|timeout|maintenance/i.test(error)) return;
    line.retries.push({ channel, symbol, dueUs: receivedTime + LONGEST_WAIT_US });
  }

  /** Trades are subscribed again after a disconnection: fetches what was missed meanwhile. */
  #fillDisconnection(symbol: string, receivedTime: number): void {
    const gap = this.#gaps.take('trade', symbol);
    if (!gap) return;
    const watch = this.#tradeWatch(symbol);
    this.#backfill.request({
      symbol,
      sinceUs: watch.lastTimeUs > 0 ? watch.lastTimeUs : receivedTime - SNAPSHOT_US,
      toId: null,
      done: (reached) => {
        gap.resolve(reached ? 'backfill' : 'none');
        const hole = reached ? watch.resume(reached.id, reached.timeUs) : watch.resume(null, 0);
        if (hole) this.#fillHole(symbol, hole);
      },
    });
  }

  #closed(connection: VenueConnection, reason: string): void {
    const line = this.#lines.get(connection.id);
    this.#lines.delete(connection.id);
    if (!line || this.#deps.signal.aborted) return;
    const nowUs = this.#deps.clock.nowUs();
    this.#deps.log.warn({ source: 'kraken', connectionId: connection.id, reason }, 'disconnected');
    for (const channel of this.#config.channels) {
      if (channel === 'instrument') continue;
      for (const symbol of this.#config.symbols) {
        const refused = channel === 'book' && isRefused(line.books.get(symbol));
        if (!refused) this.#gaps.open(channel, symbol, 'disconnect', line.lastTimeUs, nowUs);
        if (channel === 'trade') this.#tradeWatch(symbol).suspend();
      }
    }
  }

  /** A channel that brought data has gone quiet: subscribes it anew. */
  #stale(connection: VenueConnection, staleChannel: string): void {
    const [channel, symbol] = staleChannel.split(':') as [KrakenChannel, string];
    const line = this.#lines.get(connection.id);
    if (!line || symbol === undefined) return;
    const nowUs = this.#deps.clock.nowUs();
    const book = channel === 'book' ? line.books.get(symbol) : undefined;
    this.#gaps.open(channel, symbol, 'stale', book?.lastTimeUs ?? nowUs - this.#config.staleMs * 1000, nowUs);
    if (book) {
      this.#askBook(line, symbol, book, nowUs);
      return;
    }
    line.requests.unsubscribe(channel, [symbol]);
    line.requests.subscribe(channel, [symbol]);
  }

  /** Asks again for what did not come, once a second. */
  async #sweep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(SWEEP_MS, signal);
      if (signal.aborted) return;
      const nowUs = this.#deps.clock.nowUs();
      for (const [id, line] of this.#lines) {
        if (line.connection.retired) this.#lines.delete(id);
        else if (line.connection.open) this.#sweepLine(line, nowUs);
      }
    }
  }

  #sweepLine(line: Line, nowUs: number): void {
    for (const [symbol, book] of line.books) {
      if (book.dueUs > nowUs) continue;
      this.#gaps.open('book', symbol, 'snapshot', book.lastTimeUs, nowUs);
      this.#askBook(line, symbol, book, nowUs);
    }
    const due = line.retries.filter((retry) => retry.dueUs <= nowUs);
    for (const retry of due) {
      line.retries.splice(line.retries.indexOf(retry), 1);
      line.requests.subscribe(retry.channel, [retry.symbol]);
    }
  }

  #newBook(nowUs: number): BookSubscription {
    return {
      watch: new BookWatch(this.#config.bookDepth),
      dueUs: nowUs + SNAPSHOT_US,
      attempts: 0,
      wholeSinceUs: 0,
      lastTimeUs: nowUs,
    };
  }

  #tradeWatch(symbol: string): TradeWatch {
    let watch = this.#trades.get(symbol);
    if (!watch) {
      watch = new TradeWatch();
      this.#trades.set(symbol, watch);
    }
    return watch;
  }
}

/** A disconnection ends by the reconnection's own means, everything else by subscribing anew. */
function resubscribedAfter(disconnect: GapHow): (cause: GapCause) => GapHow {
  return (cause) => (cause === 'disconnect' ? disconnect : 'resubscribe');
}

function isRefused(book: BookSubscription | undefined): boolean {
  return book !== undefined && book.dueUs === Number.POSITIVE_INFINITY && book.wholeSinceUs === 0;
}

/** Doubles with each attempt. */
function waitUs(firstUs: number, attempts: number): number {
  return Math.min(LONGEST_WAIT_US, firstUs * 2 ** Math.min(attempts, 6));
}
