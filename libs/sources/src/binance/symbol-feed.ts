import { type CollectDeps, type GapCause, type HttpRequest, RetriableError } from '@alphapulse/core';
import type { BinanceConfig } from './config.ts';
import { DepthContinuity, type Hole, TradeContinuity } from './integrity.ts';
import { depthRequest, TRADES_PAGE, tradesRequest } from './rest.ts';
import { venueOf } from './venue.ts';

type OpenGap = ReturnType<CollectDeps['sink']['gap']>;

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;
/** The venue's trade store lags behind its stream; so often a page that lacks the newest trades is asked for again. */
const LAGGING_PAGES = 5;
/** https://developers.binance.com/docs/binance-spot-api-docs/errors: invalid symbol. */
const INVALID_SYMBOL = '-1121';

/**
 * One symbol's feed: finds its holes and heals them, a book by a new snapshot, trades by historical trades.
 * Healing runs beside the stream and touches no other symbol.
 */
export class SymbolFeed {
  readonly symbol: string;
  readonly #config: BinanceConfig;
  readonly #deps: CollectDeps;
  readonly #fail: (error: unknown) => void;
  readonly #venue: string;
  readonly #hasTrades: boolean;
  readonly #hasDepth: boolean;
  readonly #trades = new TradeContinuity();
  readonly #depth = new DepthContinuity();
  /** Receive time of the newest frame; 0 before the first. */
  #lastSeen = 0;
  /** Receive time of the frame before that. */
  #before = 0;
  /** Gaps that the snapshot under way will close. */
  #bookGaps: OpenGap[] = [];
  #snapshotting = false;
  #refused = false;
  /** The gap of a lost connection: closed when book and trades are whole again. */
  #disconnect: { gap: OpenGap; book: boolean; trades: boolean } | undefined;
  /** End of the back-fill of a lost connection, known when the first trade comes; while it is undefined the range is open. */
  #openBackfill: { to: number | undefined } | undefined;
  /** Back-fills of lost connections under way. */
  #backfills = 0;
  readonly #stale = new Map<string, OpenGap>();
  readonly #work = new Set<Promise<void>>();

  /** `fail` is told of what must stop the collector: fatal errors and bugs. */
  constructor(symbol: string, config: BinanceConfig, deps: CollectDeps, fail: (error: unknown) => void) {
    this.symbol = symbol;
    this.#fail = fail;
    this.#config = config;
    this.#deps = deps;
    this.#venue = config.market === 'usdm' ? 'binance-usdm' : venueOf(config.restEndpoint);
    this.#hasTrades = config.channels.includes('trade');
    this.#hasDepth = config.channels.includes('depth');
  }

  /** False until the first frame. */
  get hasData(): boolean {
    return this.#lastSeen > 0;
  }

