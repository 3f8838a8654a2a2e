import type { Clock } from '@alphapulse/core';
import { type RateLimit, TokenBucket } from './token-bucket.ts';

/**
 * Connection attempts by host or parent domain; `*` for all others.
 * Binance: 300 in 5 minutes per address
 * (https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#websocket-limits);
 * Kraken: about 150 in a rolling 10 minutes (https://docs.kraken.com/api/docs/guides/spot-ws-intro/).
 */
export const defaultConnectionLimits: Readonly<Record<string, RateLimit>> = {
  '*': { limit: 300, windowMs: 300_000 },
  'kraken.com': { limit: 150, windowMs: 600_000 },
};

/** What all connections of this process owe a host together: paced attempts, and staying away when told to. */
export class HostLimits {
  readonly #clock: Clock;
  readonly #limits: Readonly<Record<string, RateLimit>>;
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #blockedUntilUs = new Map<string, number>();

  constructor(clock: Clock, limits: Readonly<Record<string, RateLimit>> = defaultConnectionLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Keeps everybody away from the host for so long; a shorter wish does not shorten a longer one. */
  block(host: string, forMs: number): void {
    const untilUs = this.#clock.nowUs() + forMs * 1000;
    if (untilUs > (this.#blockedUntilUs.get(host) ?? 0)) this.#blockedUntilUs.set(host, untilUs);
  }

  /** Milliseconds until the host may be asked again; 0 now. */
  blockedMs(host: string): number {
    return Math.max(0, Math.ceil(((this.#blockedUntilUs.get(host) ?? 0) - this.#clock.nowUs()) / 1000));
  }

  /** Resolves when the host may be asked again, or early when the signal aborts. */
  async unblocked(host: string, signal: AbortSignal): Promise<void> {
    for (let waitMs = this.blockedMs(host); waitMs > 0 && !signal.aborted; waitMs = this.blockedMs(host))
      await this.#clock.sleep(waitMs, signal);
  }

  /** Resolves when a connection to the host may be tried, or early when the signal aborts. */
  async connect(host: string, signal: AbortSignal): Promise<void> {
    do {
      await this.unblocked(host, signal);
      await this.#bucket(host).take(1, signal);
      // The host may have sent others away while this one queued.
    } while (this.blockedMs(host) > 0 && !signal.aborted);
  }

  #bucket(host: string): TokenBucket {
    let bucket = this.#buckets.get(host);
    if (!bucket) {
      bucket = TokenBucket.within(this.#clock, this.#limitOf(host));
      this.#buckets.set(host, bucket);
    }
    return bucket;
  }

  #limitOf(host: string): RateLimit {
    const name = host.replace(/:\d+$/, '');
    const own = Object.entries(this.#limits).find(([domain]) => name === domain || name.endsWith(`.${domain}`));
    return own?.[1] ?? this.#limits['*'] ?? defaultConnectionLimits['*']!;
  }
}
