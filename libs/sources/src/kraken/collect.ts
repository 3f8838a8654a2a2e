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
import { type TradeHole, TradeWatch } from './integrity.ts';
import { Line } from './line.ts';
import { readAcknowledgement, readBooks, readTrades } from './messages.ts';
import { quoteNumbers } from './number-text.ts';

/** The venue sends a heartbeat each second when there is nothing else, so this much silence is a dead connection. */
const SILENT_MS = 10_000;
const PING_MS = 30_000;
/** Requests a second; the venue states no limit, it depends on its load. */
const MESSAGES_PER_SECOND = 5;
const SWEEP_MS = 1000;
/** How far a back-fill reaches when no trade had been seen before the disconnection. */
const BACKFILL_US = 60_000_000;

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
    const nowUs = this.#deps.clock.nowUs();
    const line = new Line(connection, this.#config, nowUs);
    this.#lines.set(connection.id, line);
    line.subscribeAll(nowUs);
  }

  #received(connection: VenueConnection, payload: Buffer, origin: MessageOrigin): void {
    const { key, channel } = describeFrame(payload);
    this.#deps.sink.message(key, channel, origin, payload);
    const line = this.#lines.get(connection.id);
    if (!line || connection.retired) return;
    line.lastTimeUs = origin.receivedTime;
    // The v1 API answers in arrays. It is never asked for, only played back; nothing could be subscribed anew.
    if (payload[0] === 0x5b) return;
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
        this.#checkBooks(line, payload, receivedTime);
        break;
      case 'trade':
        this.#checkTrades(payload);
        break;
      case 'ticker':
        line.connection.alive(`ticker:${key}`);
        if (this.#gaps.size > 0) this.#gaps.close('ticker', key, resubscribedUnlessDisconnected('reconnect'));
        break;
      case 'ohlc':
        if (this.#gaps.size > 0) this.#gaps.close('ohlc', key, 'reconnect');
        break;
      case 'control':
        this.#answered(line, payload, receivedTime);
        break;
      case 'status':
        this.#deps.log.info({ source: 'kraken', status: payload.toString('utf8', 0, 400) }, 'venue status');
    }
  }

  #checkBooks(line: Line, payload: Buffer, receivedTime: number): void {
    const frame = parseJsonText(quoteNumbers(frameText(payload)));
    for (const message of readBooks(toObject(frame, 'frame'))) {
      const { symbol } = message;
      const book = line.books.get(symbol);
      const verdict = book?.watch.take(message);
      if (!book || verdict === undefined || verdict === 'waiting') continue;
      if (verdict === 'broken') {
        this.#bookBroken(line, symbol, receivedTime);
        continue;
      }
      // Only a book that holds counts as data: a roll-over must not end the connection that has one.
      line.connection.alive(`book:${symbol}`);
      book.lastTimeUs = receivedTime;
      if (verdict !== 'snapshot') continue;
      line.bookWhole(book, receivedTime);
      this.#gaps.close('book', symbol, resubscribedUnlessDisconnected('snapshot'));
    }
  }

  /** The book does not hold: subscribes that symbol's book alone anew. */
  #bookBroken(line: Line, symbol: string, receivedTime: number): void {
    const book = line.books.get(symbol);
    if (!book) return;
    this.#gaps.open('book', symbol, 'checksum', book.lastTimeUs, receivedTime);
    this.#deps.log.warn({ source: 'kraken', symbol, attempts: book.attempts }, 'order book does not hold');
    line.bookBroken(symbol, receivedTime);
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
      fromId: hole.fromId,
      toId: hole.toId,
      done: (reached) => gap.resolve(reached?.whole ? 'backfill' : 'none'),
    });
  }

  #answered(line: Line, payload: Buffer, receivedTime: number): void {
    const answer = readAcknowledgement(toObject(parseJson(payload), 'answer'));
    const answered = answer && line.answered(answer, receivedTime);
    if (!answered) return;
    const { channel, symbols, error } = answered;
    if (error === null) {
      if (channel === 'trade') for (const symbol of symbols) this.#fillDisconnection(symbol, receivedTime);
      return;
    }
    // One symbol's refusal is recorded and leaves the others alone.
    for (const symbol of symbols.length > 0 ? symbols : ['*']) {
      this.#deps.log.warn({ source: 'kraken', metric: 'subscription_refused', channel, symbol, error }, 'refused');
      const name = channel ?? 'control';
      this.#gaps.open(name, symbol, 'snapshot', receivedTime, receivedTime);
      this.#gaps.close(name, symbol, 'none');
    }
  }

  /** Trades are subscribed again after a disconnection: fetches what was missed meanwhile. */
  #fillDisconnection(symbol: string, receivedTime: number): void {
    const gap = this.#gaps.take('trade', symbol);
    if (!gap) return;
    const watch = this.#tradeWatch(symbol);
    this.#backfill.request({
      symbol,
      sinceUs: watch.lastTimeUs > 0 ? watch.lastTimeUs : receivedTime - BACKFILL_US,
      fromId: watch.missingFrom,
      toId: null,
      done: (reached) => {
        gap.resolve(reached?.whole ? 'backfill' : 'none');
        const hole = watch.resume(reached?.id ?? null, reached?.timeUs ?? 0);
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
        if (channel === 'book' && !line.carriesBook(symbol)) continue;
        this.#gaps.open(channel, symbol, 'disconnect', line.lastTimeUs, nowUs);
        if (channel === 'trade') this.#tradeWatch(symbol).suspend();
      }
    }
    // A successor that was about to take over may have been subscribed before.
    for (const other of this.#lines.values()) if (other.connection.open) this.#tookOver(other, nowUs);
  }

  #tookOver(line: Line, nowUs: number): void {
    for (const symbol of this.#config.symbols) {
      if (line.isBookWhole(symbol)) this.#gaps.close('book', symbol, 'snapshot');
      if (line.isSubscribed('trade', symbol)) this.#fillDisconnection(symbol, nowUs);
    }
  }

  /** A channel that brought data has gone quiet: subscribes it anew. */
  #stale(connection: VenueConnection, staleChannel: string): void {
    const [channel, symbol] = staleChannel.split(':') as [KrakenChannel, string];
    const line = this.#lines.get(connection.id);
    if (!line || symbol === undefined) return;
    const nowUs = this.#deps.clock.nowUs();
    const lastUs = channel === 'book' ? line.books.get(symbol)?.lastTimeUs : undefined;
    this.#gaps.open(channel, symbol, 'stale', lastUs ?? nowUs - this.#config.staleMs * 1000, nowUs);
    line.resubscribe(channel, symbol, nowUs);
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
    for (const symbol of line.overdueBooks(nowUs)) {
      this.#gaps.open('book', symbol, 'snapshot', line.books.get(symbol)?.lastTimeUs ?? nowUs, nowUs);
      line.resubscribe('book', symbol, nowUs);
    }
    line.repeatOverdue(nowUs);
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

/** What a disconnection ended by its own means is `how`; everything else ends by subscribing anew. */
function resubscribedUnlessDisconnected(how: GapHow): (cause: GapCause) => GapHow {
  return (cause) => (cause === 'disconnect' ? how : 'resubscribe');
}
