import type { Listing, Mapping } from '@alphapulse/schemas';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Change } from './decode.ts';
import type { EntityKind } from './kinds.ts';
import { parseRecordKey, supersededKey, versionKey } from './record-key.ts';
import { RegistryMap } from './registry-map.ts';
import { assetOf, instrumentOf, listingOf, syntheticOf, tokenOf } from './testing/entities.ts';

let offset = 0;
const put = (kind: EntityKind, key: string, value: unknown): Change =>
  ({ kind, key, value, offset: offset++ }) as unknown as Change;

function mapOf(...changes: readonly Change[]): RegistryMap {
  const map = new RegistryMap();
  for (const change of changes) map.apply(change);
  return map;
}

describe('registry map', () => {
  test('a renamed symbol: each name resolves on its side of the change, to one instrument', () => {
    const map = mapOf(
      put('listings', 'aa@0', listingOf({ id: 'aa', symbol: 'XBT/USD', instrumentId: 'f1', validTo: 100 })),
      put(
        'listings',
        'aa',
        listingOf({ id: 'aa', symbol: 'XBT/USD', instrumentId: 'f1', status: 'delisted', validFrom: 100 }),
      ),
      put('listings', 'ab', listingOf({ id: 'ab', symbol: 'BTC/USD', instrumentId: 'f1', validFrom: 100 })),
    );
    expect(map.listing('kraken', 'XBT/USD', 99)).toMatchObject({ instrumentId: 'f1', status: 'trading' });
    expect(map.listing('kraken', 'XBT/USD', 100)).toMatchObject({ instrumentId: 'f1', status: 'delisted' });
    expect(map.listing('kraken', 'BTC/USD', 99)).toBeUndefined();
    expect(map.listing('kraken', 'BTC/USD', 100)?.instrumentId).toBe('f1');
    expect(map.listingsOf('f1').map(({ symbol }) => symbol)).toEqual(['XBT/USD', 'BTC/USD']);
    expect(map.listingsOf('f1', 50).map(({ symbol }) => symbol)).toEqual(['XBT/USD']);
  });

  test('a listing mapped to another instrument from a time on resolves to each on its side', () => {
    const before = put('listings', 'aa', listingOf({ id: 'aa', instrumentId: 'f1' }));
    const changes = [
      put('listings', 'aa@0', listingOf({ id: 'aa', instrumentId: 'f1', validTo: 100 })),
      put('listings', 'aa', listingOf({ id: 'aa', instrumentId: 'f2', validFrom: 100 })),
    ];
    const map = mapOf(before, ...changes);
    expect(map.listing('kraken', 'BTC/USD', 99)?.instrumentId).toBe('f1');
    expect(map.listing('kraken', 'BTC/USD', 100)?.instrumentId).toBe('f2');
    expect(map.listingsOf('f1')).toEqual([]);
    expect(map.listingsOf('f2').map(({ id }) => id)).toEqual(['aa']);
    expect(map.listingsOf('f1', 99).map(({ id }) => id)).toEqual(['aa']);
    expect(map.listingsOf('f2', 99)).toEqual([]);
    map.apply(put('listings', 'aa@0', null));
    expect(map.listingsOf('f1', 99)).toEqual([]);
  });

  test('finds instruments by ISIN and type', () => {
    const apple = instrumentOf({
      id: 'a1',
      identity: 'equity:isin:US0378331005',
      type: 'equity',
      isin: 'US0378331005',
    });
    const map = mapOf(
      put('instruments', 'a1', apple),
      put('instruments', 'a3', instrumentOf({ id: 'a3' })),
      put('instruments', 'a2', instrumentOf({ id: 'a2' })),
    );
    expect(map.instrumentByIsin('US0378331005')?.id).toBe('a1');
    expect(map.instrumentByIsin('US5949181045')).toBeUndefined();
    expect(map.instrumentsOfType('spot')).toEqual(['a2', 'a3']);
    expect(map.instrumentsOfType('equity')).toEqual(['a1']);
    expect(map.instrumentsOfType('etf')).toEqual([]);
    map.apply(put('instruments', 'a1', null));
    map.apply(put('instruments', 'a2', null));
    map.apply(put('instruments', 'a0', instrumentOf({ id: 'a0' })));
    expect(map.instrumentByIsin('US0378331005')).toBeUndefined();
    expect(map.instrumentsOfType('equity')).toEqual([]);
    expect(map.instrumentsOfType('spot')).toEqual(['a0', 'a3']);
  });

  test('finds tokens whatever capitals an address is written in, where capitals mean nothing', () => {
    const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
    const map = mapOf(
      put('tokens', 'c1', tokenOf({ id: 'c1', address: usdc })),
      put(
        'tokens',
        'c2',
        tokenOf({ id: 'c2', chain: 'solana', address: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v' }),
      ),
    );
    expect(map.token('ethereum', usdc.toLowerCase())?.id).toBe('c1');
    expect(map.token('ethereum', usdc)?.id).toBe('c1');
    expect(map.token('base', usdc)).toBeUndefined();
    expect(map.token('solana', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v')?.id).toBe('c2');
    expect(map.token('solana', 'epjfwdd5aufqssqem2qn1xzybapc8g4weggkzwytdt1v')).toBeUndefined();
    map.apply(put('tokens', 'c1', null));
    expect(map.token('ethereum', usdc)).toBeUndefined();
  });

  test('synthetics using an instrument: transitive, nearest first, as of a time, whatever cycles there are', () => {
    const map = mapOf(
      put('synthetics', 'd1@0', syntheticOf({ id: 'd1', legs: ['f1', 'f2'], validTo: 100 })),
      put('synthetics', 'd1', syntheticOf({ id: 'd1', legs: ['f3'], validFrom: 100 })),
      put('synthetics', 'd2', syntheticOf({ id: 'd2', legs: ['d1'] })),
      put('synthetics', 'd3', syntheticOf({ id: 'd3', legs: ['d2', 'f1', 'd4'] })),
      // Bad data: a cycle.
      put('synthetics', 'd4', syntheticOf({ id: 'd4', legs: ['d3', 'd4'] })),
    );
    const using = (id: string, us?: number) => map.syntheticsUsing(id, us).map((synthetic) => synthetic.id);
    expect(using('f1')).toEqual(['d3', 'd4']);
    expect(using('f3')).toEqual(['d1', 'd2', 'd3', 'd4']);
    expect(using('f1', 99)).toEqual(['d1', 'd3', 'd2', 'd4']);
    expect(using('f2')).toEqual([]);
    expect(using('f2', 99)).toEqual(['d1', 'd2', 'd3', 'd4']);
    expect(using('d4')).toEqual(['d3']);
    map.apply(put('synthetics', 'd3', null));
    expect(using('f1')).toEqual([]);
  });

  test('keeps superseded beliefs apart', () => {
    const map = mapOf(
      put('listings', 'aa@0~5', listingOf({ id: 'aa', tickSize: 1, recordedTime: 5 })),
      put('listings', 'aa', listingOf({ id: 'aa', tickSize: 2, recordedTime: 9 })),
    );
    expect(map.listing('kraken', 'BTC/USD', 1)?.tickSize).toBe(2);
    expect(map.listing('kraken', 'BTC/USD', 1, 8)?.tickSize).toBe(1);
    expect(map.asOf('listings', 'aa', 1, 9)?.tickSize).toBe(2);
    expect(map.asOf('listings', 'aa', 1, 4)).toBeUndefined();
    expect(map.history('listings', 'aa').map(({ tickSize }) => tickSize)).toEqual([2]);
    expect(map.superseded('listings', 'aa').map(({ tickSize }) => tickSize)).toEqual([1]);
    expect(map.superseded('assets', 'aa')).toEqual([]);
  });

  test('remembers what prices say of a mapping, and counts every record', () => {
    const mapping = { id: 'f1', state: 'suspect' } as Mapping;
    const map = mapOf({ kind: 'mappings', key: 'f1', value: mapping, offset: 0 });
    expect(map.mapping('f1')).toBe(mapping);
    expect(map.mappings()).toEqual([mapping]);
    expect(map.revision).toBe(1);
    map.apply({ kind: 'mappings', key: 'f1', value: null, offset: 1 });
    expect(map.mapping('f1')).toBeUndefined();
    expect(map.revision).toBe(2);
  });

  test('is empty after it was cleared, and fills again', () => {
    const changes = [
      put('assets', 'b1', assetOf({ id: 'b1' })),
      put('instruments', 'a1', instrumentOf({ id: 'a1', isin: 'US0378331005' })),
      put('listings', 'aa', listingOf({ id: 'aa', instrumentId: 'a1' })),
      put('tokens', 'c1', tokenOf({ id: 'c1' })),
      put('synthetics', 'd1', syntheticOf({ id: 'd1', legs: ['a1'] })),
    ];
    const map = mapOf(...changes);
    const shown = () => [
      map.ids('assets'),
      map.instrumentsOfType('spot'),
      map.instrumentByIsin('US0378331005')?.id,
      map.listing('kraken', 'BTC/USD', 1)?.id,
      map.listingsOf('a1').length,
      map.token('ethereum', '0x0000000000000000000000000000000000000001')?.id,
      map.syntheticsUsing('a1').length,
    ];
    const full = shown();
    expect(full).toEqual([['b1'], ['a1'], 'a1', 'aa', 1, 'c1', 1]);
    map.clear();
    expect(shown()).toEqual([[], [], undefined, undefined, 0, undefined, 0]);
    for (const change of changes) map.apply(change);
    expect(shown()).toEqual(full);
  });

  test('sharing strings with other entities changes no fact', () => {
    const text = (of: string) => Buffer.from(of).toString();
    const map = mapOf(
      put('instruments', 'f1', instrumentOf({ id: text('f1'), identity: text('spot:BTC/USD') })),
      put('listings', 'aa', listingOf({ id: 'aa', instrumentId: text('f1'), instrument: text('spot:BTC/USD') })),
    );
    expect(map.listing('kraken', 'BTC/USD', 1)).toMatchObject({ instrumentId: 'f1', instrument: 'spot:BTC/USD' });
  });
});

/** Two listings, each under the keys of its versions and beliefs; small times, so that they meet often. */
const ids = ['aa', 'bb'] as const;
const time = fc.integer({ min: 0, max: 6 });
const end = fc.option(fc.integer({ min: 1, max: 8 }), { nil: null });
const record = fc
  .record({ id: fc.constantFrom(...ids), as: fc.constantFrom('newest', 'closed', 'superseded'), start: time, end })
  .chain(({ id, as, start, end: validTo }) =>
    fc.record({
      key: fc.constant(id),
      as: fc.constant(as),
      start: fc.constant(start),
      validTo: fc.constant(validTo),
      recordedTime: time,
      instrumentId: fc.constantFrom('f1', 'f2', 'f3'),
      gone: fc.integer({ min: 0, max: 4 }).map((roll) => roll === 0),
    }),
  )
  .map(({ key: id, as, start, validTo, recordedTime, instrumentId, gone }): Change => {
    const key = as === 'newest' ? id : as === 'closed' ? versionKey(id, start) : supersededKey(id, start, recordedTime);
    const value = listingOf({ id, symbol: id, instrumentId, validFrom: start, validTo, recordedTime });
    return put('listings', key, gone ? null : value);
  });
const log = fc.array(record, { maxLength: 30 });

/** Every question there is, answered by going through the records. */
function modelAnswers(records: ReadonlyMap<string, Listing>): unknown {
  const known = [...records].map(([key, value]) => ({
    ...(parseRecordKey(key) as { id: string }),
    ...parts(key),
    value,
  }));
  const stand = (id: string) => known.filter((one) => one.id === id && one.as !== 'superseded');
  const covering = (id: string, us: number) =>
    stand(id)
      .filter(({ value }) => value.validFrom <= us && (value.validTo === null || us < value.validTo))
      .sort((a, b) => b.value.validFrom - a.value.validFrom || (a.as === 'newest' ? -1 : 1))[0]?.value;
  const times = Array.from({ length: 10 }, (_, us) => us);
  return {
    asOf: ids.map((id) => times.map((us) => covering(id, us))),
    newest: ids.map((id) => records.get(id)),
    history: ids.map((id) =>
      stand(id)
        .sort((a, b) => Number(a.as === 'newest') - Number(b.as === 'newest') || a.value.validFrom - b.value.validFrom)
        .map(({ value }) => value),
    ),
    listingsOf: ['f1', 'f2', 'f3'].map((instrumentId) => [
      ids.flatMap((id) => records.get(id) ?? []).filter((listing) => listing.instrumentId === instrumentId),
      times.map((us) => ids.flatMap((id) => covering(id, us) ?? []).filter((one) => one.instrumentId === instrumentId)),
    ]),
    ids: ids.filter((id) => known.some((one) => one.id === id)),
    superseded: ids.map((id) => known.filter((one) => one.id === id && one.as === 'superseded').length),
  };
}

function parts(key: string): { as: 'newest' | 'closed' | 'superseded' } {
  return { as: key.includes('~') ? 'superseded' : key.includes('@') ? 'closed' : 'newest' };
}

function answers(map: RegistryMap): unknown {
  const times = Array.from({ length: 10 }, (_, us) => us);
  return {
    asOf: ids.map((id) => times.map((us) => map.listing('kraken', id, us))),
    newest: ids.map((id) => map.newest('listings', id)),
    history: ids.map((id) => map.history('listings', id)),
    listingsOf: ['f1', 'f2', 'f3'].map((id) => [map.listingsOf(id), times.map((us) => map.listingsOf(id, us))]),
    ids: map.ids('listings'),
    superseded: ids.map((id) => map.superseded('listings', id).length),
  };
}

/** Answers to bitemporal questions too: the model of those is in versions.test.ts. */
function allAnswers(map: RegistryMap): unknown {
  const times = Array.from({ length: 10 }, (_, us) => us);
  const known = ids.map((id) => times.map((us) => times.map((at) => map.asOf('listings', id, us, at))));
  return { ...(answers(map) as object), known, all: ids.map((id) => map.superseded('listings', id)) };
}

/** Keeps of each key the newest record of the first `upTo`, as a log cleaner that has come that far. */
function compacted(changes: readonly Change[], upTo: number): Change[] {
  const newest = new Map(changes.slice(0, upTo).map((change) => [change.key, change]));
  return changes.filter((change, at) => at >= upTo || newest.get(change.key) === change);
}

describe('registry map, whatever is in the log', () => {
  test('answers as going through the records does', () => {
    fc.assert(
      fc.property(log, (changes) => {
        const records = new Map<string, Listing>();
        for (const { key, value } of changes) {
          if (value) records.set(key, value as Listing);
          else records.delete(key);
        }
        expect(answers(mapOf(...changes))).toEqual(modelAnswers(records));
      }),
      { numRuns: 300 },
    );
  });

  test('a log, half compacted and fully compacted, answers alike', () => {
    fc.assert(
      fc.property(log, fc.nat(30), (changes, upTo) => {
        const whole = allAnswers(mapOf(...changes));
        expect(allAnswers(mapOf(...compacted(changes, upTo)))).toEqual(whole);
        expect(allAnswers(mapOf(...compacted(changes, changes.length)))).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  test('keys may interleave in any way', () => {
    const interleaved = log.chain((changes) =>
      fc.tuple(
        fc.constant(changes),
        fc.array(fc.double({ noNaN: true, min: 0, max: 1 }), { minLength: changes.length, maxLength: changes.length }),
      ),
    );
    fc.assert(
      fc.property(interleaved, ([changes, rolls]) => {
        // Each key's own records stay in order; whose record comes next is rolled.
        const queues = new Map<string, Change[]>();
        for (const change of changes) queues.set(change.key, [...(queues.get(change.key) ?? []), change]);
        const shuffled: Change[] = [];
        for (const roll of rolls) {
          const keys = [...queues].filter(([, queue]) => queue.length > 0);
          const [, queue] = keys[Math.min(keys.length - 1, Math.floor(roll * keys.length))] as [string, Change[]];
          shuffled.push(queue.shift() as Change);
        }
        expect(allAnswers(mapOf(...shuffled))).toEqual(allAnswers(mapOf(...changes)));
      }),
      { numRuns: 150 },
    );
  });
});
