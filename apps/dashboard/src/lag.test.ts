import type { LogReader, LogRecord } from '@alphapulse/kafka';
import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { type LagDeps, measureLag } from './lag.ts';

const clock = new ManualClock(1_700_000_000_000_000);
const signal = new AbortController().signal;

/** A log of one topic: record offsets and ages by partition; ends may lie behind the last record (markers). */
function deps(
  ends: Record<number, number>,
  committed: Record<number, number>,
  records: Record<number, { offset: number; ageMs: number }[]>,
): LagDeps {
  const follow: LogReader['follow'] = async (starts, onRecords, _signal, onPosition) => {
    for (const { topic, partition, at } of starts) {
      const from = typeof at === 'object' && 'offset' in at ? at.offset : 0;
      const found = (records[partition] ?? []).filter(({ offset }) => offset >= from);
      if (found.length > 0)
        await onRecords(
          found.map(
            ({ offset, ageMs }): LogRecord => ({
              topic,
              partition,
              offset,
              timestampMs: clock.nowMs() - ageMs,
              key: null,
              value: null,
              headers: {},
            }),
          ),
        );
      onPosition?.(topic, partition, ends[partition] ?? 0);
    }
  };
  return {
    clock,
    admin: {
      committed: async () =>
        new Map([['raw.kraken', new Map(Object.entries(committed).map(([partition, at]) => [Number(partition), at]))]]),
    },
    reader: {
      ends: async () => new Map(Object.entries(ends).map(([partition, end]) => [Number(partition), end])),
      offsetOf: async () => 3,
      follow,
    },
  };
}

const measure = (of: LagDeps) => measureLag(of, new Map([['parse', ['raw.kraken']]]), signal);

describe('lag', () => {
  test('is the records after the committed offset and the age of the oldest of them', async () => {
    const two = deps(
      { 0: 110, 1: 60 },
      { 0: 100, 1: 50 },
      { 0: [{ offset: 100, ageMs: 2_500 }], 1: [{ offset: 50, ageMs: 400 }] },
    );
    expect(await measure(two)).toEqual([{ group: 'parse', topic: 'raw.kraken', records: 20, seconds: 2.5 }]);
  });

  test('is zero when only transaction markers follow', async () => {
    expect(await measure(deps({ 0: 101 }, { 0: 100 }, {}))).toEqual([
      { group: 'parse', topic: 'raw.kraken', records: 0, seconds: 0 },
    ]);
  });

  test('counts from the beginning where nothing was committed', async () => {
    const never = deps({ 0: 10 }, { 0: -1 }, { 0: [{ offset: 3, ageMs: 1_000 }] });
    expect(await measure(never)).toEqual([{ group: 'parse', topic: 'raw.kraken', records: 7, seconds: 1 }]);
  });

  test('says that the age is not known when the records could not be read', async () => {
    const unread = { ...deps({ 0: 10 }, { 0: 4 }, {}) };
    const reader = { ...unread.reader, follow: async () => undefined };
    expect(await measure({ ...unread, reader })).toEqual([
      { group: 'parse', topic: 'raw.kraken', records: 6, seconds: null },
    ]);
  });

  test('adds topics that the group has committed in', async () => {
    const rows = await measureLag(deps({ 0: 5 }, { 0: 5 }, {}), new Map([['custom', []]]), signal);
    expect(rows).toEqual([{ group: 'custom', topic: 'raw.kraken', records: 0, seconds: 0 }]);
  });
});
