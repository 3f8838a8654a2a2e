import type { Versioned, Versions } from './versions.ts';

/** Finds the entities of a kind by something else than their id. Told of every record after the store has it. */
export interface EntityIndex<T extends Versioned> {
  /** `former` is what the record's key held before, `value` what it holds now; null when it was taken out. */
  changed(versions: Versions<T>, former: T | undefined, value: T | null): void;
  clear(): void;
}

/** Entities of one id in the order of the ids, so that an answer does not hang on the order of arrival. */
export function byId<T extends { readonly id: string }>(a: T, b: T): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
