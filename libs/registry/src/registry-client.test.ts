import { ManualClock } from '@alphapulse/testkit';
import { registryListings } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import { RegistryClient } from './registry-client.ts';
import { listingOf } from './testing/entities.ts';
import { MemoryCacheReader } from './testing/memory-cache-reader.ts';
import { MemoryLog, memorySchemas } from './testing/memory-log.ts';
import { QuietLog } from './testing/quiet-log.ts';

const btc = { venue: 'kraken', symbol: 'BTC/USD', asOfUs: 50 };
const eth = { venue: 'kraken', symbol: 'ETH/USD', asOfUs: 50 };
const bitcoin = listingOf({ id: 'aa' });
const ether = listingOf({ id: 'ab', symbol: 'ETH/USD' });

function setUp(options: { max?: number; batch?: number; clusterId?: string } = {}) {
  const memory = new MemoryLog();
  const clock = new ManualClock();
  const log = new QuietLog();
  const cache = new MemoryCacheReader();
  const changes: string[] = [];
  const reader = memory.reader();
  const client = new RegistryClient(
    {
      ...{ reader, ends: reader, schemas: memorySchemas, clock, log, cache },
      clusterId: async () => options.clusterId,
    },
    { ...options, onChange: ({ key, offset }) => changes.push(`${key} ${offset}`) },
  );
  return { memory, clock, log, cache, client, changes };
}

