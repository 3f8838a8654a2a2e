import { type Clock, type Log, RetriableError } from '@alphapulse/core';
import { isOutage } from '@alphapulse/kafka';

/** Tries again while what it needs is away, saying so in one log line; undefined when the signal aborts meanwhile. */
export async function patiently<T>(
  call: () => Promise<T>,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const result = await call();
      if (attempt > 0) log.info({ attempts: attempt + 1 }, 'there again, going on');
      return result;
    } catch (error) {
      if (!(error instanceof RetriableError) && !isOutage(error)) throw error;
      if (attempt === 0)
        log.warn({ error: (error as Error).message }, 'something needed at start is away, waiting for it');
      await clock.sleep(Math.min(5_000, 250 * 2 ** Math.min(attempt, 5)), signal);
    }
  }
  return undefined;
}
