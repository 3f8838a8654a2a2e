import type { Latency } from './snapshot.ts';

/** Quantiles over the samples of the last minute, at most the newest 4096. */
export class LatencyWindow {
  readonly #values = new Float64Array(4096);
  readonly #times = new Float64Array(4096);
  #next = 0;

  add(atMs: number, latencyMs: number): void {
    this.#values[this.#next] = Math.max(0, latencyMs);
    this.#times[this.#next] = atMs;
    this.#next = (this.#next + 1) % this.#values.length;
  }

  quantiles(nowMs: number): Latency {
    const recent = this.#values.filter((_, n) => (this.#times[n] ?? 0) > nowMs - 60_000).sort();
    const at = (share: number) => recent[Math.ceil(recent.length * share) - 1] ?? null;
    return { p50: at(0.5), p99: at(0.99) };
  }
}