describe('registry client', () => {
  test('starts from the cache and follows the topics from its positions', async () => {
    const { memory, cache, client, changes } = setUp();
    memory.append(registryListings, 'aa', bitcoin);
    memory.append(registryListings, 'ab', ether);
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    cache.positions.set('registry.listings/0', 1);
    await client.start();
    expect(changes).toEqual(['aa -1', 'ab 1']);
    expect(client.listing('kraken', 'BTC/USD', 50)).toEqual(bitcoin);
    expect(client.view.listing('kraken', 'ETH/USD', 50)).toEqual(ether);
    expect(client.health()).toEqual({
      ...{ filled: true, filledFrom: 'cache', cache: 'present', reason: undefined, corrupt: 0, loaded: 0 },
    });
    await client.close();
    expect(cache.closed).toBe(true);
    await client.done;
  });

  test('without a cache it is filled from the topics, says so, and uses the cache when it is there', async () => {
    const { memory, clock, cache, client, log } = setUp();
    memory.append(registryListings, 'aa', bitcoin);
    cache.available = false;
    let started = false;
    void client.start().then(() => {
      started = true;
    });
    while (!started) await clock.advance(100);
    expect(client.listing('kraken', 'BTC/USD', 50)).toEqual(bitcoin);
    expect(client.health()).toMatchObject({ filled: true, filledFrom: 'topics', cache: 'away' });
    expect(await client.load([btc, eth])).toEqual([bitcoin, undefined]);
    expect(cache.asked).toEqual([]);
    expect(log.lines.filter(({ message }) => message.startsWith('registry is read from the topics'))).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
    cache.available = true;
    cache.put({ kind: 'listings', key: 'ab', value: ether });
    expect(client.health()).toMatchObject({ cache: 'present', reason: undefined });
    expect(await client.load([btc, eth])).toEqual([bitcoin, ether]);
    expect(client.listing('kraken', 'ETH/USD', 50)).toEqual(ether);
    cache.available = false;
    expect(client.listing('kraken', 'ETH/USD', 50)).toEqual(ether);
    expect(client.health()).toMatchObject({ cache: 'away', loaded: 1 });
    await client.close();
  });

  test('what a distrusted cache has told is forgotten', async () => {
    const { memory, cache, client } = setUp();
    memory.append(registryListings, 'aa', bitcoin);
    cache.put({ kind: 'listings', key: 'ab', value: ether });
    cache.onRead = () => {
      cache.generation = '2';
    };
    await client.start();
    expect(client.view.ids('listings')).toEqual(['aa']);
    expect(client.health()).toMatchObject({ filledFrom: 'topics', cache: 'distrusted', reason: expect.any(String) });
    await client.close();
  });

  test('a cache of another cluster is not asked, until it has become one of this cluster', async () => {
    const { clock, cache, client } = setUp({ clusterId: 'own' });
    cache.clusterId = 'other';
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    await client.start();
    expect(await client.load([btc])).toEqual([undefined]);
    expect(cache.asked).toEqual([]);
    cache.clusterId = 'own';
    await clock.advance(10_001);
    expect(await client.load([btc])).toEqual([bitcoin]);
    expect(client.health()).toMatchObject({ cache: 'present', reason: undefined });
    await client.close();
  });

  test('asks for all misses of a turn in one round trip, each listing once', async () => {
    const { cache, client } = setUp();
    await client.start();
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    cache.put({ kind: 'listings', key: 'ab', value: ether });
    const answers = await Promise.all([client.load([btc, eth]), client.load([btc]), client.load([eth, btc, eth])]);
    expect(answers).toEqual([[bitcoin, ether], [bitcoin], [ether, bitcoin, ether]]);
    expect(cache.asked).toEqual([
      [
        { venue: 'kraken', symbol: 'BTC/USD' },
        { venue: 'kraken', symbol: 'ETH/USD' },
      ],
    ]);
    // From now on memory answers.
    expect(await client.load([btc])).toEqual([bitcoin]);
    expect(cache.asked).toHaveLength(1);
    await client.close();
  });

  test('who asks while the answer is under way waits for it', async () => {
    const { cache, client } = setUp();
    await client.start();
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    let answer: () => void = () => undefined;
    cache.onAsked = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const first = client.load([btc]);
    while (cache.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = client.load([btc]);
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    expect(await Promise.all([first, second])).toEqual([[bitcoin], [bitcoin]]);
    expect(cache.asked).toHaveLength(1);
    await client.close();
  });

  test('versions of a listing are told apart by time', async () => {
    const { cache, client } = setUp();
    await client.start();
    cache.put({ kind: 'listings', key: 'aa@0', value: listingOf({ id: 'aa', tickSize: 1, validTo: 100 }) });
    cache.put({ kind: 'listings', key: 'aa', value: listingOf({ id: 'aa', tickSize: 2, validFrom: 100 }) });
    const found = await client.load([btc, { ...btc, asOfUs: 100 }]);
    expect(found.map((listing) => listing?.tickSize)).toEqual([1, 2]);
    expect(client.listing('kraken', 'BTC/USD', 99)?.tickSize).toBe(1);
    await client.close();
  });

  test('no answer is believed for a short time only', async () => {
    const { clock, cache, client } = setUp();
    await client.start();
    expect(await client.load([btc])).toEqual([undefined]);
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    expect(await client.load([btc])).toEqual([undefined]);
    expect(cache.asked).toHaveLength(1);
    await clock.advance(2_001);
    expect(await client.load([btc])).toEqual([bitcoin]);
    await client.close();
  });

  test('holds a bounded number of listings, and still answers every question', async () => {
    const { cache, client } = setUp({ max: 2, batch: 3 });
    await client.start();
    const asked = Array.from({ length: 7 }, (_, at) => ({ venue: 'kraken', symbol: `S${at}`, asOfUs: 1 }));
    for (const [at, { symbol }] of asked.entries())
      cache.put({ kind: 'listings', key: `a${at}`, value: listingOf({ id: `a${at}`, symbol }) });
    const found = await client.load(asked);
    expect(found.map((listing) => listing?.symbol)).toEqual(asked.map(({ symbol }) => symbol));
    expect(cache.asked.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(client.health().loaded).toBe(2);
    await client.close();
  });

  test('what the topic tells replaces what the cache has told, an answer under way included', async () => {
    const { memory, cache, client } = setUp();
    await client.start();
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    cache.onAsked = async () => {
      memory.append(registryListings, 'aa', listingOf({ id: 'aa', tickSize: 9 }));
      memory.append(registryListings, 'aa', null);
      await client.catchUp();
    };
    await client.load([btc]);
    expect(client.listing('kraken', 'BTC/USD', 50)).toBeUndefined();
    cache.onAsked = async () => undefined;
    await client.load([btc]);
    memory.append(registryListings, 'aa', listingOf({ id: 'aa', tickSize: 7 }));
    await client.catchUp();
    expect(client.listing('kraken', 'BTC/USD', 50)?.tickSize).toBe(7);
    expect(client.health().loaded).toBe(0);
    await client.close();
  });

  test('a cache that fails or holds garbage is no error, and is asked again', async () => {
    const { cache, client, log } = setUp();
    await client.start();
    cache.put({ kind: 'listings', key: 'aa', value: bitcoin });
    cache.onAsked = async () => {
      throw new Error('timed out');
    };
    expect(await client.load([btc])).toEqual([undefined]);
    cache.onAsked = async () => undefined;
    expect(await client.load([btc])).toEqual([bitcoin]);
    cache.entities.get('listings')?.set('ab', '{"venue":"kraken","symbol":"ETH/USD"}');
    expect(await client.load([eth])).toEqual([undefined]);
    expect(log.lines.some(({ message }) => message === 'corrupt record in the cache skipped')).toBe(true);
    await client.close();
  });
});
