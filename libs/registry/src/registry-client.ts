import { codeOf } from '@alphapulse/core';
import type { Listing } from '@alphapulse/schemas';
import type { CacheReader } from './cache-reader.ts';
import type { Change } from './decode.ts';
import { entityKinds, topicOf } from './kinds.ts';
import { ListingLoader, type ListingName, type LoaderOptions } from './listing-loader.ts';
import type { ListingLookup } from './listing-lookup.ts';
import { type Fill, RegistryView, type ViewOptions, type ViewPorts } from './view.ts';
import { warmStart, whyDistrust } from './warm-start.ts';

const lookAgainMs = 10_000;

/** A listing at a time, in microseconds. */
export interface ListingQuestion extends ListingName {
  readonly asOfUs: number;
}

export interface ClientHealth {
  /** True once everything that was in the topics at the start is in memory. */
  readonly filled: boolean;
  /** Where memory was filled from; undefined before it was. */
  readonly filledFrom: 'cache' | 'topics' | undefined;
  /** `away` or `distrusted` (no copy of these topics): lookups are served from memory and the topics. */
  readonly cache: 'present' | 'away' | 'distrusted';
  /** Why it is not used; undefined when it is. */
  readonly reason: string | undefined;
  /** Corrupt records skipped on the topics. */
  readonly corrupt: number;
  /** Listings held that only the cache has told of so far. */
  readonly loaded: number;
}

export interface ClientOptions extends ViewOptions, Pick<LoaderOptions, 'max' | 'keptMs' | 'negativeMs' | 'batch'> {}

export interface ClientPorts extends ViewPorts {
  readonly cache: CacheReader;
  /** The cluster that the topics are on, to compare with the cache's. */
  readonly clusterId?: () => Promise<string | undefined>;
}

/**
 * The registry for an app: a view that starts from the cache where it can and follows the topics. Lookups are
 * synchronous and never wait for anything; what they miss can be asked of the cache in bulk with `load`. Without the
 * cache everything still works, from memory and the topics.
 */
export class RegistryClient implements ListingLookup {
  /** Everything else that can be asked. */
  readonly view: RegistryView;
  readonly #ports: ClientPorts;
  readonly #loader: ListingLoader;
  #filledFrom: ClientHealth['filledFrom'];
  /** Why the cache is no copy of these topics, as of the last look at it. */
  #distrust: string | undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<boolean> | undefined;

  constructor(ports: ClientPorts, options: ClientOptions = {}) {
    const { cache, clock, log } = ports;
    const { kinds = entityKinds, onChange } = options;
    this.#ports = ports;
    this.#loader = new ListingLoader({ cache, clock, log, ...options });
    const fill: Fill = async ({ ends, take, signal }) => {
      const { clusterId } = ports;
      const result = await warmStart({ cache, kinds, ends, clusterId, take, log, clock, signal });
      this.#filledFrom = 'positions' in result ? 'cache' : 'topics';
      if ('positions' in result) {
        this.#looked(undefined);
        log.info({ records: result.records }, 'registry taken over from the cache');
        return result.positions;
      }
      const { refused, reason } = result;
      if (refused === 'distrusted') this.#looked(reason);
      // No reason to worry: that the cache is away the connection itself says, and a new one is empty.
      log.info(
        { ...(refused === 'away' ? { code: 'redis_unavailable' } : {}), reason },
        'registry is read from the topics, not taken over from the cache',
      );
      return undefined;
    };
    const forgetting = (change: Change) => {
      // The topic is the truth: what it tells replaces what the cache has told.
      if (change.kind === 'listings') this.#forget(change.value);
      onChange?.(change);
    };
    this.view = new RegistryView(ports, { ...options, kinds, onChange: forgetting }, fill);
  }

  /** Resolves when all that is in the topics now is in memory; waits for a broker that is away, not for the cache. */
  start(): Promise<void> {
    return this.view.start();
  }

  /** As the view's. @throws RetriableError `broker_unavailable` after `timeoutMs` (10 s). */
  catchUp(timeoutMs?: number): Promise<void> {
    return this.view.catchUp(timeoutMs);
  }

  async close(): Promise<void> {
    await this.view.close();
    await this.#ports.cache.close();
  }

  /** Rejects when following failed for good, resolves when it was closed. */
  get done(): Promise<void> {
    return this.view.done;
  }

  /** From memory, the view's first. Never waits. */
  listing(venue: string, symbol: string, asOfUs: number, knownAtUs?: number): Listing | undefined {
    return (
      this.view.listing(venue, symbol, asOfUs, knownAtUs) ?? this.#loader.listing(venue, symbol, asOfUs, knownAtUs)
    );
  }

  /**
   * Asks the cache for what memory cannot answer, all questions of this turn in one round trip. Resolves with the
   * listings in the order of the questions. Never rejects for the cache's sake: away, it has no answers.
   */
  async load(questions: readonly ListingQuestion[]): Promise<(Listing | undefined)[]> {
    const inMemory = ({ venue, symbol, asOfUs }: ListingQuestion) => this.listing(venue, symbol, asOfUs);
    const known = questions.map(inMemory);
    if (!known.includes(undefined) || !(await this.#trusts())) return known;
    return Promise.all(
      questions.map(async (question, at) => {
        const listing = known[at];
        if (listing) return listing;
        const loaded = await this.#loader.load(question, question.asOfUs);
        // What the view has come to know meanwhile goes first.
        return inMemory(question) ?? loaded?.asOf(question.asOfUs);
      }),
    );
  }

  health(): ClientHealth {
    const { cache } = this.#ports;
    const { caughtUp, corrupt } = this.view;
    const state = !cache.available ? 'away' : this.#distrust === undefined ? 'present' : 'distrusted';
    return {
      filled: caughtUp,
      filledFrom: this.#filledFrom,
      cache: state,
      reason: state === 'away' ? 'the cache does not answer' : this.#distrust,
      corrupt,
      loaded: this.#loader.size,
    };
  }

  /** Looks at the cache's state now and then: another one may stand there since it was lost, or it was rebuilt. */
  #trusts(): boolean | Promise<boolean> {
    const { cache, clock } = this.#ports;
    if (!cache.available) return false;
    if (clock.nowMs() < this.#lookedMs + lookAgainMs) return this.#distrust === undefined;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<boolean> {
    const { cache, clock, log } = this.#ports;
    const kinds = ['listings'] as const;
    try {
      const [state, clusterId] = await Promise.all([cache.state(kinds), this.#ports.clusterId?.()]);
      const partitions = [...this.view.positions.keys()].filter((id) => id.startsWith(`${topicOf.listings.name}/`));
      // A cache may well be ahead of this process.
      const ends = new Map(partitions.map((id) => [id, Number.POSITIVE_INFINITY]));
      const former = this.#distrust;
      this.#looked(whyDistrust(state, { kinds, ends, clusterId, nowMs: clock.nowMs() }));
      if (this.#distrust !== former)
        log.info({ distrust: this.#distrust ?? null }, 'cache of the registry judged anew');
      return this.#distrust === undefined;
    } catch (error) {
      log.debug({ code: codeOf(error), error: (error as Error).message }, 'cache does not answer');
      return false;
    }
  }

  #looked(distrust: string | undefined): void {
    this.#distrust = distrust;
    this.#lookedMs = this.#ports.clock.nowMs();
  }

  #forget(value: Listing | null): void {
    if (value) this.#loader.forget(value);
    // A tombstone names no symbol.
    else this.#loader.clear();
  }
}
