/**
 * What the collector checks of a symbol's feed while it runs: pure bookkeeping over ids, no I/O.
 * Frames of several connections (roll-over) may be mixed; what was seen already changes nothing.
 */

/** Ids that are missing, both inclusive. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

/** Trade ids of a symbol rise by one. */
export class TradeContinuity {
  /** Highest id seen or back-filled; −1 before the first. */
  last = -1;
  #fresh = true;

  /** A new connection has no overlap with the last one; ids may start anywhere. */
  reconnected(): void {
    this.#fresh = true;
  }

  /** Returns what is missing before `id`. */
  take(id: number): Hole | undefined {
    const { last } = this;
    const fresh = this.#fresh;
    this.#fresh = false;
    // On a new connection a lower id is another node that lags, or the venue counting anew: follow it.
    if (last < 0 || (fresh && id <= last)) {
      this.last = id;
      return undefined;
    }
    if (id <= last) return undefined;
    this.last = id;
    return id > last + 1 ? { from: last + 1, to: id - 1 } : undefined;
  }
}

/** Update ids of a book: each diff follows the one before it. The same rules as the parser's book, on ids alone. */
export class DepthContinuity {
  /** Update id of the newest diff; −1 before the first. */
  last = -1;
  /** A snapshot must be at least this new to connect with the diffs that follow. */
  needed = -1;
  #fresh = true;

  /** True until the connection has brought a diff. */
  get fresh(): boolean {
    return this.#fresh;
  }

  reconnected(): void {
    this.#fresh = true;
  }

  /**
   * `first` when the book needs its first snapshot, a hole when updates are missing and it needs a new one.
   * `previous` is the update the diff follows: U − 1 on spot, pu on USD-M.
   */
  take(previous: number, last: number): 'first' | Hole | undefined {
    const before = this.last;
    const fresh = this.#fresh;
    this.#fresh = false;
    if (before < 0 || (fresh && last < before)) {
      this.last = last;
      this.needed = last;
      return 'first';
    }
    if (last <= before) return undefined;
    this.last = last;
    if (previous <= before) return undefined;
    this.needed = last;
    return { from: before + 1, to: previous };
  }
}
