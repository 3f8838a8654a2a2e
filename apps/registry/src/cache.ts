import type { Kind, RegistryBatch } from '@alphapulse/registry';

/** The registry's copy in Redis, as the materialiser writes it. Every call may reject while Redis is away. */
export interface RegistryCache {
  readonly available: boolean;
  /** Next offsets by `<topic>/<partition>`; a partition that is missing was never written, or was lost. */
  positions(): Promise<Map<string, number>>;
  /** Takes out everything of a kind and sets the positions of its partitions to 0. */
  reset(kind: Kind, partitions: readonly string[]): Promise<void>;
  /**
   * Writes a batch and its position in one transaction. What the cache has already (another process was faster) is
   * left out. Returns the position after it, or undefined, having written nothing, when the cache's own position is
   * missing or before `expected`: then records between have been lost.
   */
  apply(batch: RegistryBatch, expected: number): Promise<number | undefined>;
}
