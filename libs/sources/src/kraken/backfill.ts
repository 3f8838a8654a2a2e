import { type CollectDeps, codeOf, RejectedRecordError } from '@alphapulse/core';
import { parseJson } from '../shared/parse-json.ts';
import { toArray, toObject } from '../shared/shapes.ts';
import { readRestTrades } from './parse-rest.ts';
import { restPair } from './symbols.ts';

/**
 * Public REST calls: Kraken counts by address and pair and asks for about one a second.
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits
 */
export const REST_BUCKET = { name: 'kraken-rest', perMinute: 60 } as const;

/** Trades in a full answer; a shorter one has reached the present. */
const PAGE_TRADES = 1000;
const MAX_PAGES = 50;
/** Attempts after an error or an answer that lags behind the feed. */
const MAX_RETRIES = 5;
const PAUSE_MS = 1000;

export interface TradeWish {
  readonly symbol: string;
  /** Venue time of the last trade there is, microseconds. */
  readonly sinceUs: number;
  /** The first trade that is missing; null when there was none before. */
  readonly fromId: number | null;
  /** The last trade that is missing; null to fetch up to the present. */
  readonly toId: number | null;
  /** Told what was fetched, or null when it could not be done. */
  done(reached: Reached | null): void;
}

/** How far a back-fill got. */
export interface Reached {
  /** The newest trade fetched; null when there was none. */
  readonly id: number | null;
  readonly timeUs: number;
  /** True when the answers began no later than the first missing trade: the venue still had them all. */
  readonly whole: boolean;
}

/** Fetches missing trades over REST, one answer at a time; each is written to raw under `rest/Trades`. */
export class TradeBackfill {
  readonly #deps: CollectDeps;
  readonly #restEndpoint: string;
  readonly #queue: TradeWish[] = [];
  #wake: (() => void) | null = null;

  constructor(deps: CollectDeps, restEndpoint: string) {
    this.#deps = deps;
    this.#restEndpoint = restEndpoint;
  }

  request(wish: TradeWish): void {
    this.#queue.push(wish);
    this.#wake?.();
  }

  /** Works off the wishes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const wish = this.#queue.shift();
      if (wish) {
        wish.done(await this.#fetch(wish, signal));
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      this.#wake = null;
    }
  }

  async #fetch(wish: TradeWish, signal: AbortSignal): Promise<Reached | null> {
    const { clock, log } = this.#deps;
    // The address takes nanoseconds; a microsecond earlier, so that no trade of the same microsecond is left out.
    let since = `${Math.max(0, wish.sinceUs - 1)}000`;
    let reached: Reached = { id: null, timeUs: wish.sinceUs, whole: true };
    let retries = 0;
    for (let page = 0; page < MAX_PAGES && !signal.aborted; page++) {
      try {
        const { last, oldestId, newest, count } = await this.#page(wish.symbol, since, signal);
        // The first answer begins with the last trade there was, unless the venue has forgotten it.
        const late = reached.id === null && wish.fromId !== null && oldestId !== null && oldestId > wish.fromId;
        if (newest) reached = { ...newest, whole: reached.whole && !late };
        since = last ?? since;
        const complete = wish.toId === null ? count < PAGE_TRADES : (reached.id ?? -1) >= wish.toId;
        if (complete) return reached;
        if (count < PAGE_TRADES && ++retries > MAX_RETRIES) break;
      } catch (error) {
        log.warn({ source: 'kraken', symbol: wish.symbol, code: codeOf(error), error }, 'back-filling trades failed');
        if (++retries > MAX_RETRIES) break;
      }
      await clock.sleep(PAUSE_MS * 2 ** Math.min(retries, 4), signal);
    }
    return null;
  }

  async #page(symbol: string, since: string, signal: AbortSignal) {
    const url = `${this.#restEndpoint}/0/public/Trades?pair=${restPair(symbol)}&since=${since}`;
    const response = await this.#deps.net.http({ url, bucket: REST_BUCKET }, signal);
    this.#deps.sink.message(symbol, 'rest/Trades', response.origin, response.body, response.contentType);
    const answer = toObject(parseJson(response.body), 'answer');
    const errors = toArray(answer.error, 'error');
    if (errors.length > 0) {
      // Kraken answers 200 with, for example, `EAPI:Rate limit exceeded`.
      throw new RejectedRecordError('venue_refused', `kraken refused ${url}: ${String(errors[0])}`);
    }
    const trades = readRestTrades(answer, symbol);
    const newest = trades[trades.length - 1];
    const oldestId = trades[0]?.tradeId ?? null;
    const last = toObject(answer.result, 'result').last;
    return {
      count: trades.length,
      oldestId,
      newest: newest && { id: newest.tradeId, timeUs: newest.timeUs },
      last: typeof last === 'string' && /^\d{1,20}$/.test(last) ? last : undefined,
    };
  }
}
