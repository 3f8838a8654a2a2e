import type { Clock } from '@alphapulse/core';

/** At most `limit` in any `windowMs`. */
export interface RateLimit {
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * Paces work by tokens that flow back evenly. Waiters are served in the order they came.
 * A cost above the capacity is let through once the bucket is full and leaves a debt behind.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #tokensPerUs: number;
  #tokens: number;
  #atUs: number;
  #tail: Promise<void> = Promise.resolve();

  constructor(clock: Clock, capacity: number, tokensPerSecond: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#tokensPerUs = tokensPerSecond / 1_000_000;
    this.#tokens = capacity;
    this.#atUs = clock.nowUs();
  }

  /**
   * A bucket that never lets more than `limit` through in any window (for costs up to a quarter of the limit):
   * a quarter of the limit may go at once, the rest flows back over the window.
   */
  static within(clock: Clock, { limit, windowMs }: RateLimit): TokenBucket {
    const burst = Math.max(1, Math.floor(limit / 4));
    const flow = Math.max(limit - burst, limit / 4);
    return new TokenBucket(clock, burst, (flow * 1000) / windowMs);
  }

  /** Takes the tokens and returns 0, or takes nothing and returns the milliseconds until it is worth asking again. */
  tryTake(cost = 1): number {
    this.#refill();
    const needed = Math.min(cost, this.#capacity);
    // Tolerates the rounding of many small refills.
    const missing = needed - this.#tokens - 1e-9;
    if (missing > 0) return Math.max(1, Math.ceil(missing / this.#tokensPerUs / 1000));
    this.#tokens -= cost;
    return 0;
  }

  /** Books work that happened without asking. */
  debit(cost = 1): void {
    this.#refill();
    this.#tokens -= cost;
  }

  /** Resolves when the tokens are taken, or early without them when the signal aborts. */
  take(cost: number, signal: AbortSignal): Promise<void> {
    const turn = this.#tail.then(() => this.#takeNow(cost, signal));
    this.#tail = turn;
    return turn;
  }

  async #takeNow(cost: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.tryTake(cost);
      if (waitMs === 0) return;
      await this.#clock.sleep(waitMs, signal);
    }
  }

  #refill(): void {
    const nowUs = this.#clock.nowUs();
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowUs - this.#atUs) * this.#tokensPerUs);
    this.#atUs = nowUs;
  }
}
