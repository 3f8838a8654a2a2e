import { describe, expect, test } from '@jest/globals';
import { parseRecordKey, type RecordKey } from './record-key.ts';
import { VersionStore } from './version-store.ts';
import type { Versioned } from './versions.ts';

const key = (text: string) => parseRecordKey(text) as RecordKey;
const version = (validFrom: number, validTo: number | null, recordedTime = 0): Versioned => ({
  id: 'a',
  validFrom,
  validTo,
  recordedTime,
});

describe('version store', () => {
  test('answers with the version that holds at a time', () => {
    const store = new VersionStore<Versioned>();
    store.put(key('a'), version(20, null));
    store.put(key('a@0'), version(0, 10));
    store.put(key('a@10'), version(10, 20));
    const at = (us: number) => store.versions('a')?.asOf(us)?.validFrom;
    expect([-1, 0, 9, 10, 19, 20, 1e15].map(at)).toEqual([undefined, 0, 0, 10, 10, 20, 20]);
    const starts = store.versions('a')?.history();
    expect(starts?.map(({ validFrom }) => validFrom)).toEqual([0, 10, 20]);
  });

  test('a tombstone takes a version out, the last one the entity', () => {
    const store = new VersionStore<Versioned>();
    store.put(key('a'), version(10, null));
    store.put(key('a@0'), version(0, 10));
    store.put(key('a@0~3'), version(0, 8, 3));
    expect(store.ids()).toEqual(['a']);
    expect(store.put(key('a'), null).former?.validFrom).toBe(10);
    expect(store.versions('a')?.asOf(15)).toBeUndefined();
    expect(store.versions('a')?.asOf(5)?.validFrom).toBe(0);
    store.put(key('a@0'), null);
    expect(store.ids()).toEqual(['a']);
    expect(store.put(key('a@0~3'), null).versions.empty).toBe(true);
    expect(store.ids()).toEqual([]);
    store.put(key('b@7'), null);
    expect(store.size).toBe(0);
  });
});
