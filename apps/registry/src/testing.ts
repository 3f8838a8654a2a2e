import type { Kind, RegistryBatch } from '@alphapulse/registry';
import type { RegistryCache } from './cache.ts';

/** The cache's contract in memory: entities by `<kind>:<key>`, positions beside them. For unit tests. */
export class MemoryCache implements RegistryCache {
  available = true;
  readonly entities = new Map<string, unknown>();
  readonly offsets = new Map<string, number>();
  /** Sizes of the batches applied. */
  readonly batches: number[] = [];

  /** Loses everything, as FLUSHALL does. */
  flush(): void {
    this.entities.clear();
    this.offsets.clear();
  }

  async positions(): Promise<Map<string, number>> {
    this.#check();
    return new Map(this.offsets);
  }

  async reset(kind: Kind, partitions: readonly string[]): Promise<void> {
    this.#check();
    for (const key of this.entities.keys()) if (key.startsWith(`${kind}:`)) this.entities.delete(key);
    for (const partition of partitions) this.offsets.set(partition, 0);
  }

  async apply(batch: RegistryBatch, expected: number): Promise<number | undefined> {
    this.#check();
    const partition = `${batch.topic}/${batch.partition}`;
    const position = this.offsets.get(partition) ?? -1;
    if (position < expected) return undefined;
    if (position >= batch.next) return position;
    for (const { kind, key, value, offset } of batch.changes) {
      if (offset < position) continue;
      if (value === null) this.entities.delete(`${kind}:${key}`);
      else this.entities.set(`${kind}:${key}`, value);
    }
    this.batches.push(batch.changes.length);
    this.offsets.set(partition, batch.next);
    return batch.next;
  }

  #check(): void {
    if (!this.available) throw new Error('connection is closed');
  }
}
