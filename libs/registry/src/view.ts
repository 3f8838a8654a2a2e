import type { Clock, Log } from '@alphapulse/core';
import { type KafkaConfig, LogReader, SchemaIds } from '@alphapulse/kafka';
import type { Collision, Instrument, Listing, Mapping } from '@alphapulse/schemas';
import type { Change } from './decode.ts';
import { RegistryFollower } from './follower.ts';
import { type Entities, type EntityKind, entityKinds, identityOf, type Kind } from './kinds.ts';
import type { ListingLookup } from './listing-lookup.ts';
import type { ReaderPort, SchemaPort } from './ports.ts';
import { type Versioned, VersionStore, type Versions } from './version-store.ts';

export interface ViewPorts {
  readonly reader: ReaderPort;
  readonly ends: Pick<ReaderPort, 'ends' | 'close'>;
  readonly schemas: SchemaPort;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ViewOptions {
  /** What to hold; default everything but collisions. */
  readonly kinds?: readonly Kind[];
  /** Told of every record, after the view shows it. */
  readonly onChange?: (change: Change) => void;
}

/**
 * The registry in this process's memory: filled from the compacted topics at `start`, following them after.
 * It is the map from record key to newest record, so it is the same before and after compaction.
 */
export class RegistryView implements ListingLookup {
  readonly #follower: RegistryFollower;
  readonly #onChange: ((change: Change) => void) | undefined;
  readonly #stores: { readonly [K in EntityKind]: VersionStore<Entities[K]> } = {
    assets: new VersionStore(),
    instruments: new VersionStore(),
    venues: new VersionStore(),
    listings: new VersionStore(),
    synthetics: new VersionStore(),
    tokens: new VersionStore(),
    pools: new VersionStore(),
  };
  readonly #bySymbol = new Map<string, Map<string, Versions<Listing>>>();
  readonly #collisions = new Map<string, Collision>();
  readonly #mappings = new Map<string, Mapping>();

  constructor(ports: ViewPorts, options: ViewOptions = {}) {
    this.#onChange = options.onChange;
    this.#follower = new RegistryFollower({
      ...ports,
      kinds: options.kinds ?? entityKinds,
      onBatch: ({ changes }) => {
        for (const change of changes) this.#apply(change);
      },
    });
  }

  /** Resolves when all that is in the topics now is in the view; waits for a broker that is away. */
  start(): Promise<void> {
    return this.#follower.start();
  }

  /** Resolves when all that is in the topics now is in the view. @throws RetriableError after `timeoutMs` (10 s). */
  catchUp(timeoutMs?: number): Promise<void> {
    return this.#follower.catchUp(timeoutMs);
  }

  close(): Promise<void> {
    return this.#follower.stop();
  }

  /** Rejects when following failed for good, resolves when it was closed. */
  get done(): Promise<void> {
    return this.#follower.done;
  }

  get caughtUp(): boolean {
    return this.#follower.caughtUp;
  }

  get corrupt(): number {
    return this.#follower.corrupt;
  }

  /** Next offset by `<topic>/<partition>`. */
  get positions(): ReadonlyMap<string, number> {
    return this.#follower.positions;
  }

  listing(venue: string, symbol: string, asOfUs: number): Listing | undefined {
    return this.#bySymbol.get(venue)?.get(symbol)?.asOf(asOfUs);
  }

  instrument(id: string): Instrument | undefined {
    return this.#stores.instruments.versions(id)?.newest;
  }

  /** The newest version of an entity. */
  newest<K extends EntityKind>(kind: K, id: string): Entities[K] | undefined {
    return this.#stores[kind].versions(id)?.newest;
  }

  asOf<K extends EntityKind>(kind: K, id: string, us: number): Entities[K] | undefined {
    return this.#stores[kind].versions(id)?.asOf(us);
  }

  /** All versions of an entity, oldest first. */
  history<K extends EntityKind>(kind: K, id: string): Entities[K][] {
    return this.#stores[kind].versions(id)?.history() ?? [];
  }

  /** Ids of a kind in order. */
  ids(kind: EntityKind): readonly string[] {
    return this.#stores[kind].ids();
  }

  /** Ids of a venue's listings, unordered. */
  listingIds(venue: string): string[] {
    return [...(this.#bySymbol.get(venue)?.values() ?? [])].flatMap((versions) => versions.history()[0]?.id ?? []);
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

  /** What prices said last of an instrument's listings; undefined while they have never disagreed. */
  mapping(instrumentId: string): Mapping | undefined {
    return this.#mappings.get(instrumentId);
  }

  mappings(): Mapping[] {
    return [...this.#mappings.values()];
  }

  collided(id: string, rejectedIdentity: string): boolean {
    return this.#collisions.has(`${id} ${rejectedIdentity}`);
  }

  /** Entities of each kind, and collisions. */
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

  #identityOf<K extends EntityKind>(kind: K, id: string): string | undefined {
    const entity = this.#stores[kind].versions(id)?.history()[0];
    return entity && identityOf[kind](entity);
  }

  #apply(change: Change): void {
    if (change.kind === 'collisions') {
      if (change.value) this.#collisions.set(`${change.value.id} ${change.value.rejectedIdentity}`, change.value);
    } else if (change.kind === 'mappings') {
      if (change.value) this.#mappings.set(change.key, change.value);
      else this.#mappings.delete(change.key);
    } else if (change.kind === 'listings') {
      this.#applyListing(change.key, change.value);
    } else {
      (this.#stores[change.kind] as VersionStore<Versioned>).put(change.key, change.value);
    }
    this.#onChange?.(change);
  }

  #applyListing(key: string, value: Listing | null): void {
    const former = this.#stores.listings.versions(key.split('@')[0] as string)?.history()[0];
    const versions = this.#stores.listings.put(key, value);
    const { venue, symbol } = value ?? former ?? {};
    if (venue === undefined || symbol === undefined) return;
    let symbols = this.#bySymbol.get(venue);
    if (!symbols) {
      symbols = new Map();
      this.#bySymbol.set(venue, symbols);
    }
    if (versions.empty) symbols.delete(symbol);
    else symbols.set(symbol, versions);
  }
}

/** A view over Kafka. Call `start` before the first lookup. */
export function createRegistryView(
  options: { readonly config: KafkaConfig; readonly schemaRegistryUrl: string; readonly clock: Clock } & ViewOptions,
): RegistryView {
  const { config, clock, schemaRegistryUrl } = options;
  return new RegistryView(
    {
      reader: new LogReader({ config, clock }),
      ends: new LogReader({ config, clock }),
      schemas: new SchemaIds({ url: schemaRegistryUrl, clock }),
      clock,
      log: config.log,
    },
    options,
  );
}
