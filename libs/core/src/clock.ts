/** The only place that reads the wall clock; everything else is given a Clock. */
export interface Clock {
  /** Microseconds since the Unix epoch, never going back. */
  nowUs(): number;
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Resolves after `ms`, or early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

let lastUs = 0;

export const systemClock: Clock = {
  nowUs() {
    const now = Math.floor((performance.timeOrigin + performance.now()) * 1000);
    lastUs = Math.max(now, lastUs);
    return lastUs;
  },
  nowMs() {
    return Date.now();
  },
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    });
  },
};
