import { createRedis, type RedisConnection } from '@alphapulse/redis';
import type { Listing } from '@alphapulse/schemas';
import { ManualClock } from '@alphapulse/testkit';
import { registryListings } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CachedRecord } from './cache-reader.ts';
import { RedisCacheReader } from './redis-cache-reader.ts';
import { redisKeys, redisLayout, statusField, symbolField, versionMember } from './redis-layout.ts';
import { type ListingQuestion, RegistryClient } from './registry-client.ts';
import { listingOf } from './testing/entities.ts';
import { MemoryLog, memorySchemas } from './testing/memory-log.ts';
import { QuietLog } from './testing/quiet-log.ts';
import { type RedisServer, redisCommand, startRedisServer } from './testing/redis-server.ts';

const command = redisCommand();
if (command === undefined) {
  test('redis cache reader: skipped, no redis-server is here (the local stack fetches one)', () => {
    console.log('redis cache reader: skipped, no redis-server is here (the local stack fetches one)');
  });
} else {
  describe('redis cache reader', () => {
    let server: RedisServer;
    let redis: RedisConnection;
    let reader: RedisCacheReader;

    /** As apps/registry writes a listing's record. */
    async function put(key: string, listing: Listing): Promise<void> {
      const { client } = redis;
      await client.hset(redisKeys.entities('listings'), key, JSON.stringify(listing));
      const member = versionMember(key);
      if (member === undefined) await client.hset(redisKeys.symbol, symbolField(listing.venue, listing.symbol), key);
      else await client.zadd((key.includes('~') ? redisKeys.superseded : redisKeys.versions)('listings'), 0, member);
    }

    beforeAll(async () => {
      server = await startRedisServer(command);
      redis = createRedis(server.url, new QuietLog());
      reader = new RedisCacheReader(redis);
      if (!redis.available) await new Promise<void>((resolve) => redis.client.once('ready', resolve));
    });

    afterAll(async () => {
      await reader.close();
      server.stop();
    });

    test('an empty server is no readable cache', async () => {
      expect(reader.available).toBe(true);
      const state = await reader.state(['listings']);
      expect(state).toMatchObject({ unreadable: expect.stringContaining('layout none'), clusterId: undefined });
      expect(state.positions.size).toBe(0);
    });

    test('says where it stands, of which cluster, and whether it was emptied', async () => {
      await redis.client.hset(redisKeys.offsets, { 'registry.listings/0': 12, 'registry.mappings/3': 4 });
      await redis.client.hset(redisKeys.status, {
        [statusField.layout]: redisLayout,
        [statusField.cluster]: 'a cluster',
        [statusField.epoch('listings')]: 'e1',
        [statusField.followedMs('listings')]: 77,
      });
      const state = await reader.state(['listings', 'tokens']);
      expect(state).toMatchObject({ unreadable: undefined, clusterId: 'a cluster' });
      expect([...state.positions]).toEqual([
        ['registry.listings/0', 12],
        ['registry.mappings/3', 4],
      ]);
      expect([...state.followedMs]).toEqual([['listings', 77]]);
      await redis.client.hset(redisKeys.status, statusField.epoch('tokens'), 'e2');
      expect((await reader.state(['listings'])).generation).toBe((await reader.state(['listings'])).generation);
      expect((await reader.state(['listings', 'tokens'])).generation).not.toBe(state.generation);
    });

    test('reads every record of a kind, however many pages', async () => {
      const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [at.toString(16), `{"at":${at}}`]));
      await redis.client.hset(redisKeys.entities('tokens'), fields);
      const records = new Map<string, string>();
      let pages = 0;
      for await (const page of reader.records('tokens')) {
        pages++;
        for (const { key, json } of page) records.set(key, json);
      }
      expect(pages).toBeGreaterThan(1);
      expect(Object.fromEntries(records)).toEqual(fields);
      const none: (readonly CachedRecord[])[] = [];
      for await (const page of reader.records('pools')) none.push(page);
      expect(none.flat()).toEqual([]);
    });

    test('gives all records of many listings at once, with the keys that the topic has', async () => {
      const records: [key: string, listing: Listing][] = [
        ['aa', listingOf({ id: 'aa', validFrom: 1_790_000_000_000_000 })],
        ['aa@0', listingOf({ id: 'aa', validTo: 100 })],
        ['aa@100', listingOf({ id: 'aa', validFrom: 100, validTo: 1_790_000_000_000_000 })],
        ['aa@0~70', listingOf({ id: 'aa', tickSize: 7, recordedTime: 70 })],
        ['aab', listingOf({ id: 'aab', symbol: 'ETH/USD' })],
        ['aab@0', listingOf({ id: 'aab', symbol: 'ETH/USD', validTo: 1 })],
      ];
      for (const [key, listing] of records) await put(key, listing);
      const [btc, nothing, eth] = await reader.listings([
        { venue: 'kraken', symbol: 'BTC/USD' },
        { venue: 'kraken', symbol: 'NO/SUCH' },
        { venue: 'kraken', symbol: 'ETH/USD' },
      ]);
      const found = (answer: readonly CachedRecord[] | undefined) =>
        answer?.map(({ key, json }) => [key, JSON.parse(json) as unknown]);
      expect(found(btc)).toEqual(records.slice(0, 4));
      expect(nothing).toEqual([]);
      expect(found(eth)).toEqual(records.slice(4));
      expect(await reader.listings([])).toEqual([]);
      // A server that was restarted has lost the script.
      await redis.client.script('FLUSH');
      expect(await reader.listings([{ venue: 'kraken', symbol: 'NO/SUCH' }])).toEqual([[]]);
    });

    test('many listings are one command', async () => {
      const calls = async () =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.client.info('commandstats'))?.[1]);
      const before = await calls();
      const asked = Array.from({ length: 1_000 }, (_, at) => ({
        venue: 'kraken',
        symbol: at % 2 ? 'BTC/USD' : `S${at}`,
      }));
      const answers = await reader.listings(asked);
      expect(answers.filter(({ length }) => length > 0)).toHaveLength(500);
      expect(await calls()).toBe(before + 1);
    });

    test('a client goes on while the server is away, says so, and asks it again when it is back', async () => {
      const clock = new ManualClock();
      const log = new QuietLog();
      const memory = new MemoryLog();
      const bitcoin = listingOf({ id: 'aa' });
      const [question, other] = ['BTC/USD', 'NEW/USD'].map((symbol) => ({ venue: 'kraken', symbol, asOfUs: 1 }));
      memory.append(registryListings, 'aa', bitcoin);
      const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
      const client = new RegistryClient({ ...ports, cache: reader }, { kinds: ['listings'] });
      const until = async (condition: () => boolean) => {
        while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      const { port } = server;
      server.stop();
      await until(() => !reader.available);
      let started = false;
      void client.start().then(() => {
        started = true;
      });
      await until(() => {
        void clock.advance(100);
        return started;
      });
      expect(client.health()).toMatchObject({ filled: true, filledFrom: 'topics', cache: 'away' });
      expect(await client.load([question, other] as ListingQuestion[])).toEqual([bitcoin, undefined]);

      server = await startRedisServer(command, port);
      await until(() => reader.available);
      await redis.client.hset(redisKeys.status, {
        [statusField.layout]: redisLayout,
        [statusField.followedMs('listings')]: clock.nowMs(),
      });
      await redis.client.hset(redisKeys.offsets, 'registry.listings/0', 1);
      await put('ab', listingOf({ id: 'ab', symbol: 'NEW/USD' }));
      expect(await client.load([question, other] as ListingQuestion[])).toMatchObject([{ id: 'aa' }, { id: 'ab' }]);
      expect(client.health()).toMatchObject({ cache: 'present', reason: undefined, loaded: 1 });
      await client.close();
    }, 30_000);
  });
}
