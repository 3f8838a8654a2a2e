import { type ChildProcess, spawn } from 'node:child_process';
import { createRedis, type RedisConnection } from '@alphapulse/redis';
import {
  allKinds,
  type Change,
  idOfMember,
  type Kind,
  keyOfVersionMember,
  keysOf,
  membersOf,
  type Registered,
  type RegistryBatch,
  redisKeys,
  redisLayout,
  redisPrefix,
  statusField,
  supersededKey,
  topicOf,
  versionKey,
  versionsOf,
  versionsUpTo,
} from '@alphapulse/registry';
import { redisCommand } from '@alphapulse/registry/testing/redis-server.ts';
import { freePort } from '@alphapulse/stack';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dumpRedis } from './dump-redis.ts';
import { RedisCache } from './redis-cache.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const times = (validFrom = 0) => ({ validFrom, validTo: null, recordedTime: 0, provenance: 'test' });

const listing = (id: string, symbol: string, instrumentId = 'ff', validFrom = 0): Registered['listings'] => ({
  id,
  venue: 'kraken',
  symbol,
  instrumentId,
  instrument: `spot:${symbol}`,
  tickSize: 0.1,
  lotSize: null,
  minNotional: null,
  makerFeeBps: null,
  takerFeeBps: null,
  status: 'trading',
  source: 'kraken',
  mapping: 'rule',
  ...times(validFrom),
});

const instrument = (id: string, isin: string | null, type: 'equity' | 'etf' = 'equity') => ({
  ...{ id, identity: `${type}:${id}`, type, isin, base: null, quote: null, settle: null, expiry: null, strike: null },
  ...{ right: null, cusip: null, figi: null, ticker: null, name: null, sector: null, provider: null, code: null },
  ...{ chain: null, address: null },
  ...times(),
});

const synthetic = (id: string, legs: readonly string[]): Registered['synthetics'] => ({
  id,
  name: id,
  kind: 'formula',
  formula: 'a',
  legs: legs.map((instrumentId, at) => ({ name: `l${at}`, instrumentId, weight: 1, venue: null })),
  ...times(),
});

const token = (id: string, address: string): Registered['tokens'] => ({
  ...{ id, chain: 'ethereum', address, symbol: 'T', name: 'T', decimals: 18, asset: null },
  ...times(),
});

const put = <K extends Kind>(kind: K, offset: number, key: string, value: Registered[K] | null): Change =>
  ({ kind, key, value, offset }) as Change;

function batchOf(...changes: Change[]): RegistryBatch {
  const { kind = 'listings', offset = -1 } = changes[changes.length - 1] ?? {};
  return { kind, topic: topicOf[kind].name, partition: 0, changes, next: offset + 1 };
}

const partitionOf = (kind: Kind) => `${topicOf[kind].name}/0`;

