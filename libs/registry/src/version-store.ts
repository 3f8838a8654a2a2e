import { parseRecordKey } from './record-key.ts';

export interface Versioned {
  readonly id: string;
  /** Microseconds. */
  readonly validFrom: number;
  /** Microseconds, exclusive; null while the facts hold. */
  readonly validTo: number | null;
}

/** All known versions of one entity. */
export class Versions<T extends Versioned> {
  newest: T | undefined;
  /** Latest start first. */
  readonly closed: T[] = [];

  /** The version valid at a time: of several, the one that started last. */
  asOf(us: number): T | undefined {
    const { newest } = this;
    if (newest && newest.validFrom <= us && (newest.validTo === null || us < newest.validTo)) return newest;
    for (const version of this.closed) {
      if (version.validFrom <= us && (version.validTo === null || us < version.validTo)) return version;
    }
    return undefined;
  }

  /** Oldest first. */
  history(): T[] {
    return [...this.closed].reverse().concat(this.newest ?? []);
  }

  get empty(): boolean {
    return this.newest === undefined && this.closed.length === 0;
  }
}

/**
 * Entities of one kind by record key. It is a map from key to newest record and nothing else, so a log and its
 * compacted form fold to the same store.
 */
export class VersionStore<T extends Versioned> {
  readonly #byId = new Map<string, Versions<T>>();
  #sortedIds: string[] | undefined;

  get size(): number {
    return this.#byId.size;
  }

  versions(id: string): Versions<T> | undefined {
    return this.#byId.get(id);
  }

  /** Puts a record, or takes it out with null. Returns the entity's versions as they are then. */
  put(key: string, value: T | null): Versions<T> {
    const parsed = parseRecordKey(key);
    if (!parsed) throw new RangeError(`not a record key: ${key}`);
    const { id, validFromUs } = parsed;
    let versions = this.#byId.get(id);
    if (!versions) {
      versions = new Versions<T>();
      this.#byId.set(id, versions);
      this.#sortedIds = undefined;
    }
    if (validFromUs === undefined) versions.newest = value ?? undefined;
    else {
      const { closed } = versions;
      const at = closed.findIndex(({ validFrom }) => validFrom <= validFromUs);
      const place = at < 0 ? closed.length : at;
      const held = closed[place]?.validFrom === validFromUs ? 1 : 0;
      closed.splice(place, held, ...(value ? [value] : []));
    }
    if (versions.empty) {
      this.#byId.delete(id);
      this.#sortedIds = undefined;
    }
    return versions;
  }

  /** Ids in order, for paging. Sorted when first asked for after a change. */
  ids(): readonly string[] {
    this.#sortedIds ??= [...this.#byId.keys()].sort();
    return this.#sortedIds;
  }
}
