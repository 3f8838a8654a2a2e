/** The last few ids of a symbol; tells what is sent a second time, by another connection or after a resubscription. */
export class RecentIds {
  readonly ids: string[];
  readonly #limit: number;

  constructor(limit: number, ids: readonly string[] = []) {
    this.#limit = limit;
    this.ids = [...ids];
  }

  /** True when the id is not among the last ones. */
  take(id: string): boolean {
    if (this.ids.includes(id)) return false;
    this.ids.push(id);
    if (this.ids.length > this.#limit) this.ids.shift();
    return true;
  }
}

/**
 * Numbers trades that have no id of their own (v1 feed).
 * The n-th trade with the same content is the same trade on every connection, so it gets the number n wherever it is
 * seen, and is new only where it is seen first.
 */
export class RecentContents {
  /** Content → connection → how often it came. */
  readonly #counts: Map<string, Map<string, number>>;
  readonly #limit: number;

  constructor(limit: number, saved: readonly (readonly [string, readonly (readonly [string, number])[]])[] = []) {
    this.#limit = limit;
    this.#counts = new Map(saved.map(([content, counts]) => [content, new Map(counts)]));
  }

  /** The trade's number among those of its content, from 0; null when another connection has brought it already. */
  take(content: string, connectionId: string): number | null {
    const counts = this.#counts.get(content) ?? new Map<string, number>();
    const seen = Math.max(0, ...counts.values());
    const count = (counts.get(connectionId) ?? 0) + 1;
    counts.set(connectionId, count);
    this.#counts.set(content, counts);
    if (this.#counts.size > this.#limit) this.#counts.delete(this.#counts.keys().next().value as string);
    return count > seen ? count - 1 : null;
  }

  toJSON(): (readonly [string, (readonly [string, number])[]])[] {
    return [...this.#counts].map(([content, counts]) => [content, [...counts]]);
  }
}
