/** Values by id, newest touched last, at most `limit`: the oldest make room. */
export class Recent<V> {
  readonly #values = new Map<string, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#values.size;
  }

  get(id: string): V | undefined {
    return this.#values.get(id);
  }

  set(id: string, value: V): void {
    this.#values.delete(id);
    this.#values.set(id, value);
    if (this.#values.size <= this.#limit) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      break;
    }
  }

  delete(id: string): void {
    this.#values.delete(id);
  }

  /** Newest first. */
  newest(count = this.#limit): V[] {
    return [...this.#values.values()].slice(-count).reverse();
  }
}
