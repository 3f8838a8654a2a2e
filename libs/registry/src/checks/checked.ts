import type { Entities, EntityKind } from '../kinds.ts';

/** Everything of an entity that can be said of it: not its id, and not when it holds and who said so. */
export type FactsOf<K extends EntityKind> = Omit<
  Entities[K],
  'id' | 'validFrom' | 'validTo' | 'recordedTime' | 'provenance' | 'source'
>;

/** A statement that has been found right, before it is known what of it is new. */
export interface Checked<K extends EntityKind = EntityKind> {
  /** The stated facts over those that held. @throws RejectedRecordError when they do not go together. */
  readonly over: (held: Entities[K] | undefined) => FactsOf<K>;
  /** What is learned, and so holds at all times. */
  readonly learn?: (held: Entities[K]) => FactsOf<K>;
  /** Looks at the version that would stand. @throws RejectedRecordError */
  readonly verify?: (placed: Entities[K]) => void;
  /** Entities that there must be with it. */
  readonly needs: readonly Need[];
}

/** An entity that another one needs: registered when it is not known. */
export type Need = { readonly [K in EntityKind]: NeedOf<K> }[EntityKind];

export interface NeedOf<K extends EntityKind> {
  readonly kind: K;
  identity(): string;
  readonly provenance: string;
  /** Names what it says, where many statements need the same; what was said once in a plan is passed over. */
  readonly memo?: string;
  /** Facts where none are known. */
  first(): FactsOf<K>;
  /** What is learned of a known one, and so holds at all times. */
  learn?(held: Entities[K]): FactsOf<K>;
  /** What has changed of a known one, from now on. */
  change?(held: Entities[K]): FactsOf<K>;
}

/** What checks ask of the registry, what is being registered with them included. */
export interface CheckContext {
  readonly nowUs: number;
  idOf(identity: string): string;
  /** Versions that stand, oldest first. */
  versions<K extends EntityKind>(kind: K, id: string): readonly Entities[K][];
}

/** The first that is said: the fact as stated, as it held, or its default. */
export function said<T>(stated: T | undefined, held: T | undefined, fallback: T): T {
  if (stated !== undefined) return stated;
  return held !== undefined ? held : fallback;
}
