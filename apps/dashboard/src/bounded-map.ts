/** Name that takes what comes when a map of names is full. */
const overflow = 'other';

/** Values by name, made when first asked for; at most `limit` names, then all further ones share `other`. */
export class BoundedMap<V> {
  readonly #values = new Map<string, V>();
  readonly #make: () => V;
  readonly #limit: number;

  constructor(make: () => V, limit = 200) {
    this.#make = make;
    this.#limit = limit;
  }

  of(name: string): V {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (this.#values.size >= this.#limit && name !== overflow) return this.of(overflow);
    const made = this.#make();
    this.#values.set(name, made);
    return made;
  }

  /** Plain object of what `show` makes of each value, sorted by name. */
  object<T>(show: (value: V) => T): Record<string, T> {
    const names = [...this.#values.keys()].sort();
    // No prototype: names come from records, and one may be `__proto__`.
    const object: Record<string, T> = Object.create(null);
    for (const name of names) object[name] = show(this.#values.get(name) as V);
    return object;
  }

  [Symbol.iterator](): IterableIterator<[string, V]> {
    return this.#values.entries();
  }
}
