import { type ListingSeen, RetriableError } from '@alphapulse/core';
import { allKinds, idOf, Registrar } from '@alphapulse/registry';
import { MemoryLog, memorySchemas } from '@alphapulse/registry/testing/memory-log.ts';
import { QuietLog } from '@alphapulse/registry/testing/quiet-log.ts';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Materialiser, type MaterialiserOptions } from './materialiser.ts';
import { MemoryCache, MemoryCorruptRecords } from './testing.ts';

const listing = (number: number): ListingSeen => ({
  venue: 'kraken',
  symbol: `C${number}/USD`,
  type: 'spot',
  base: `C${number}`,
  quote: 'USD',
  tickSize: 0.1,
  status: 'trading',
  provenance: 'test',
});

let stop = new AbortController();
let running: Promise<void>[] = [];

afterEach(async () => {
  stop.abort();
  await Promise.all(running);
  stop = new AbortController();
  running = [];
});

function setUp() {
  const memory = new MemoryLog();
  const clock = new ManualClock();
  const log = new QuietLog();
  const cache = new MemoryCache();
  const corruptRecords = new MemoryCorruptRecords();
  const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
  const registrar = new Registrar({ ...ports, producer: memory.producer() }, { changeLeadMs: 0 });
  const openReader = () => ({ ...memory.reader(), clusterId: async () => 'here' });
  const run = (options: Partial<MaterialiserOptions> = {}) => {
    const materialiser = new Materialiser({
      kinds: allKinds,
      cache,
      corruptRecords,
      openReader,
      schemas: memorySchemas,
      clock,
      log,
      checkMs: 1_000,
      ...options,
    });
    const mine = new AbortController();
    stop.signal.addEventListener('abort', () => mine.abort());
    const run = materialiser.run(mine.signal);
    running.push(run);
    return { materialiser, stop: () => mine.abort(), ended: run };
  };
  /** Lets time pass until the condition holds. */
  const until = async (condition: () => boolean) => {
    for (let turn = 0; turn < 1_000 && !condition(); turn++) await clock.advance(100);
    expect(condition()).toBe(true);
  };
  const written = () => memory.records('registry.listings').length;
  const position = () => cache.offsets.get('registry.listings/0');
  return { memory, clock, log, cache, corruptRecords, openReader, registrar, run, until, written, position };
}

