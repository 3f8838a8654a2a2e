import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { versionKey } from './record-key.ts';
import { type Versioned, VersionStore } from './version-store.ts';

const version = (validFrom: number, validTo: number | null): Versioned => ({ id: 'a', validFrom, validTo });

describe('version store', () => {
  test('answers with the version that holds at a time', () => {
    const store = new VersionStore<Versioned>();
    store.put('a', version(20, null));
    store.put('a@0', version(0, 10));
    store.put('a@10', version(10, 20));
    const at = (us: number) => store.versions('a')?.asOf(us)?.validFrom;
    expect([-1, 0, 9, 10, 19, 20, 1e15].map(at)).toEqual([undefined, 0, 0, 10, 10, 20, 20]);
    expect(
      store
        .versions('a')
        ?.history()
        .map(({ validFrom }) => validFrom),
    ).toEqual([0, 10, 20]);
  });

  test('a tombstone takes a version out, the last one the entity', () => {
    const store = new VersionStore<Versioned>();
    store.put('a', version(10, null));
    store.put('a@0', version(0, 10));
    store.put('a', null);
    expect(store.versions('a')?.asOf(15)).toBeUndefined();
    expect(store.versions('a')?.asOf(5)?.validFrom).toBe(0);
    store.put('a@0', null);
    expect(store.ids()).toEqual([]);
    store.put('b@7', null);
    expect(store.size).toBe(0);
  });

  test('is the same in whatever order the versions come', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 });
    fc.assert(
      fc.property(order, (numbers) => {
        const store = new VersionStore<Versioned>();
        for (const number of numbers) {
          if (number === 4) store.put('a', version(40, null));
          else store.put(versionKey('a', number * 10), version(number * 10, number * 10 + 10));
        }
        expect(
          store
            .versions('a')
            ?.history()
            .map(({ validFrom }) => validFrom),
        ).toEqual([0, 10, 20, 30, 40]);
      }),
    );
  });
});
