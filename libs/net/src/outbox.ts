import type { Clock } from '@alphapulse/core';
import { TokenBucket } from './token-bucket.ts';

/** More waiting than this means that the source sends without looking. */
const maxWaiting = 10_000;

/**
 * Frames waiting to be sent, evenly spaced so that no second has more than allowed.
 * Pings and pongs count too, as they do at Binance
 * (https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams#websocket-limits).
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #signal: AbortSignal;
  readonly #queue: (() => void)[] = [];
  #keepAliveWaiting = false;
  #pumping = false;

  constructor(clock: Clock, messagesPerSecond: number, signal: AbortSignal) {
    this.#clock = clock;
    this.#bucket = new TokenBucket(clock, 1, messagesPerSecond);
    this.#signal = signal;
  }

  get empty(): boolean {
    return this.#queue.length === 0;
  }

  /** Returns false, and takes nothing, when too much is waiting. */
  push(send: () => void): boolean {
    if (this.#queue.length >= maxWaiting) return false;
    this.#queue.push(send);
    this.#start();
    return true;
  }

  /** A ping goes before all else, and never twice. */
  keepAlive(send: () => void): void {
    if (this.#keepAliveWaiting) return;
    this.#keepAliveWaiting = true;
    this.#queue.unshift(() => {
      this.#keepAliveWaiting = false;
      send();
    });
    this.#start();
  }

  /** Counts a frame that went out by itself, such as a pong. */
  sent(): void {
    this.#bucket.debit();
  }

  #start(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#queue.length > 0 && !this.#signal.aborted) {
      const waitMs = this.#bucket.tryTake();
      if (waitMs === 0) this.#queue.shift()?.();
      else await this.#clock.sleep(waitMs, this.#signal);
    }
    if (this.#signal.aborted) this.#queue.length = 0;
    this.#pumping = false;
  }
}
