/**
 * Gives equal strings one place in memory. Decoding makes a new string of each `kraken` in a million listings.
 * Bounded: when it is full, strings it has not seen yet stay as they are.
 */
export class StringPool {
  readonly #strings = new Map<string, string>();
  readonly #max: number;

  constructor(max = 50_000) {
    this.#max = max;
  }

  /** Strings held. */
  get size(): number {
    return this.#strings.size;
  }

  intern(text: string): string {
    const pooled = this.#strings.get(text);
    if (pooled !== undefined) return pooled;
    if (this.#strings.size < this.#max) this.#strings.set(text, text);
    return text;
  }

  /** Replaces these of a value's fields by their pooled equals; what is no string stays. The value must be the caller's. */
  internFields(value: object, fields: readonly string[]): void {
    const record = value as Record<string, unknown>;
    for (const field of fields) {
      const text = record[field];
      if (typeof text === 'string') record[field] = this.intern(text);
    }
  }
}
