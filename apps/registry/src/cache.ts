import type { Kind, RegistryBatch } from '@alphapulse/registry';

/** Where a copy stands. */
export interface CacheState {
  /** Next offsets by `<topic>/<partition>`; a partition that is missing was never written, or was lost. */
  readonly positions: ReadonlyMap<string, number>;
  /** Milliseconds since 1970 up to which each kind's topic was followed without missing anything. */
  readonly followedMs: ReadonlyMap<Kind, number>;
}

/** The registry's copy in Redis, as the materialiser writes it. Every call may reject while Redis is away. */
export interface RegistryCache {
  readonly available: boolean;
  /** Reads where the copy stands. One of another layout, or of another cluster's topics, is taken out first. */
  open(clusterId: string): Promise<CacheState>;
  /**
   * Takes out everything of a kind and sets the positions of its partitions to 0, in one step. Does nothing when a
   * position is not what was seen: another process has begun to fill the kind.
   */
  reset(kind: Kind, seen: ReadonlyMap<string, number | undefined>, nowMs: number): Promise<boolean>;
  /**
   * Writes a batch and its position in one step. What the cache has already (another process was faster) is left out.
   * Returns the position after it, or undefined, having written nothing, when the cache's own position is missing or
   * before `expected`: then records between have been lost.
   */
  apply(batch: RegistryBatch, expected: number): Promise<number | undefined>;
  /**
   * True while every position is where it was left or further; notes then, in the same step, that these kinds were
   * followed up to `nowMs`.
   */
  check(positions: ReadonlyMap<string, number>, followed: readonly Kind[], nowMs: number): Promise<boolean>;
  /** False when entries of a kind have gone without the cache's doing: evicted, or deleted by hand. */
  intact(kind: Kind): Promise<boolean>;
}
