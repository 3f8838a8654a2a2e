import type { RegistryBatch } from '@alphapulse/registry';
import { describe, expect, test } from '@jest/globals';
import { BatchWriter } from './batch-writer.ts';

const batchOf = (next: number, records = 1): RegistryBatch => ({
  kind: 'assets',
  topic: 'registry.assets',
  partition: 0,
  changes: Array.from({ length: records }, (_, offset) => ({ kind: 'assets', key: 'aa', value: null, offset })),
  next,
});

/** Writes that end when they are told to. */
function held() {
  const begun: number[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const write = ({ next }: RegistryBatch) => {
    begun.push(next);
    return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
  };
  return { begun, waiting, write };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('batch writer', () => {
  test('writes in order, one at a time, while more is given', async () => {
    const { begun, waiting, write } = held();
    const writer = new BatchWriter(new Map(), write);
    await Promise.all([1, 2, 3].map((next) => writer.write(batchOf(next), [])));
    await turn();
    expect(begun).toEqual([1]);
    expect(writer.given('registry.assets', 0)).toBe(3);
    waiting[0]?.resolve();
    await turn();
    expect(begun).toEqual([1, 2]);
  });

  test('takes so much ahead and no more', async () => {
    const { waiting, write } = held();
    const writer = new BatchWriter(new Map([['registry.assets/0', 7]]), write);
    expect(writer.given('registry.assets', 0)).toBe(7);
    await writer.write(batchOf(8, 6_000), []);
    let room = false;
    const second = writer.write(batchOf(9, 6_000), []).then(() => {
      room = true;
    });
    await turn();
    expect(room).toBe(false);
    waiting[0]?.resolve();
    await second;
    expect(room).toBe(true);
  });

  test('after a failure nothing more is written, and whoever waits is told', async () => {
    const { begun, waiting, write } = held();
    const writer = new BatchWriter(new Map(), write);
    const full = writer.write(batchOf(1, 20_000), []);
    writer.add(batchOf(2));
    await turn();
    waiting[0]?.reject(new Error('away'));
    await expect(full).rejects.toThrow('away');
    await expect(writer.failed).rejects.toThrow('away');
    await expect(writer.written()).rejects.toThrow('away');
    await turn();
    expect(begun).toEqual([1]);
  });
});
