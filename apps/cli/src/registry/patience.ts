import type { Clock } from '@alphapulse/core';

/** How often it is looked whether anything has moved. */
const lookEveryMs = 100;

/**
 * Waits for a promise for as long as something moves: `progress` gives a number that changes with every step.
 * Gives up with what `giveUp` makes when neither it nor the promise has moved for `timeoutMs`.
 */
export async function whileMoving<T>(
  promise: Promise<T>,
  {
    clock,
    timeoutMs,
    progress,
    giveUp,
  }: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly progress: () => number;
    readonly giveUp: () => Error;
  },
): Promise<T> {
  const ended = new AbortController();
  const watching = watch();
  try {
    return await Promise.race([promise, watching]);
  } finally {
    ended.abort();
  }

  async function watch(): Promise<never> {
    let last = progress();
    let movedMs = clock.nowMs();
    for (;;) {
      await clock.sleep(Math.min(lookEveryMs, timeoutMs), ended.signal);
      // Nobody waits any more for a race that is over.
      if (ended.signal.aborted) return new Promise<never>(() => undefined);
      const now = progress();
      if (now !== last) {
        last = now;
        movedMs = clock.nowMs();
      } else if (clock.nowMs() - movedMs >= timeoutMs) {
        throw giveUp();
      }
    }
  }
}
