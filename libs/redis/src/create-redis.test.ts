import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Log } from '@alphapulse/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createRedis, type RedisConnection } from './create-redis.ts';

const open: Socket[] = [];
let server: Server | undefined;

/** Speaks as much of Redis as a connection needs: an empty INFO, OK to anything else. */
async function listen(port: number): Promise<number> {
  server = createServer((socket) => {
    open.push(socket);
    socket.on('data', (bytes) => {
      for (const command of bytes.toString().split('*').slice(1)) {
        socket.write(/info/i.test(command) ? '$0\r\n\r\n' : '+OK\r\n');
      }
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function fall(): Promise<void> {
  for (const socket of open.splice(0)) socket.destroy();
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
  server = undefined;
}

afterEach(fall);

/** Unlike `events.once`, does not mind errors: those are what the outage is made of. */
function next(redis: RedisConnection, event: 'close' | 'ready'): Promise<void> {
  return new Promise((resolve) => redis.client.once(event, () => resolve()));
}

function keep(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const line = (fields: object, message = '') => lines.push(`${message} ${JSON.stringify(fields)}`);
  return { log: { debug: () => undefined, info: line, warn: line, error: line }, lines };
}

describe('redis connection', () => {
  test('fails fast and says it once while the server is away, and comes back by itself', async () => {
    const port = await listen(0);
    await fall();
    const { log, lines } = keep();
    const redis = createRedis(`redis://:s3cret@127.0.0.1:${port}`, log);
    await next(redis, 'close');
    await next(redis, 'close');
    expect(redis.available).toBe(false);
    await expect(redis.client.get('key')).rejects.toThrow();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/redis is away .*redis_unavailable/);

    const back = next(redis, 'ready');
    await listen(port);
    await back;
    expect(redis.available).toBe(true);
    expect(await redis.client.get('key')).toBe('OK');
    expect(lines).toHaveLength(2);

    const gone = next(redis, 'close');
    await fall();
    await gone;
    expect(redis.available).toBe(false);
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain('s3cret');
    await redis.close();
    expect(lines).toHaveLength(3);
  });
});
