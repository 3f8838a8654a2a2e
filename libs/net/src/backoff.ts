export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

export const defaultBackoff: BackoffLimits = { baseMs: 500, capMs: 30_000 };

/**
 * Returns the wait before attempt `failures + 1`: capped exponential with full jitter,
 * which spreads the returning crowd best (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * `random` gives a number from 0 up to, not including, 1.
 */
export function backoffMs(failures: number, random: () => number, limits: BackoffLimits = defaultBackoff): number {
  // The exponent is bounded so that a long outage cannot overflow to infinity.
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** Math.min(Math.max(failures, 0), 30));
  return Math.floor(random() * ceiling);
}