describe('materialiser', () => {
  test('copies the topics in bounded batches and follows them', async () => {
    const { cache, registrar, run, until, written, position } = setUp();
    await registrar.register(
      Array.from({ length: 25 }, (_, number) => listing(number)),
      'kraken',
    );
    const { materialiser } = run({ batchRecords: 10 });
    await until(() => materialiser.current);
    expect(Math.max(...cache.batches)).toBe(10);
    expect(cache.entities.get(`listings:${idOf('listing:kraken:C7/USD')}`)).toMatchObject({ symbol: 'C7/USD' });
    expect([...cache.entities.keys()].filter((key) => key.startsWith('assets:'))).toHaveLength(26);
    await registrar.register([listing(99)], 'kraken');
    await until(() => position() === written());
    expect(cache.entities.has(`listings:${idOf('listing:kraken:C99/USD')}`)).toBe(true);
    expect(materialiser.rebuilds).toBe(allKinds.length);
  });

  test('goes on where the cache stands after a restart', async () => {
    const { cache, registrar, run, until, written, position } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const first = run();
    await until(() => first.materialiser.current);
    first.stop();
    await first.ended;
    cache.batches.length = 0;
    await registrar.register([{ ...listing(1), tickSize: 0.2 }], 'kraken');
    const second = run();
    await until(() => position() === written());
    expect(second.materialiser.rebuilds).toBe(0);
    // The closed version and the new one.
    expect(cache.batches).toEqual([2]);
    const id = idOf('listing:kraken:C1/USD');
    expect(cache.entities.get(`listings:${id}`)).toMatchObject({ tickSize: 0.2 });
    expect(cache.entities.get(`listings:${id}@0`)).toMatchObject({ tickSize: 0.1 });
  });

  test('a flushed cache is rebuilt to the same content, without waiting for a record', async () => {
    const { cache, registrar, run, until } = setUp();
    await registrar.register([listing(1), listing(2)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    const before = new Map([...cache.entities].sort());
    cache.flush();
    await until(() => materialiser.current && cache.entities.size === before.size);
    expect(new Map([...cache.entities].sort())).toEqual(before);
  });

  test('a flush between two records is noticed by the second', async () => {
    const { cache, registrar, run, until } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    cache.flush();
    await registrar.register([listing(2)], 'kraken');
    await until(() => materialiser.current && cache.entities.size === 8);
    expect(cache.entities.has(`listings:${idOf('listing:kraken:C1/USD')}`)).toBe(true);
  });

  test('a cache ahead of the log belongs to another log and is rebuilt', async () => {
    const { cache, registrar, run, until } = setUp();
    cache.clusterId = 'here';
    for (const kind of allKinds) cache.offsets.set(`registry.${kind}/0`, 1_000);
    cache.entities.set('assets:stale', {});
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    expect(cache.entities.has('assets:stale')).toBe(false);
    expect(cache.entities.size).toBe(5);
  });

  test('waits for a cache that is away', async () => {
    const { cache, clock, registrar, run, until, written, position } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    cache.available = false;
    await registrar.register([listing(2)], 'kraken');
    await clock.advance(10_000);
    expect(materialiser.current).toBe(false);
    cache.available = true;
    await until(() => materialiser.current && position() === written());
    expect(materialiser.rebuilds).toBe(allKinds.length);
  });

  test('two writers of one cache do not disturb each other', async () => {
    const { cache, registrar, run, until, written, position } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const first = run();
    await until(() => first.materialiser.current);
    const second = run();
    await until(() => second.materialiser.current);
    await registrar.register([listing(2), listing(3)], 'kraken');
    await until(() => position() === written());
    expect(cache.entities.size).toBe(11);
    expect(second.materialiser.rebuilds).toBe(0);
  });

  test('only kinds that have lost something are rebuilt', async () => {
    const { cache, registrar, run, until, written, position } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const first = run();
    await until(() => first.materialiser.current);
    first.stop();
    await first.ended;
    cache.offsets.delete('registry.listings/0');
    const second = run();
    await until(() => second.materialiser.current && position() === written());
    expect(second.materialiser.rebuilds).toBe(1);
    expect(cache.entities.has(`listings:${idOf('listing:kraken:C1/USD')}`)).toBe(true);
  });

  test('entries that were evicted are found out without a record', async () => {
    const { cache, registrar, run, until } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    const before = new Map(cache.entities);
    for (const key of before.keys()) if (key.startsWith('assets:')) cache.entities.delete(key);
    await until(() => materialiser.current && cache.entities.size === before.size);
    expect(materialiser.rebuilds).toBe(allKinds.length + 1);
  });

  test('a copy of another cluster’s topics is taken out, however well its positions fit', async () => {
    const { cache, registrar, run, until } = setUp();
    cache.clusterId = 'elsewhere';
    for (const kind of allKinds) cache.offsets.set(`registry.${kind}/0`, 0);
    cache.entities.set('assets:stale', {});
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    expect(cache.entities.has('assets:stale')).toBe(false);
    expect(materialiser.rebuilds).toBe(allKinds.length);
  });

  test('a restored copy goes on from where it stands, unless tombstones since may be gone', async () => {
    const { memory, clock, cache, registrar, run, until, written, position } = setUp();
    await registrar.register([listing(1), listing(2)], 'kraken');
    const first = run();
    await until(() => first.materialiser.current && cache.entities.size === 8);
    await clock.advance(5_000);
    first.stop();
    await first.ended;
    const [offsets, entities, followedMs] = [cache.offsets, cache.entities, cache.followedMs].map((map) => [...map]);
    const restore = () => {
      cache.flush();
      cache.clusterId = 'here';
      for (const [id, next] of offsets as [string, number][]) cache.offsets.set(id, next);
      for (const [key, value] of entities as [string, unknown][]) cache.entities.set(key, value);
      for (const [kind, ms] of followedMs as [(typeof allKinds)[number], number][]) cache.followedMs.set(kind, ms);
    };
    await registrar.register([listing(3)], 'kraken');
    restore();
    const soon = run();
    await until(() => soon.materialiser.current && position() === written());
    expect(soon.materialiser.rebuilds).toBe(0);
    expect(cache.entities.size).toBe(11);
    soon.stop();
    await soon.ended;

    // A listing is taken out; a day later the log has forgotten even that.
    const gone = idOf('listing:kraken:C2/USD');
    memory.records('registry.listings').splice(1, 1);
    expect(memory.records('registry.listings').some(({ key }) => String(key) === gone)).toBe(false);
    restore();
    await clock.advance(24 * 3_600_000);
    const late = run();
    await until(() => late.materialiser.current && position() === 3);
    expect(cache.entities.has(`listings:${gone}`)).toBe(false);
    expect(cache.entities.size).toBe(10);
    // Venues were not appended to since: nothing can have been missed.
    expect(late.materialiser.rebuilds).toBe(3);
  });

  test('corrupt records are kept before the cache passes them; the rest is written', async () => {
    const { memory, cache, corruptRecords, registrar, run, until, written, position, log } = setUp();
    await registrar.register([listing(1)], 'kraken');
    memory.appendBytes('registry.listings', 'not a key', Buffer.from('poison'));
    memory.appendBytes('registry.assets', idOf('asset:C9'), Buffer.from([0, 0, 0, 0, 1, 255]));
    await registrar.register([listing(2)], 'kraken');
    corruptRecords.failure = new RetriableError('broker_unavailable', 'away');
    const { materialiser } = run();
    await until(() => log.lines.some(({ message }) => message.includes('starting over')));
    expect(cache.offsets.get('registry.assets/0')).toBe(0);
    corruptRecords.failure = undefined;
    await until(() => materialiser.current && position() === written());
    expect([...corruptRecords.kept.keys()].sort()).toEqual(['registry.assets/0/2', 'registry.listings/0/1']);
    expect(corruptRecords.kept.get('registry.listings/0/1')?.error.code).toBe('record_undecodable');
    expect(cache.entities.size).toBe(8);
    expect(materialiser.corrupt).toBeGreaterThanOrEqual(2);
  });

  test('a corrupt record alone moves the position', async () => {
    const { memory, cache, corruptRecords, run, until, position } = setUp();
    memory.appendBytes('registry.listings', 'x', null);
    const { materialiser } = run();
    await until(() => materialiser.current && position() === 1);
    expect(corruptRecords.kept.size).toBe(1);
    expect(cache.entities.size).toBe(0);
  });

  test('says how far the cache is behind, also while it is away', async () => {
    const { clock, cache, registrar, run, until } = setUp();
    await registrar.register([listing(1)], 'kraken');
    const { materialiser } = run();
    await until(() => materialiser.current);
    await clock.advance(2_000);
    expect(materialiser.lag.get('listings')).toBe(0);
    cache.available = false;
    await registrar.register([listing(2), listing(3)], 'kraken');
    await clock.advance(2_000);
    expect(materialiser.lag.get('listings')).toBe(2);
    expect(materialiser.lag.get('venues')).toBe(0);
    cache.available = true;
    await until(() => materialiser.current && materialiser.lag.get('listings') === 0);
  });

  test('stands where a topic ends, also when that is the end of a transaction and no record', async () => {
    const { cache, registrar, run, until, written, position, openReader } = setUp();
    const transactional = (): ReturnType<typeof openReader> => {
      const reader = openReader();
      return {
        ...reader,
        ends: async (topic) => new Map([...(await reader.ends(topic))].map(([id, end]) => [id, end + 1])),
        follow: (starts, onRecords, signal, onPosition) =>
          reader.follow(starts, onRecords, signal, (topic, partition, next) =>
            onPosition?.(topic, partition, next + 1),
          ),
      };
    };
    await registrar.register([listing(1), listing(2)], 'kraken');
    const { materialiser } = run({ openReader: transactional });
    await until(() => materialiser.current && position() === written() + 1);
    await until(() => materialiser.lag.get('listings') === 0);
    expect(cache.entities.size).toBe(8);
  });
});
