/**
 * A map from a key to several values. Most keys have one, which is held by itself: a set for each of a million keys
 * would cost more than what it indexes.
 */
export class MultiIndex<T extends object> {
  readonly #byKey = new Map<string, T | Set<T>>();

  add(key: string, value: T): void {
    const held = this.#byKey.get(key);
    if (held === undefined) this.#byKey.set(key, value);
    else if (held instanceof Set) held.add(value);
    else if (held !== value) this.#byKey.set(key, new Set([held, value]));
  }

  delete(key: string, value: T): void {
    const held = this.#byKey.get(key);
    if (held === value) this.#byKey.delete(key);
    else if (held instanceof Set && held.delete(value) && held.size === 1) {
      for (const left of held) this.#byKey.set(key, left);
    }
  }

  get(key: string): readonly T[] {
    const held = this.#byKey.get(key);
    if (held === undefined) return [];
    return held instanceof Set ? [...held] : [held];
  }

  clear(): void {
    this.#byKey.clear();
  }
}
