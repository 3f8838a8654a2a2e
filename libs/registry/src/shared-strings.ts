import type { Entities, EntityKind } from './kinds.ts';
import { StringPool } from './string-pool.ts';

/** Fields with few different texts over many entities. */
const pooled: { readonly [K in EntityKind]: readonly (keyof Entities[K] & string)[] } = {
  assets: ['kind', 'provenance'],
  instruments: [
    ...(['type', 'base', 'quote', 'settle', 'expiry', 'strike', 'right', 'sector'] as const),
    ...(['provider', 'chain', 'provenance'] as const),
  ],
  venues: ['kind', 'country', 'timeZone', 'status', 'provenance'],
  listings: ['venue', 'status', 'mapping', 'source', 'provenance'],
  synthetics: ['kind', 'provenance'],
  tokens: ['chain', 'asset', 'provenance'],
  pools: ['dex', 'blockchain', 'provenance'],
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Lets entities share their strings. Decoding makes new strings of each record; what a million listings say of their
 * venue, source and instrument is then most of their memory.
 */
export class SharedStrings {
  readonly #pool = new StringPool();
  readonly #held: <K extends EntityKind>(kind: K, id: string) => Entities[K] | undefined;

  /** `held` gives an entity whose strings are in memory already. */
  constructor(held: <K extends EntityKind>(kind: K, id: string) => Entities[K] | undefined) {
    this.#held = held;
  }

  /** Replaces strings of an entity by equal ones that are in memory already. */
  share<K extends EntityKind>(kind: K, entity: Entities[K]): void {
    this.#pool.internFields(entity, pooled[kind]);
    const earlier = this.#held(kind, entity.id);
    if (earlier) shareFields(entity, earlier);
    if (kind === 'listings') this.#shareInstrument(entity as Entities['listings']);
    if (kind === 'pools') this.#shareTokens(entity as Entities['pools']);
  }

  /** Ids are too many for the pool, but those of other entities are in memory with these. */
  #shareInstrument(listing: Writable<Entities['listings']>): void {
    const instrument = this.#held('instruments', listing.instrumentId);
    if (!instrument) return;
    listing.instrumentId = instrument.id;
    if (instrument.identity === listing.instrument) listing.instrument = instrument.identity;
  }

  #shareTokens(pool: Writable<Entities['pools']>): void {
    pool.token0Id = this.#held('tokens', pool.token0Id)?.id ?? pool.token0Id;
    pool.token1Id = this.#held('tokens', pool.token1Id)?.id ?? pool.token1Id;
  }
}

/** Versions of one entity differ in a fact or two; the rest is the same text. */
function shareFields(entity: object, earlier: object): void {
  const to = entity as Record<string, unknown>;
  const from = earlier as Record<string, unknown>;
  for (const field in to) if (typeof to[field] === 'string' && to[field] === from[field]) to[field] = from[field];
}
