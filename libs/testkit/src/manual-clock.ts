import type { Clock } from '@alphapulse/core';

/** A clock that stands still until told; sleepers wake in order of their time. */
export class ManualClock implements Clock {
  #us: number;
  #sleepers: { atUs: number; wake: () => void }[] = [];

  constructor(startUs = 1_700_000_000_000_000) {
    this.#us = startUs;
  }

  nowUs(): number {
    return this.#us;
  }

  nowMs(): number {
    return Math.floor(this.#us / 1000);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const sleeper = {
        atUs: this.#us + ms * 1000,
        wake: () => {
          signal?.removeEventListener('abort', aborted);
          resolve();
        },
      };
      const aborted = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }

  /** Moves time forward and wakes who is due, letting each run before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#us + ms * 1000;
    for (;;) {
      const next = this.#sleepers.filter((sleeper) => sleeper.atUs <= until).sort((a, b) => a.atUs - b.atUs)[0];
      if (!next) break;
      this.#us = next.atUs;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#us = until;
  }
}
