import type { Collision, Instrument, Listing, Mapping, Synthetic, Token } from '@alphapulse/schemas';
import type { Change } from './decode.ts';
import type { EntityIndex } from './entity-index.ts';
import { InstrumentIndex } from './instrument-index.ts';
import { type Entities, type EntityKind, entityKinds, identityOf, type Kind } from './kinds.ts';
import { LegIndex } from './leg-index.ts';
import { ListingIndex } from './listing-index.ts';
import type { ListingLookup } from './listing-lookup.ts';
import { parseRecordKey, type RecordKey } from './record-key.ts';
import { SharedStrings } from './shared-strings.ts';
import { TokenIndex } from './token-index.ts';
import { VersionStore } from './version-store.ts';
import type { Versioned } from './versions.ts';

/**
 * Registry entities by id and by what they are found by, in memory. It is the map from record key to newest record, so
 * it is the same before and after compaction, and in whatever order the keys were read.
 */
export class RegistryMap implements ListingLookup {
  readonly #stores: { readonly [K in EntityKind]: VersionStore<Entities[K]> } = {
    assets: new VersionStore(),
    instruments: new VersionStore(),
    venues: new VersionStore(),
    listings: new VersionStore(),
    synthetics: new VersionStore(),
    tokens: new VersionStore(),
    pools: new VersionStore(),
  };
  readonly #listings = new ListingIndex();
  readonly #instruments = new InstrumentIndex();
  readonly #tokens = new TokenIndex();
  readonly #legs = new LegIndex();
  readonly #indexes: { readonly [K in EntityKind]?: EntityIndex<Entities[K]> } = {
    listings: this.#listings,
    instruments: this.#instruments,
    tokens: this.#tokens,
    synthetics: this.#legs,
  };
  readonly #collisions = new Map<string, Collision>();
  readonly #mappings = new Map<string, Mapping>();
  readonly #shared = new SharedStrings((kind, id) => this.#stores[kind].versions(id)?.any);
  #revision = 0;

  /** Grows with every record; the same number means the same contents. */
  get revision(): number {
    return this.#revision;
  }

  /** The hot path: allocates nothing when it is asked by what is known now. */
  listing(venue: string, symbol: string, asOfUs: number, knownAtUs?: number): Listing | undefined {
    return this.#listings.versions(venue, symbol)?.asOf(asOfUs, knownAtUs);
  }

  instrument(id: string): Instrument | undefined {
    return this.#stores.instruments.versions(id)?.newest;
  }

  instrumentByIsin(isin: string): Instrument | undefined {
    return this.#instruments.byIsin(isin);
  }

  /** Ids of the instruments of a type, in order. */
  instrumentsOfType(type: string): readonly string[] {
    return this.#instruments.ofType(type);
  }

  /** The newest version of a chain's token; capitals of an EIP-55 address do not matter. */
  token(chain: string, address: string): Token | undefined {
    return this.#tokens.versions(chain, address)?.newest;
  }

  /** Where an instrument is listed, by listing id: by the newest facts, or by those of a time. */
  listingsOf(instrumentId: string, asOfUs?: number): Listing[] {
    return this.#listings.of(instrumentId, asOfUs);
  }

  /** Ids of a venue's listings, unordered. */
  listingIds(venue: string): string[] {
    return this.#listings.ids(venue);
  }

  /** Synthetics with an instrument or synthetic among their legs, at any depth, nearest first. */
  syntheticsUsing(instrumentId: string, asOfUs?: number): Synthetic[] {
    return this.#legs.using(instrumentId, asOfUs);
  }

  /** The newest version of an entity. */
  newest<K extends EntityKind>(kind: K, id: string): Entities[K] | undefined {
    return this.#stores[kind].versions(id)?.newest;
  }

  /** The version valid at a time (microseconds): by what is known now, or by what was known at `knownAtUs`. */
  asOf<K extends EntityKind>(kind: K, id: string, us: number, knownAtUs?: number): Entities[K] | undefined {
    return this.#stores[kind].versions(id)?.asOf(us, knownAtUs);
  }

  /** All versions of an entity that stand, oldest first. */
  history<K extends EntityKind>(kind: K, id: string): Entities[K][] {
    return this.#stores[kind].versions(id)?.history() ?? [];
  }

  /** What was believed of an entity before corrections: latest start first, of one start recorded last first. */
  superseded<K extends EntityKind>(kind: K, id: string): readonly Entities[K][] {
    return this.#stores[kind].versions(id)?.superseded ?? [];
  }

  /** Ids of a kind in order. */
  ids(kind: EntityKind): readonly string[] {
    return this.#stores[kind].ids();
  }

  /** The identity that holds an id, whatever kind it is. */
  identityOf(id: string): string | undefined {
    for (const kind of entityKinds) {
      const identity = this.#identityOf(kind, id);
      if (identity !== undefined) return identity;
    }
    return undefined;
  }

  /** Recorded collisions in the order they were found. */
  collisions(): Collision[] {
    return [...this.#collisions.values()];
  }

  collided(id: string, rejectedIdentity: string): boolean {
    return this.#collisions.has(`${id} ${rejectedIdentity}`);
  }

  /** What prices said last of an instrument's listings; undefined while they have never disagreed. */
  mapping(instrumentId: string): Mapping | undefined {
    return this.#mappings.get(instrumentId);
  }

  mappings(): Mapping[] {
    return [...this.#mappings.values()];
  }

  /** Entities of each kind, collisions and mappings. */
  counts(): { readonly [K in Kind]: number } {
    const { assets, instruments, venues, listings, synthetics, tokens, pools } = this.#stores;
    return {
      assets: assets.size,
      instruments: instruments.size,
      venues: venues.size,
      listings: listings.size,
      synthetics: synthetics.size,
      tokens: tokens.size,
      pools: pools.size,
      collisions: this.#collisions.size,
      mappings: this.#mappings.size,
    };
  }

  /** Takes a record in. The value belongs to the map from then on: its strings are replaced by equal ones. */
  apply(change: Change): void {
    this.#revision++;
    if (change.kind === 'collisions') {
      if (change.value) this.#collisions.set(`${change.value.id} ${change.value.rejectedIdentity}`, change.value);
    } else if (change.kind === 'mappings') {
      if (change.value) this.#mappings.set(change.key, change.value);
      else this.#mappings.delete(change.key);
    } else {
      const key = parseRecordKey(change.key);
      if (!key) throw new RangeError(`not a record key: ${change.key}`);
      this.#put(change.kind, key, change.value);
    }
  }

  /** Takes everything out. */
  clear(): void {
    this.#revision++;
    for (const kind of entityKinds) {
      this.#stores[kind].clear();
      this.#indexes[kind]?.clear();
    }
    this.#collisions.clear();
    this.#mappings.clear();
  }

  #put<K extends EntityKind>(kind: K, key: RecordKey, value: Entities[K] | null): void {
    if (value) this.#shared.share(kind, value);
    const store = this.#stores[kind] as unknown as VersionStore<Versioned>;
    const index = this.#indexes[kind] as EntityIndex<Versioned> | undefined;
    const { versions, former } = store.put(key, value);
    index?.changed(versions, former, value);
  }

  #identityOf<K extends EntityKind>(kind: K, id: string): string | undefined {
    const entity = this.#stores[kind].versions(id)?.any;
    return entity && identityOf[kind](entity);
  }
}
