import type { Log } from '@alphapulse/core';
import kafkajs, { type logCreator } from 'kafkajs';

/**
 * kafkajs logs each failed attempt of each connection as an error; whoever uses the connection reports the outage in
 * one line, so they go to debug here.
 */
export function kafkajsLogCreator(log: Log): logCreator {
  return () =>
    ({ level, namespace, log: { message, timestamp: _, ...fields } }) => {
      if (level === kafkajs.logLevel.NOTHING) return;
      log.debug({ kafkajs: namespace, ...fields }, message);
    };
}