const command = redisCommand();
if (command === undefined) {
  test('redis cache: skipped, no redis-server is here (the local stack fetches one)', () => {
    console.log('redis cache: skipped, no redis-server is here (the local stack fetches one)');
  });
} else {
  describe('redis cache', () => {
    let server: ChildProcess;
    let port: number;
    let redis: RedisConnection;
    let other: RedisConnection;
    let cache: RedisCache;

    const start = () =>
      spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
        stdio: 'ignore',
      });
    const ready = ({ client }: RedisConnection) => new Promise<void>((resolve) => client.once('ready', resolve));
    const empty = async (on = cache) => {
      await redis.client.flushall();
      await on.open('here');
      for (const kind of allKinds) await on.reset(kind, new Map([[partitionOf(kind), undefined]]), 1);
    };
    const positions = async () => (await cache.open('here')).positions;
    const members = (key: string, value: string) => redis.client.zrangebylex(key, ...membersOf(value));

    beforeAll(async () => {
      port = await freePort(0);
      server = start();
      redis = createRedis(`redis://127.0.0.1:${port}`, quiet);
      other = createRedis(`redis://127.0.0.1:${port}`, quiet);
      await Promise.all([redis, other].map((each) => (each.available ? undefined : ready(each))));
      cache = new RedisCache(redis);
    });

    afterAll(async () => {
      await Promise.all([redis.close(), other.close()]);
      server.kill();
    });

    beforeEach(() => empty());

    test('keeps entities, indexes and the position together', async () => {
      const old = { ...listing('aa', 'BTC/USD'), validTo: 9 };
      const belief = { ...listing('aa', 'BTC/USD'), validTo: 5 };
      expect(
        await cache.apply(
          batchOf(
            put('listings', 0, supersededKey('aa', 0, 7), belief),
            put('listings', 1, versionKey('aa', 0), old),
            put('listings', 2, 'aa', listing('aa', 'BTC/USD', 'ff', 9)),
          ),
          0,
        ),
      ).toBe(3);
      expect((await positions()).get('registry.listings/0')).toBe(3);
      const entities = redisKeys.entities('listings');
      expect(JSON.parse((await redis.client.hget(entities, 'aa')) ?? '')).toEqual(listing('aa', 'BTC/USD', 'ff', 9));
      expect(await redis.client.hget(redisKeys.symbol, 'kraken:BTC/USD')).toBe('aa');
      expect((await members(redisKeys.instrument, 'ff')).map(idOfMember)).toEqual(['aa']);
      // The version that holds at a time, and the beliefs there were, as a reader of Redis finds them.
      const upTo = async (us: number) =>
        (await redis.client.zrevrangebylex(redisKeys.versions('listings'), ...versionsUpTo('aa', us))).map(
          keyOfVersionMember,
        );
      expect(await upTo(8)).toEqual(['aa@0']);
      expect(JSON.parse((await redis.client.hget(entities, 'aa@0')) ?? '')).toEqual(old);
      const beliefs = await redis.client.zrangebylex(redisKeys.superseded('listings'), ...versionsOf('aa'));
      expect(beliefs.map(keyOfVersionMember)).toEqual(['aa@0~7']);
      expect(JSON.parse((await redis.client.hget(entities, 'aa@0~7')) ?? '')).toEqual(belief);
    });

    test('index entries go with the facts that made them', async () => {
      await cache.apply(
        batchOf(
          put('instruments', 0, 'aa', instrument('aa', 'US0378331005')),
          put('instruments', 1, 'ab', instrument('ab', 'US0378331005', 'etf')),
        ),
        0,
      );
      expect((await members(redisKeys.isin, 'US0378331005')).map(idOfMember)).toEqual(['aa', 'ab']);
      await cache.apply(
        batchOf(
          put('instruments', 2, 'aa', instrument('aa', 'US5949181045')),
          put('instruments', 3, 'ab', instrument('ab', null, 'equity')),
        ),
        2,
      );
      expect(await redis.client.zrange(redisKeys.isin, '0', '-1')).toEqual(['US5949181045:aa']);
      expect((await members(redisKeys.type, 'equity')).map(idOfMember)).toEqual(['aa', 'ab']);
      expect(await members(redisKeys.type, 'etf')).toEqual([]);

      await cache.apply(batchOf(put('listings', 0, 'ba', listing('ba', 'X/USD', 'aa'))), 0);
      await cache.apply(batchOf(put('listings', 1, 'ba', listing('ba', 'X/USD', 'ab'))), 1);
      expect(await redis.client.zrange(redisKeys.instrument, '0', '-1')).toEqual(['ab:ba']);

      await cache.apply(batchOf(put('synthetics', 0, 'ca', synthetic('ca', ['aa', 'ab', 'aa']))), 0);
      await cache.apply(batchOf(put('synthetics', 1, 'ca', synthetic('ca', ['ab', 'ac']))), 1);
      expect(await redis.client.zrange(redisKeys.leg, '0', '-1')).toEqual(['ab:ca', 'ac:ca']);

      await cache.apply(batchOf(put('tokens', 0, 'da', token('da', '0xAbC0'))), 0);
      expect(await redis.client.hgetall(redisKeys.token)).toEqual({ 'ethereum:0xabc0': 'da' });
      await cache.apply(batchOf(put('tokens', 1, 'da', null)), 1);
      expect(await redis.client.exists(redisKeys.token, redisKeys.entities('tokens'))).toBe(0);
    });

    test('a tombstone takes an entity out of the indexes too', async () => {
      await cache.apply(
        batchOf(
          put('listings', 0, 'aa', listing('aa', 'BTC/USD')),
          put('listings', 1, 'ab', listing('ab', 'ETH/USD')),
          put('listings', 2, 'ab@5', listing('ab', 'ETH/USD', 'ff', 5)),
        ),
        0,
      );
      await cache.apply(
        batchOf(
          put('listings', 3, 'aa', null),
          put('listings', 4, 'ac', listing('ac', 'X/USD')),
          put('listings', 5, 'ac', null),
          put('listings', 6, 'ab@5', null),
        ),
        3,
      );
      expect(await redis.client.hgetall(redisKeys.symbol)).toEqual({ 'kraken:ETH/USD': 'ab' });
      expect(await redis.client.hkeys(redisKeys.entities('listings'))).toEqual(['ab']);
      expect(await redis.client.exists(redisKeys.versions('listings'))).toBe(0);
    });

    test('an id that several identities claimed keeps every collision', async () => {
      const collision = (rejectedIdentity: string, detectedTime: number) => ({
        ...{ id: 'aa', existingIdentity: 'asset:A', rejectedIdentity, entity: 'assets', detectedTime },
      });
      await cache.apply(
        batchOf(
          put('collisions', 0, 'aa', collision('asset:B', 1)),
          put('collisions', 1, 'aa', collision('asset:C', 2)),
          put('collisions', 2, 'aa', null),
        ),
        0,
      );
      expect((await redis.client.hkeys(redisKeys.entities('collisions'))).sort()).toEqual(['aa asset:B', 'aa asset:C']);
    });

    test('more legs than a call has room for', async () => {
      const legs = Array.from({ length: 20_000 }, (_, at) => at.toString(16).padStart(32, '0'));
      await cache.apply(batchOf(put('synthetics', 0, 'ca', synthetic('ca', legs))), 0);
      expect(await redis.client.zcard(redisKeys.leg)).toBe(20_000);
    });

    test('refuses a batch when the cache is behind, leaves out what it has', async () => {
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      expect(await cache.apply(batchOf(put('listings', 5, 'ab', listing('ab', 'ETH/USD'))), 5)).toBeUndefined();
      expect(await cache.apply(batchOf(put('listings', 0, 'aa', null)), 0)).toBe(1);
      expect(await redis.client.hexists(redisKeys.entities('listings'), 'aa')).toBe(1);
      await redis.client.flushall();
      expect(await cache.apply(batchOf(put('listings', 1, 'ab', listing('ab', 'ETH/USD'))), 1)).toBeUndefined();
      expect(await redis.client.dbsize()).toBe(0);
    });

    test('a batch that was under way when the server was replaced by an empty one is not written', async () => {
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      // What apply has read is from the server before, what it writes goes to the one after.
      const { client } = redis;
      const asked = client.hmget.bind(client) as (...args: string[]) => Promise<(string | null)[]>;
      const replaced = Object.create(client, {
        hmget: {
          value: async (...args: string[]) => {
            const answer = await asked(...args);
            server.kill('SIGKILL');
            await new Promise((resolve) => server.once('exit', resolve));
            server = start();
            await ready(redis);
            return answer;
          },
        },
      }) as RedisConnection['client'];
      const underWay = new RedisCache({ client: replaced, available: true, close: async () => undefined });
      expect(await underWay.apply(batchOf(put('listings', 1, 'ab', listing('ab', 'ETH/USD'))), 1)).toBeUndefined();
      expect(await client.dbsize()).toBe(0);
      if (!other.available) await ready(other);
    });

    test('two writers at once write each record’s newest state once', async () => {
      const second = new RedisCache(other);
      const records = Array.from({ length: 200 }, (_, offset) =>
        put(
          'listings',
          offset,
          `a${offset % 3}`,
          listing(`a${offset % 3}`, `S${offset % 3}`, `f${offset % 7}`, offset),
        ),
      );
      // Batches of different sizes, so that they overlap in all ways.
      const write = async (writer: RedisCache, size: number) => {
        for (let from = 0; from < records.length; from += size) {
          const batch = batchOf(...records.slice(from, from + size));
          expect(await writer.apply(batch, from)).toBeGreaterThanOrEqual(batch.next);
        }
      };
      await Promise.all([write(cache, 1), write(second, 7)]);
      const together = await dumpRedis(redis);
      await empty();
      await write(cache, 200);
      expect(await dumpRedis(redis)).toEqual(together);
      expect(together).toContain(`${redisKeys.offsets} registry.listings/0 = 200`);
    });

    test('reset empties its kind and no other, once', async () => {
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      await cache.apply(batchOf(put('tokens', 0, 'da', token('da', '0xAbC0'))), 0);
      await redis.client.set('elsewhere', '1');
      const epoch = () => redis.client.hget(redisKeys.status, statusField.epoch('listings'));
      const before = await epoch();
      const seen = new Map([['registry.listings/0', 1]]);
      expect(await cache.reset('listings', seen, 77)).toBe(true);
      expect(await redis.client.exists(...keysOf('listings'))).toBe(0);
      expect(await redis.client.hlen(redisKeys.entities('tokens'))).toBe(1);
      expect(await redis.client.get('elsewhere')).toBe('1');
      expect(await epoch()).not.toBe(before);
      const { positions: now, followedMs } = await cache.open('here');
      expect([now.get('registry.listings/0'), now.get('registry.tokens/0')]).toEqual([0, 1]);
      expect([followedMs.get('listings'), followedMs.get('tokens')]).toEqual([77, 1]);
      // Who comes second with what it saw before does not empty what the first has begun to fill.
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      expect(await new RedisCache(other).reset('listings', new Map([['registry.listings/0', 0]]), 78)).toBe(false);
      expect(await redis.client.hlen(redisKeys.entities('listings'))).toBe(1);
    });

    test('check notes how far a kind was followed, unless positions are lost', async () => {
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      const at = (position: number) => new Map([['registry.listings/0', position]]);
      expect(await cache.check(at(1), ['listings'], 50)).toBe(true);
      expect((await cache.open('here')).followedMs.get('listings')).toBe(50);
      expect(await cache.check(at(2), ['listings'], 60)).toBe(false);
      expect((await cache.open('here')).followedMs.get('listings')).toBe(50);
      await redis.client.flushall();
      expect(await cache.check(at(1), ['listings'], 60)).toBe(false);
      expect(await redis.client.dbsize()).toBe(0);
    });

    test('a key that was evicted or deleted, or lost an entry, is seen', async () => {
      for (const kind of allKinds) expect(await cache.intact(kind)).toBe(true);
      await cache.apply(
        batchOf(put('listings', 0, 'aa', listing('aa', 'A')), put('listings', 1, 'ab', listing('ab', 'B'))),
        0,
      );
      for (const kind of allKinds) expect(await cache.intact(kind)).toBe(true);
      await redis.client.zrem(redisKeys.instrument, 'ff:ab');
      expect(await cache.intact('listings')).toBe(false);
      await cache.reset('listings', new Map([['registry.listings/0', 2]]), 1);
      expect(await cache.intact('listings')).toBe(true);
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'A'))), 0);
      await redis.client.unlink(redisKeys.entities('listings'));
      expect(await cache.intact('listings')).toBe(false);
      expect(await cache.intact('tokens')).toBe(true);
    });

    test('a copy of another cluster or layout is taken out, whatever keys it had', async () => {
      await cache.apply(batchOf(put('listings', 0, 'aa', listing('aa', 'BTC/USD'))), 0);
      expect((await cache.open('elsewhere')).positions).toEqual(new Map());
      expect(await redis.client.keys('*')).toEqual([redisKeys.status]);

      await redis.client.flushall();
      await redis.client.hset(`${redisPrefix}listings:aa`, 'symbol', 'BTC/USD');
      await redis.client.sadd(`${redisPrefix}index:type:spot`, 'ff');
      await redis.client.hset(redisKeys.offsets, 'registry.listings/0', 1);
      await redis.client.set('elsewhere', '1');
      expect((await cache.open('here')).positions).toEqual(new Map());
      expect((await redis.client.keys('*')).sort()).toEqual([redisKeys.status, 'elsewhere']);
      expect(await redis.client.hget(redisKeys.status, statusField.layout)).toBe(redisLayout);
    });

    test('whatever is written in whatever steps, the copy is what the last records of all keys make', async () => {
      const id = fc.constantFrom('aa', 'ab', 'ac');
      const change = fc.oneof(
        id.chain((key) =>
          fc.record({
            kind: fc.constant('instruments' as const),
            key: fc.constantFrom(key, versionKey(key, 5), supersededKey(key, 5, 9)),
            value: fc.option(
              fc.record({ isin: fc.constantFrom('I1', 'I2', null), type: fc.constantFrom('equity', 'etf') }),
            ),
          }),
        ),
        fc.record({
          kind: fc.constant('synthetics' as const),
          key: id,
          value: fc.option(fc.array(fc.constantFrom('f1', 'f2', 'f3'), { maxLength: 3 })),
        }),
        fc.record({
          kind: fc.constant('listings' as const),
          key: id,
          value: fc.option(fc.constantFrom('f1', 'f2')),
        }),
      );
      const build = (given: readonly (typeof change extends fc.Arbitrary<infer T> ? T : never)[], kind: Kind) =>
        given
          .filter((each) => each.kind === kind)
          .map(({ kind, key, value }, offset): Change => {
            if (value === null) return put(kind, offset, key, null);
            if (kind === 'synthetics') return put(kind, offset, key, synthetic(key, value as string[]));
            if (kind === 'listings') return put(kind, offset, key, listing(key, `S-${key}`, value as string));
            const { isin, type } = value as { isin: string | null; type: 'equity' | 'etf' };
            return put('instruments', offset, key, instrument(key.slice(0, 2), isin, type));
          });
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { maxLength: 30 }),
          fc.infiniteStream(fc.nat({ max: 4 })),
          async (all, sizes) => {
            const kinds = ['instruments', 'synthetics', 'listings'] as const;
            await empty();
            for (const kind of kinds) {
              const changes = build(all, kind);
              for (let from = 0; from < changes.length; ) {
                const size = 1 + (sizes.next().value as number);
                await cache.apply(batchOf(...changes.slice(from, from + size)), from);
                from += size;
              }
            }
            const stepwise = await dumpRedis(redis);
            await empty();
            for (const kind of kinds) {
              const changes = build(all, kind);
              // As the log is after compaction.
              const last = new Map(changes.map((each) => [each.key, each]));
              const left = changes.filter((each) => last.get(each.key) === each && each.value !== null);
              const next = changes.length;
              await cache.apply({ kind, topic: topicOf[kind].name, partition: 0, changes: left, next }, 0);
            }
            expect(await dumpRedis(redis)).toEqual(stepwise);
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}
