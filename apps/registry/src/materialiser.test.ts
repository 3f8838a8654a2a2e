import type { ListingSeen } from '@alphapulse/core';
import { allKinds, idOf, Registrar } from '@alphapulse/registry';
import { MemoryLog, memorySchemas } from '@alphapulse/registry/testing/memory-log.ts';
import { QuietLog } from '@alphapulse/registry/testing/quiet-log.ts';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Materialiser } from './materialiser.ts';
import { MemoryCache } from './testing.ts';

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
  const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
  const registrar = new Registrar({ ...ports, producer: memory.producer() }, { changeLeadMs: 0 });
  const run = (options: { batchRecords?: number } = {}) => {
    const materialiser = new Materialiser({
      kinds: allKinds,
      cache,
      openReader: () => memory.reader(),
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
  return { memory, clock, log, cache, registrar, run, until, written, position };
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
});
