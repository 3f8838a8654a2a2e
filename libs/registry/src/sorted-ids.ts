/** What a `Map` or `Set` by id can tell. */
interface Ids {
  has(id: string): boolean;
  keys(): IterableIterator<string>;
}

/**
 * The ids of a map or set in order. It costs nothing while nobody asks; a list that was asked for is kept, and what
 * came or went since is merged into it, instead of sorting a million ids anew for every page.
 */
export class SortedIds {
  readonly #ids: Ids;
  readonly #added = new Set<string>();
  #listed: readonly string[] | undefined;
  #deleted = false;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** To be told of each id that was added to the map, or deleted from it. */
  changed(id: string): void {
    if (this.#listed === undefined) return;
    if (this.#ids.has(id)) this.#added.add(id);
    // One that was never listed is simply forgotten.
    else if (!this.#added.delete(id)) this.#deleted = true;
  }

  /** To be told that everything was deleted. */
  cleared(): void {
    this.#added.clear();
    this.#listed = undefined;
    this.#deleted = false;
  }

  /** The ids in order. The list stays as it is when ids come or go after. */
  list(): readonly string[] {
    if (this.#listed === undefined) this.#listed = [...this.#ids.keys()].sort();
    else if (this.#added.size > 0 || this.#deleted) this.#listed = this.#merged(this.#listed);
    this.#added.clear();
    this.#deleted = false;
    return this.#listed;
  }

  #merged(listed: readonly string[]): string[] {
    const added = [...this.#added].sort();
    const merged: string[] = [];
    let next = 0;
    for (const id of listed) {
      while (next < added.length && (added[next] as string) < id) merged.push(added[next++] as string);
      // An id that went and came back stands among the added.
      if (this.#ids.has(id) && !this.#added.has(id)) merged.push(id);
    }
    while (next < added.length) merged.push(added[next++] as string);
    return merged;
  }
}