  /** A connection that follows none, or a lost one. */
  connected(): void {
    this.#trades.reconnected();
    this.#depth.reconnected();
    // The venue may have listed the symbol meanwhile.
    this.#refused = false;
    if (this.#disconnect === undefined || !this.#hasTrades) return;
    if (this.#trades.last < 0) this.#healed('trades');
    else if (this.#openBackfill === undefined) this.#run(this.#backfillLost(this.#trades.last + 1));
  }

  /** The connection is lost; the gap is healed when book and trades are whole on a new one. */
  disconnected(): void {
    if (this.#lastSeen === 0 || this.#refused) return;
    const gap = this.#disconnect?.gap ?? this.#gap('*', 'disconnect', this.#lastSeen, this.#deps.clock.nowUs());
    this.#disconnect = { gap, book: !this.#hasDepth || this.#depth.last < 0, trades: !this.#hasTrades };
  }

  /** A stream has gone quiet; it is being subscribed anew. */
  stale(channel: string): void {
    if (this.#stale.has(channel)) return;
    this.#stale.set(channel, this.#gap(channel, 'stale', this.#lastSeen, this.#deps.clock.nowUs()));
  }

  /** The venue does not know the symbol. */
  refused(): void {
    this.#refused = true;
    for (const gap of this.#bookGaps) gap.resolve('none');
    this.#bookGaps = [];
    this.#disconnect?.gap.resolve('none');
    this.#disconnect = undefined;
  }

  /** Any frame of the symbol. */
  seen(channel: string, receivedTime: number): void {
    this.#before = this.#lastSeen;
    this.#lastSeen = receivedTime;
    if (this.#stale.size === 0) return;
    this.#stale.get(channel)?.resolve('resubscribe');
    this.#stale.delete(channel);
  }

  trade(id: number, receivedTime: number): void {
    const hole = this.#trades.take(id);
    if (this.#openBackfill !== undefined) {
      // The first trade after a lost connection ends the range that is being fetched.
      this.#openBackfill.to = id - 1;
      this.#openBackfill = undefined;
    } else if (hole !== undefined) this.#run(this.#backfillHole(hole, receivedTime));
  }

  depth(previous: number, last: number, receivedTime: number): void {
    const found = this.#depth.take(previous, last);
    if (found !== undefined) {
      if (found !== 'first' && this.#disconnect === undefined) {
        this.#bookGaps.push(this.#gap('depth', 'sequence', this.#before, receivedTime, found));
      }
      this.resnapshot();
    } else if (this.#disconnect?.book === false && !this.#snapshotting) this.resnapshot();
  }

  /** Fetches a snapshot of the book, unless one is under way. */
  resnapshot(): void {
    if (this.#snapshotting || this.#refused || this.#depth.last < 0) return;
    this.#snapshotting = true;
    this.#run(this.#snapshot());
  }

  /** Resolves when all healing has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#work);
  }

  async #backfillHole(hole: Hole, receivedTime: number): Promise<void> {
    const gap = this.#gap('trade', 'sequence', this.#before, receivedTime, hole);
    gap.resolve((await this.#backfill(hole.from, () => hole.to)) ? 'backfill' : 'none');
  }

  async #backfillLost(from: number): Promise<void> {
    const range = { to: undefined as number | undefined };
    this.#openBackfill = range;
    this.#backfills++;
    const whole = await this.#backfill(from, () => range.to);
    this.#backfills--;
    if (this.#openBackfill === range) this.#openBackfill = undefined;
    if (!whole) this.#giveUp();
    else if (this.#backfills === 0) this.#healed('trades');
  }

  async #snapshot(): Promise<void> {
    let waitMs = FIRST_RETRY_MS;
    try {
      for (;;) {
        const body = await this.#fetch(depthRequest(this.#config, this.symbol), 'rest/depth');
        if (body === undefined) return;
        const at = /"lastUpdateId":(\d{1,16})\b/.exec(body.toString('latin1', 0, 200))?.[1];
        if (at !== undefined && Number(at) >= this.#depth.needed) break;
        // Older than the diffs that follow it: the venue's cache lags; ask again.
        await this.#deps.clock.sleep(waitMs, this.#deps.signal);
        waitMs = Math.min(waitMs * 2, LAST_RETRY_MS);
      }
    } finally {
      this.#snapshotting = false;
    }
    for (const gap of this.#bookGaps) gap.resolve('snapshot');
    this.#bookGaps = [];
    // Without a diff of the new connection it is not yet known what the snapshot must reach.
    if (!this.#depth.fresh) this.#healed('book');
  }

  /** Fetches trades from an id up to `end()`, or to the newest while that is unknown. False when it must give up. */
  async #backfill(from: number, end: () => number | undefined): Promise<boolean> {
    let next = from;
    let lagging = 0;
    while (next <= (end() ?? Number.MAX_SAFE_INTEGER)) {
      if (next >= from + this.#config.backfillLimit) return false;
      const body = await this.#fetch(tradesRequest(this.#config, this.symbol, next), 'rest/historicalTrades');
      if (body === undefined) return false;
      const ids = tradeIds(body);
      const last = ids.at(-1) ?? -1;
      if (last >= next) {
        next = last + 1;
        // Later live trades are checked against what has been fetched.
        if (end() === undefined && last > this.#trades.last) this.#trades.last = last;
      }
      if (ids.length >= TRADES_PAGE && last >= next - 1) continue;
      const to = end();
      if (to === undefined || next > to) return true;
      if (++lagging > LAGGING_PAGES) return false;
      await this.#deps.clock.sleep(FIRST_RETRY_MS * 2 ** lagging, this.#deps.signal);
    }
    return true;
  }

  /** Fetches until it succeeds and hands the answer to raw. Undefined when the venue refuses, or on shutdown. */
  async #fetch(request: HttpRequest, channel: string): Promise<Buffer | undefined> {
    const { clock, log, net, signal, sink } = this.#deps;
    for (let waitMs = FIRST_RETRY_MS; !signal.aborted; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        if (sink.full) await sink.drained();
        const response = await net.http(request, signal);
        sink.message(this.symbol, channel, response.origin, response.body, response.contentType);
        return response.body;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (!(error instanceof RetriableError)) throw error;
        const { code, message } = error;
        log.warn({ source: 'binance', symbol: this.symbol, channel, code, error: message }, 'request failed');
        if (code === 'venue_refused') {
          const unknown = String(error.details.body ?? message).includes(INVALID_SYMBOL);
          if (unknown) this.refused();
          // Historical trades may need a key (USD-M); a book must be had, so it is asked for again, seldom.
          if (unknown || channel !== 'rest/depth') return undefined;
          waitMs = LAST_RETRY_MS;
        }
        await clock.sleep(Math.max(waitMs, error.retryAfterMs ?? 0), signal);
      }
    }
    return undefined;
  }

  #healed(part: 'book' | 'trades'): void {
    const lost = this.#disconnect;
    if (lost === undefined) return;
    lost[part] = true;
    if (!lost.book || !lost.trades) return;
    this.#disconnect = undefined;
    lost.gap.resolve(this.#hasTrades ? 'backfill' : this.#hasDepth ? 'snapshot' : 'reconnect');
  }

  #giveUp(): void {
    this.#disconnect?.gap.resolve('none');
    this.#disconnect = undefined;
  }

  #gap(channel: string, cause: GapCause, fromTime: number, toTime: number, hole?: Hole): OpenGap {
    return this.#deps.sink.gap({
      source: 'binance',
      venue: this.#venue,
      channel,
      symbol: this.symbol,
      cause,
      ...(hole === undefined ? {} : { fromSequence: hole.from, toSequence: hole.to }),
      fromTime,
      toTime,
    });
  }

  #run(work: Promise<void>): void {
    const watched = work.catch(this.#fail).finally(() => this.#work.delete(watched));
    this.#work.add(watched);
  }
}

/** Ids of a page of historical trades, as far as it is one; raw has the page whatever it is. */
function tradeIds(body: Buffer): number[] {
  return [...body.toString('latin1').matchAll(/"id":(\d{1,15})\b/g)].map((match) => Number(match[1]));
}
