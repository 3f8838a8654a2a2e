/** Counts by second over the last minute. */
export class Rate {
  readonly #counts = new Float64Array(64);
  readonly #seconds = new Float64Array(64);
  total = 0;

  add(atMs: number, count: number): void {
    const second = Math.floor(atMs / 1000);
    const slot = second % 64;
    this.total += count;
    if (second < (this.#seconds[slot] ?? 0)) return;
    if (this.#seconds[slot] !== second) {
      this.#seconds[slot] = second;
      this.#counts[slot] = 0;
    }
    this.#counts[slot] = (this.#counts[slot] ?? 0) + count;
  }

  /** Mean per second over the last full seconds. */
  perSecond(nowMs: number, window = 5): number {
    return this.history(nowMs, window).reduce((sum, count) => sum + count, 0) / window;
  }

  /** The last full seconds (at most 60), oldest first. */
  history(nowMs: number, seconds = 60): number[] {
    const now = Math.floor(nowMs / 1000);
    return Array.from({ length: seconds }, (_, n) => {
      const second = now - seconds + n;
      return this.#seconds[second % 64] === second ? (this.#counts[second % 64] ?? 0) : 0;
    });
  }
}
