import type { Kind, Outcome, RegistryView, Statement } from '@alphapulse/registry';

/** What the API asks of the registry in memory. */
export type ViewPort = Pick<
  RegistryView,
  | 'asOf'
  | 'caughtUp'
  | 'catchUp'
  | 'collisions'
  | 'corrupt'
  | 'counts'
  | 'history'
  | 'ids'
  | 'instrumentByIsin'
  | 'instrumentsOfType'
  | 'listing'
  | 'listingIds'
  | 'listingsOf'
  | 'mapping'
  | 'mappings'
  | 'revision'
  | 'superseded'
  | 'syntheticsUsing'
  | 'token'
>;

/** Who writes what is posted. */
export interface StatePort {
  /** As the registrar's: resolves when all is appended; rejects when the world is in the way. */
  state(
    statements: readonly Statement[],
    options: { readonly source: string; readonly atomic?: boolean },
  ): Promise<Outcome[]>;
}

/** How the copy in Redis is doing. */
export interface CachePort {
  readonly available: () => boolean;
  readonly materialiser: {
    readonly current: boolean;
    /** Records behind, by kind. */
    readonly lag: ReadonlyMap<Kind, number>;
  };
}
