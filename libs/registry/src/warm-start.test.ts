import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Change } from './decode.ts';
import { RegistryMap } from './registry-map.ts';
import { instrumentOf, listingOf } from './testing/entities.ts';
import { MemoryCacheReader } from './testing/memory-cache-reader.ts';
import { QuietLog } from './testing/quiet-log.ts';
import { warmStart } from './warm-start.ts';

const kinds = ['instruments', 'listings'] as const;
const position = 'registry.listings/0';
const hourMs = 3_600_000;
const ends = new Map([
  ['registry.instruments/0', 5],
  ['registry.listings/0', 7],
]);

function setUp(ownClusterId?: () => string) {
  const cache = new MemoryCacheReader();
  const clock = new ManualClock();
  const map = new RegistryMap();
  const start = (signal = new AbortController().signal) =>
    warmStart({
      ...{ cache, kinds, ends, clock, signal, waitMs: 100 },
      clusterId: async () => ownClusterId?.(),
      log: new QuietLog(),
      take: (change) => map.apply(change),
    });
  for (const [id, end] of ends) cache.positions.set(id, end - 1);
  cache.put({ kind: 'instruments', key: 'f1', value: instrumentOf({ id: 'f1' }) });
  cache.put({ kind: 'listings', key: 'aa', value: listingOf({ id: 'aa', instrumentId: 'f1' }) });
  cache.put({ kind: 'tokens', key: 'bb', value: null });
  return { cache, clock, map, start };
}

describe('warm start', () => {
  test('takes over what the cache has, and goes on from its positions', async () => {
    const { map, start } = setUp();
    expect(await start()).toEqual({
      records: 2,
      positions: new Map([
        ['registry.instruments/0', 4],
        ['registry.listings/0', 6],
      ]),
    });
    expect(map.listing('kraken', 'BTC/USD', 1)?.id).toBe('aa');
    expect(map.instrument('f1')?.identity).toBe('spot:BTC/USD');
  });

  test('a record from before a field was added gets the field’s default', async () => {
    const { cache, map, start } = setUp();
    const { mapping, ...before } = listingOf({ id: 'ab', symbol: 'ETH/USD' });
    cache.put({ kind: 'listings', key: 'ab', value: before as never });
    await start();
    expect(map.listing('kraken', 'ETH/USD', 1)?.mapping).toBe(mapping);
  });

  test.each<[name: string, reason: RegExp, broken: (cache: MemoryCacheReader) => void]>([
    ['a position is missing', /no position of registry\.listings/, (cache) => cache.positions.delete(position)],
    ['a position is no number', /no position/, (cache) => cache.positions.set(position, Number.NaN)],
    ['a position is beyond the end of the log', /stands at 8/, (cache) => cache.positions.set(position, 8)],
    ['it was written by another version', /layout 1/, (cache) => Object.assign(cache, { unreadable: 'layout 1' })],
    ['it is of another cluster', /cluster other.*own/, (cache) => Object.assign(cache, { clusterId: 'other' })],
    ['nobody has kept it up', /not been kept up.*listings/, (cache) => cache.followedMs.set('listings', -13 * hourMs)],
    ['it holds no JSON', /not JSON/, (cache) => cache.entities.get('listings')?.set('aa', '{')],
    ['it holds null', /another entity/, (cache) => cache.entities.get('listings')?.set('aa', 'null')],
    ['it holds another entity', /another entity/, (cache) => cache.entities.get('listings')?.set('aa', '{"id":"ab"}')],
    ['it holds no key', /another entity/, (cache) => cache.entities.get('listings')?.set('x', '{"id":"x"}')],
    ['it holds half an entity', /has no venue/, (cache) => cache.entities.get('listings')?.set('aa', '{"id":"aa"}')],
    [
      'it is emptied while it is read',
      /emptied/,
      (cache) => {
        cache.onRead = () => Object.assign(cache, { generation: '2' });
      },
    ],
    [
      'its positions go back while it is read',
      /emptied/,
      (cache) => {
        cache.onRead = () => cache.positions.set(position, 0);
      },
    ],
  ])('is refused when %s', async (_, reason, broken) => {
    const { cache, start } = setUp(() => 'own');
    broken(cache);
    expect(await start()).toEqual({ refused: 'distrusted', reason: expect.stringMatching(reason) });
  });

  test('waits a little for the connection, and is refused when there is none', async () => {
    const { cache, clock, start } = setUp();
    cache.available = false;
    const late = start();
    await clock.advance(60);
    cache.available = true;
    await clock.advance(60);
    expect(await late).toMatchObject({ records: 2 });
    cache.available = false;
    const never = start();
    await clock.advance(200);
    expect(await never).toEqual({ refused: 'away', reason: 'the cache does not answer' });
  });

  test('is refused when the cache goes away, or the client is closed, while it is read', async () => {
    const { cache, start } = setUp();
    const closing = new AbortController();
    cache.onRead = () => closing.abort();
    expect(await start(closing.signal)).toEqual({ refused: 'away', reason: 'closed' });
    cache.onRead = () => {
      cache.available = false;
    };
    expect(await start()).toEqual({ refused: 'away', reason: 'connection is closed' });
  });

  test('is refused when the broker cannot tell its cluster now', async () => {
    const { start } = setUp(() => {
      throw new Error('no broker answers');
    });
    expect(await start()).toEqual({ refused: 'away', reason: 'no broker answers' });
  });

  test('is exact: entities of any later moment, then the records from the positions, give what the whole log gives', () => {
    const key = fc.constantFrom('aa', 'aa@0', 'aa@0~1', 'bb');
    const change = fc
      .record({ key, tickSize: fc.nat(9), gone: fc.integer({ min: 0, max: 3 }) })
      .map(({ key: recordKey, tickSize, gone }): Change => {
        const id = recordKey.slice(0, 2);
        const value = listingOf({ id, symbol: id, tickSize, recordedTime: recordKey.includes('~') ? 1 : 0 });
        return { kind: 'listings', key: recordKey, value: gone === 0 ? null : value, offset: 0 };
      });
    const read = fc.record({
      log: fc.array(change, { maxLength: 20 }),
      position: fc.nat(20),
      // How far the cache had come when each key was read.
      moments: fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
    });
    const shown = (map: RegistryMap) =>
      ['aa', 'bb'].map((id) => [
        map.newest('listings', id),
        map.history('listings', id),
        map.superseded('listings', id),
      ]);
    fc.assert(
      fc.property(read, ({ log, position, moments }) => {
        const whole = new RegistryMap();
        for (const one of log) whole.apply(one);
        const warm = new RegistryMap();
        const from = Math.min(position, log.length);
        ['aa', 'aa@0', 'aa@0~1', 'bb'].forEach((recordKey, at) => {
          const upTo = Math.max(from, Math.min(moments[at] ?? 0, log.length));
          const last = log.slice(0, upTo).findLast((one) => one.key === recordKey);
          if (last?.value) warm.apply(last);
        });
        for (const one of log.slice(from)) warm.apply(one);
        expect(shown(warm)).toEqual(shown(whole));
      }),
      { numRuns: 500 },
    );
  });
});
