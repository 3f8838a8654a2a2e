import { type Clock, codeOf, type Log, RejectedRecordError } from '@alphapulse/core';
import type { Listing } from '@alphapulse/schemas';
import { LRUCache } from 'lru-cache';
import type { CachedRecord, CacheReader } from './cache-reader.ts';
import { cachedChange } from './cached-record.ts';
import { parseRecordKey, type RecordKey } from './record-key.ts';
import { VersionStore } from './version-store.ts';
import { Versions } from './versions.ts';

export interface LoaderOptions {
  readonly cache: CacheReader;
  readonly clock: Clock;
  readonly log: Log;
  /** Listings held at most; default 10,000. The least recently used goes first. */
  readonly max?: number;
  /** How long what the cache says is believed before it is asked again; default 60 s. */
  readonly keptMs?: number;
  /** The same for a question it has no answer to: a listing may be registered any moment; default 2 s. */
  readonly negativeMs?: number;
  /** Listings asked for in one round trip at most; default 1,000. */
  readonly batch?: number;
}

export interface ListingName {
  readonly venue: string;
  readonly symbol: string;
}

interface Loaded {
  readonly versions: Versions<Listing>;
  readonly loadedMs: number;
}

type Answer = Versions<Listing> | undefined;

interface Asked extends ListingName {
  readonly key: string;
  readonly answered: Promise<Answer>;
  readonly answer: (versions: Answer) => void;
}

/**
 * Listings that the cache knows and the view does not yet. What is asked for in one turn of the event loop goes to the
 * cache in one round trip, each listing once however many ask. Holds a bounded number of listings for a bounded time.
 */
export class ListingLoader {
  readonly #options: LoaderOptions;
  readonly #loaded: LRUCache<string, Loaded>;
  readonly #running = new Map<string, Asked>();
  #queue: Asked[] = [];
  #roundTrips = 0;

  constructor(options: LoaderOptions) {
    this.#options = options;
    const { clock, max = 10_000, keptMs = 60_000 } = options;
    this.#loaded = new LRUCache({ max, ttl: keptMs, ttlResolution: 0, perf: { now: () => clock.nowMs() } });
  }

  /** Listings held. */
  get size(): number {
    return this.#loaded.size;
  }

  /** Times the cache was asked. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** What was loaded of a listing. Asks nobody. */
  listing(venue: string, symbol: string, asOfUs: number, knownAtUs?: number): Listing | undefined {
    if (this.#loaded.size === 0) return undefined;
    return this.#loaded.get(keyOf(venue, symbol))?.versions.asOf(asOfUs, knownAtUs);
  }

  /**
   * What the cache has of a listing, or had a moment ago. Undefined when it cannot be asked: an outage of the cache is
   * no error.
   */
  load({ venue, symbol }: ListingName, asOfUs: number): Promise<Answer> | Answer {
    const key = keyOf(venue, symbol);
    const running = this.#running.get(key);
    if (running) return running.answered;
    const { cache, clock, negativeMs = 2_000 } = this.#options;
    const loaded = this.#loaded.get(key);
    if (loaded && (loaded.versions.asOf(asOfUs) !== undefined || clock.nowMs() < loaded.loadedMs + negativeMs))
      return loaded.versions;
    if (!cache.available) return loaded?.versions;
    let answer: (versions: Answer) => void = () => undefined;
    const answered = new Promise<Answer>((resolve) => {
      answer = resolve;
    });
    const asked = { key, venue, symbol, answered, answer };
    this.#running.set(key, asked);
    this.#queue.push(asked);
    // The end of this turn: whoever else asks in it shares the round trip.
    if (this.#queue.length === 1) setImmediate(() => void this.#flush());
    return answered;
  }

  /** The topic has told of a listing: what the cache said of it is out of date. */
  forget({ venue, symbol }: ListingName): void {
    if (this.#loaded.size === 0 && this.#running.size === 0) return;
    const key = keyOf(venue, symbol);
    this.#loaded.delete(key);
    // An answer that is under way may be from before.
    this.#running.delete(key);
  }

  clear(): void {
    this.#loaded.clear();
    this.#running.clear();
  }

  async #flush(): Promise<void> {
    const { batch = 1_000 } = this.#options;
    const queue = this.#queue;
    this.#queue = [];
    const batches: Asked[][] = [];
    for (let from = 0; from < queue.length; from += batch) batches.push(queue.slice(from, from + batch));
    await Promise.all(batches.map((asked) => this.#ask(asked)));
  }

  async #ask(asked: readonly Asked[]): Promise<void> {
    const { cache, clock, log } = this.#options;
    this.#roundTrips++;
    let records: readonly (readonly CachedRecord[])[] | undefined;
    try {
      records = await cache.listings(asked);
    } catch (error) {
      log.debug({ code: codeOf(error), error: (error as Error).message }, 'cache does not answer');
    }
    const loadedMs = clock.nowMs();
    asked.forEach((one, at) => {
      const versions = records && this.#versionsOf(records[at] ?? []);
      if (this.#running.get(one.key) === one) {
        if (versions) this.#loaded.set(one.key, { versions, loadedMs });
        this.#running.delete(one.key);
      }
      one.answer(versions);
    });
  }

  #versionsOf(records: readonly CachedRecord[]): Versions<Listing> {
    const store = new VersionStore<Listing>();
    let versions = new Versions<Listing>();
    for (const record of records) {
      try {
        const { key, value } = cachedChange('listings', record);
        versions = store.put(parseRecordKey(key) as RecordKey, value as Listing).versions;
      } catch (error) {
        if (!(error instanceof RejectedRecordError)) throw error;
        this.#options.log.warn({ code: error.code, error: error.message }, 'corrupt record in the cache skipped');
      }
    }
    return versions;
  }
}

/** No venue has a space in its name. */
function keyOf(venue: string, symbol: string): string {
  return `${venue} ${symbol}`;
}
