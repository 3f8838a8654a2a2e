import type { Kind } from './kinds.ts';

/** What a cache says of itself. */
export interface CacheState {
  /** Next offset by `<topic>/<partition>`: the cache has every record before it. */
  readonly positions: ReadonlyMap<string, number>;
  /** The Kafka cluster whose topics it is a copy of; undefined where it does not say. */
  readonly clusterId?: string | undefined;
  /** Milliseconds since 1970 up to which each kind's topic was followed without missing anything. */
  readonly followedMs: ReadonlyMap<Kind, number>;
  /** Another text each time one of the kinds was emptied to be rebuilt. */
  readonly generation: string;
  /** Why it cannot be read, for example because another version has written it; undefined when it can. */
  readonly unreadable?: string | undefined;
}

/** A record as the cache keeps it. */
export interface CachedRecord {
  readonly key: string;
  /** The entity as JSON. */
  readonly json: string;
}

/** The copy of the registry that apps/registry keeps, as clients read it. Every call may reject while it is away. */
export interface CacheReader {
  readonly available: boolean;
  state(kinds: readonly Kind[]): Promise<CacheState>;
  /**
   * Every record of a kind that is there from the beginning of the reading to its end, page by page. One that comes,
   * goes or changes meanwhile may be there or not, in either form; one may come twice.
   */
  records(kind: Kind): AsyncIterable<readonly CachedRecord[]>;
  /** All records of listings, in the order of the questions, in one round trip. Empty for one that is not there. */
  listings(
    asked: readonly { readonly venue: string; readonly symbol: string }[],
  ): Promise<readonly (readonly CachedRecord[])[]>;
  close(): Promise<void>;
}
