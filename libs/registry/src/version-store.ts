import type { RecordKey } from './record-key.ts';
import { SortedIds } from './sorted-ids.ts';
import { type Versioned, Versions } from './versions.ts';

/**
 * Entities of one kind by record key. It is a map from key to newest record and nothing else, so a log and its
 * compacted form fold to the same store.
 */
export class VersionStore<T extends Versioned> {
  readonly #byId = new Map<string, Versions<T>>();
  readonly #ids = new SortedIds(this.#byId);

  get size(): number {
    return this.#byId.size;
  }

  versions(id: string): Versions<T> | undefined {
    return this.#byId.get(id);
  }

  /** Puts a record, or takes it out with null. Returns the entity's versions after it, and what the key held before. */
  put({ id, validFromUs, recordedTimeUs }: RecordKey, value: T | null): { versions: Versions<T>; former?: T } {
    let versions = this.#byId.get(id);
    if (!versions) {
      versions = new Versions<T>();
      if (value) {
        // The value's own string: that of the key may be a slice, which would keep the whole key in memory.
        this.#byId.set(value.id, versions);
        this.#ids.changed(value.id);
      }
    }
    const version = value ?? undefined;
    const former =
      validFromUs === undefined
        ? versions.putNewest(version)
        : recordedTimeUs === undefined
          ? versions.putClosed(validFromUs, version)
          : versions.putSuperseded(validFromUs, recordedTimeUs, version);
    if (versions.empty && this.#byId.delete(id)) this.#ids.changed(id);
    return former === undefined ? { versions } : { versions, former };
  }

  /** Ids in order, for paging. Sorted when asked for. */
  ids(): readonly string[] {
    return this.#ids.list();
  }

  /** Takes out everything. */
  clear(): void {
    this.#byId.clear();
    this.#ids.cleared();
  }
}
