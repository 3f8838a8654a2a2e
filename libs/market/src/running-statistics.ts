/**
 * Mean and variance in one pass by Welford's method, which keeps its digits where Σx² − (Σx)²/n loses them.
 * Knuth, The Art of Computer Programming, vol. 2, 4.2.2; merging after Chan, Golub and LeVeque (1979).
 */
export class RunningStatistics {
  count = 0;
  mean = 0;
  /** Sum of squared differences from the mean. */
  #squares = 0;

  add(value: number): void {
    this.count++;
    const before = value - this.mean;
    this.mean += before / this.count;
    this.#squares += before * (value - this.mean);
  }

  /** Takes in another's values as if they had been added one by one. */
  merge(other: RunningStatistics): void {
    if (other.count === 0) return;
    const count = this.count + other.count;
    const apart = other.mean - this.mean;
    this.#squares += other.#squares + (apart * apart * this.count * other.count) / count;
    this.mean += (apart * other.count) / count;
    this.count = count;
  }

  /** Sample variance (n − 1); null below two values. */
  get variance(): number | null {
    return this.count < 2 ? null : this.#squares / (this.count - 1);
  }

  get standardDeviation(): number | null {
    const variance = this.variance;
    return variance === null ? null : Math.sqrt(variance);
  }
}
