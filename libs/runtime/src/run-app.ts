import { codeOf } from '@alphapulse/core';
import type pino from 'pino';
import { createLogger } from './logger.ts';

/**
 * Runs an app: SIGTERM and SIGINT abort the signal and the app has `graceMs` to finish; it exits 0 when `main`
 * resolves and 1 with one log line when it rejects.
 */
export async function runApp(
  name: string,
  main: (log: pino.Logger, signal: AbortSignal) => Promise<void>,
  graceMs = 20_000,
): Promise<void> {
  const log = createLogger(name);
  const stopping = new AbortController();
  const stop = (reason: NodeJS.Signals) => {
    if (stopping.signal.aborted) return;
    log.info({ reason }, 'stopping');
    stopping.abort();
    setTimeout(() => {
      log.error({ graceMs }, 'did not stop in time');
      process.exit(1);
    }, graceMs).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  try {
    await main(log, stopping.signal);
    log.info({}, 'stopped');
    process.exit(0);
  } catch (error) {
    log.error(
      { code: codeOf(error), error: (error as Error).message, stack: (error as Error).stack },
      'stopped by an error',
    );
    process.exit(1);
  }
}
