import type { Log } from '@alphapulse/core';
import type { ManualClock } from '@alphapulse/testkit';

/** Moves a manual clock on, with time between for sockets, until the promise is settled. */
export async function settle<T>(promise: Promise<T>, clock: ManualClock, stepMs = 100): Promise<T> {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  // The caller hears of a failure below.
  done.catch(() => undefined);
  while (!settled) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (!settled) await clock.advance(stepMs);
  }
  return done;
}

/** A log that keeps everything it is told. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (fields: object, message?: string) => {
    lines.push(JSON.stringify({ ...fields, message }));
  };
  return { lines, debug: keep, info: keep, warn: keep, error: keep };
}
