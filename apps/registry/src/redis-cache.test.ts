import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createRedis, type RedisConnection } from '@alphapulse/redis';
import type { Change, Registered, RegistryBatch } from '@alphapulse/registry';
import { defaultDirectory, freePort } from '@alphapulse/stack';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { RedisCache } from './redis-cache.ts';

const topic = 'registry.listings';
const partition = `${topic}/0`;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The server the local stack runs: the system's, or the one it has fetched. */
function redisServer(): string | undefined {
  if (spawnSync('redis-server', ['--version']).status === 0) return 'redis-server';
  const folder = join(defaultDirectory, 'parts', 'redis');
  const file = existsSync(folder) && readdirSync(folder).find((name) => name.startsWith('redis-server-'));
  return file ? join(folder, file) : undefined;
}

const listing = (id: string, symbol: string, validFrom = 0): Registered['listings'] => ({
  id,
  venue: 'kraken',
  symbol,
  instrumentId: 'ff',
  instrument: `spot:${symbol}`,
  tickSize: 0.1,
  lotSize: null,
  minNotional: null,
  makerFeeBps: null,
  takerFeeBps: null,
  status: 'trading',
  source: 'kraken',
  validFrom,
  validTo: null,
  recordedTime: 0,
  mapping: 'rule',
  provenance: 'test',
});

const put = (offset: number, key: string, value: Registered['listings'] | null): Change => ({
  kind: 'listings',
  key,
  value,
  offset,
});

const batch = (...changes: Change[]): RegistryBatch => ({
  kind: 'listings',
  topic,
  partition: 0,
  changes,
  next: (changes[changes.length - 1]?.offset ?? -1) + 1,
});

const command = redisServer();
if (command === undefined) {
  test('redis cache: skipped, no redis-server is here (the local stack fetches one)', () => {
    console.log('redis cache: skipped, no redis-server is here (the local stack fetches one)');
  });
} else {
  describe('redis cache', () => {
    let server: ChildProcess;
    let redis: RedisConnection;
    let other: RedisConnection;
    let cache: RedisCache;
    const key = (name: string) => `alphapulse:registry:${name}`;

    beforeAll(async () => {
      const port = await freePort(0);
      server = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
        stdio: 'ignore',
      });
      const connect = async () => {
        const connection = createRedis(`redis://127.0.0.1:${port}`, quiet);
        if (!connection.available) await new Promise<void>((resolve) => connection.client.once('ready', resolve));
        return connection;
      };
      redis = await connect();
      other = await connect();
      cache = new RedisCache(redis);
    });

    afterAll(async () => {
      await Promise.all([redis.close(), other.close()]);
      server.kill();
    });

    beforeEach(async () => {
      await redis.client.flushall();
      await cache.reset('listings', [partition]);
    });

    test('keeps entities, indexes and the position together', async () => {
      expect(
        await cache.apply(
          batch(put(0, 'aa@0', listing('aa', 'BTC/USD')), put(1, 'aa', listing('aa', 'BTC/USD', 9))),
          0,
        ),
      ).toBe(2);
      expect(await cache.positions()).toEqual(new Map([[partition, 2]]));
      const stored = await redis.client.hgetall(key('listings:aa'));
      expect(stored).toMatchObject({ symbol: 'BTC/USD', tickSize: '0.1', validFrom: '9' });
      expect(stored).not.toHaveProperty('lotSize');
      expect(await redis.client.hget(key('index:symbol'), 'kraken:BTC/USD')).toBe('aa');
      // The version that holds at a time, as a reader of Redis finds it.
      const asOf = (us: number) => redis.client.zrange(key('versions:aa'), us, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1);
      expect([await asOf(8), await asOf(9)]).toEqual([['aa@0'], ['aa']]);
    });

    test('a fact that is no longer known goes away with the new record', async () => {
      await cache.apply(batch(put(0, 'aa', listing('aa', 'BTC/USD'))), 0);
      await cache.apply(batch(put(1, 'aa', { ...listing('aa', 'BTC/USD'), tickSize: null })), 1);
      expect(await redis.client.hexists(key('listings:aa'), 'tickSize')).toBe(0);
    });

    test('a tombstone takes an entity out of the indexes too', async () => {
      await cache.apply(batch(put(0, 'aa', listing('aa', 'BTC/USD')), put(1, 'ab', listing('ab', 'ETH/USD'))), 0);
      await cache.apply(batch(put(2, 'aa', null), put(3, 'ac', listing('ac', 'X/USD')), put(4, 'ac', null)), 2);
      expect(await redis.client.hgetall(key('index:symbol'))).toEqual({ 'kraken:ETH/USD': 'ab' });
      expect((await redis.client.keys(key('*:a[ac]'))).length).toBe(0);
    });

    test('refuses a batch when the cache is behind, leaves out what it has', async () => {
      await cache.apply(batch(put(0, 'aa', listing('aa', 'BTC/USD'))), 0);
      expect(await cache.apply(batch(put(5, 'ab', listing('ab', 'ETH/USD'))), 5)).toBeUndefined();
      expect(await cache.apply(batch(put(0, 'aa', null)), 0)).toBe(1);
      expect(await redis.client.exists(key('listings:aa'))).toBe(1);
      await redis.client.flushall();
      expect(await cache.apply(batch(put(1, 'ab', listing('ab', 'ETH/USD'))), 1)).toBeUndefined();
      expect(await redis.client.dbsize()).toBe(0);
    });

    test('two writers at once write each record’s newest state once', async () => {
      const second = new RedisCache(other);
      const records = Array.from({ length: 50 }, (_, offset) => put(offset, 'aa', listing('aa', 'BTC/USD', offset)));
      const write = async (writer: RedisCache) => {
        for (const record of records)
          expect(await writer.apply(batch(record), record.offset)).toBeGreaterThan(record.offset);
      };
      await Promise.all([write(cache), write(second)]);
      expect(await cache.positions()).toEqual(new Map([[partition, 50]]));
      expect(await redis.client.hget(key('listings:aa'), 'validFrom')).toBe('49');
    });

    test('reset empties its kind and no other', async () => {
      await cache.apply(batch(put(0, 'aa', listing('aa', 'BTC/USD'))), 0);
      await redis.client.set('elsewhere', '1');
      await redis.client.hset(key('assets:aa'), 'code', 'BTC');
      await cache.reset('listings', [partition]);
      expect((await redis.client.keys('*')).sort()).toEqual([key('assets:aa'), key('offsets'), 'elsewhere']);
      expect(await cache.positions()).toEqual(new Map([[partition, 0]]));
    });
  });
}
