import { type Kind, offsetField, type RegistryBatch } from '@alphapulse/registry';
import type { CacheState, RegistryCache } from './cache.ts';
import type { CorruptRecord, CorruptRecords } from './corrupt-records.ts';

/** The cache's contract in memory: entities by `<kind>:<key>`, positions beside them. For unit tests. */
export class MemoryCache implements RegistryCache {
  available = true;
  clusterId: string | undefined;
  readonly entities = new Map<string, unknown>();
  readonly offsets = new Map<string, number>();
  readonly followedMs = new Map<Kind, number>();
  /** Sizes of the batches applied. */
  readonly batches: number[] = [];
  readonly #counts = new Map<Kind, number>();

  /** Loses everything, as FLUSHALL does. */
  flush(): void {
    this.clusterId = undefined;
    this.entities.clear();
    this.offsets.clear();
    this.followedMs.clear();
  }

  async open(clusterId: string): Promise<CacheState> {
    this.#check();
    if (this.clusterId !== clusterId) this.flush();
    this.clusterId = clusterId;
    return { positions: new Map(this.offsets), followedMs: new Map(this.followedMs) };
  }

  async reset(kind: Kind, seen: ReadonlyMap<string, number | undefined>, nowMs: number): Promise<boolean> {
    this.#check();
    for (const [partition, position] of seen) if (this.offsets.get(partition) !== position) return false;
    for (const key of this.entities.keys()) if (key.startsWith(`${kind}:`)) this.entities.delete(key);
    for (const partition of seen.keys()) this.offsets.set(partition, 0);
    this.followedMs.set(kind, nowMs);
    this.#counts.delete(kind);
    return true;
  }

  async apply(batch: RegistryBatch, expected: number): Promise<number | undefined> {
    this.#check();
    const partition = offsetField(batch.topic, batch.partition);
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
    this.#counts.set(batch.kind, this.#count(batch.kind));
    return batch.next;
  }

  async check(positions: ReadonlyMap<string, number>, followed: readonly Kind[], nowMs: number): Promise<boolean> {
    this.#check();
    for (const [partition, position] of positions) if ((this.offsets.get(partition) ?? -1) < position) return false;
    for (const kind of followed) this.followedMs.set(kind, nowMs);
    return true;
  }

  async intact(kind: Kind): Promise<boolean> {
    this.#check();
    return this.#count(kind) === (this.#counts.get(kind) ?? 0);
  }

  #count(kind: Kind): number {
    return [...this.entities.keys()].filter((key) => key.startsWith(`${kind}:`)).length;
  }

  #check(): void {
    if (!this.available) throw new Error('connection is closed');
  }
}

/** Keeps corrupt records in memory, each place once. */
export class MemoryCorruptRecords implements CorruptRecords {
  readonly kept = new Map<string, CorruptRecord>();
  /** Thrown instead of keeping anything. */
  failure: Error | undefined;

  async keep(records: readonly CorruptRecord[]): Promise<void> {
    if (records.length > 0 && this.failure) throw this.failure;
    for (const corrupt of records) {
      const { topic, partition, offset } = corrupt.record;
      this.kept.set(`${topic}/${partition}/${offset}`, corrupt);
    }
  }
}
