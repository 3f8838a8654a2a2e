import type { Log } from '@alphapulse/core';
import { Redis } from 'ioredis';

/** A connection that comes back by itself. Commands fail at once while it is away; nothing is queued. */
export interface RedisConnection {
  readonly client: Redis;
  /** True while the server answers. */
  readonly available: boolean;
  close(): Promise<void>;
}

const commandTimeoutMs = 5_000;
const maxBackoffMs = 5_000;

/**
 * Connects to Redis (`redis://` or, with TLS, `rediss://`) in the background, for as long as it takes: a first try
 * that fails is an outage like any other. One log line an outage, one when it ends. The password is never logged.
 */
export function createRedis(url: string, log: Log): RedisConnection {
  const server = new URL(url).host;
  const client = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
    disconnectTimeout: 200,
    // Servers and proxies that do not know HELLO yet are common; nothing here needs RESP3.
    protocol: 2,
    retryStrategy: (attempt) => Math.min(maxBackoffMs, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2),
  });
  let available = false;
  let outage = false;
  let closing = false;
  const away = (reason: string) => {
    available = false;
    if (outage || closing) return;
    outage = true;
    log.warn({ code: 'redis_unavailable', server, error: reason }, 'redis is away');
  };
  client.on('ready', () => {
    if (outage) log.info({ server }, 'redis is back');
    available = true;
    outage = false;
  });
  client.on('error', (error: Error) => away(error.message || (error as { code?: string }).code || 'no connection'));
  client.on('close', () => away('connection closed'));
  client.connect().catch((error: Error) => away(error.message || 'no connection'));
  return {
    client,
    get available() {
      return available;
    },
    async close() {
      closing = true;
      if (available) await client.quit().catch((error: Error) => away(error.message));
      client.disconnect();
    },
  };
}
