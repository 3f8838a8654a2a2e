import { MinHeap } from '@alphapulse/market';

/**
 * Merges sequences that are each in order into one by time; items without a time stay right behind the one before them
 * in their sequence. Ties go to the earlier sequence, so the result is reproducible.
 */
export async function* mergeByTime<T>(
  sequences: readonly AsyncIterable<T>[],
  timeOf: (item: T) => number | null,
): AsyncGenerator<T> {
  interface Head {
    item: T;
    time: number;
    at: number;
  }
  const heap = new MinHeap<Head>((a, b) => a.time < b.time || (a.time === b.time && a.at < b.at));
  const iterators = sequences.map((sequence) => sequence[Symbol.asyncIterator]());
  const advance = async (at: number, before: number) => {
    const next = await iterators[at]?.next();
    if (!next || next.done) return;
    heap.push({ item: next.value, time: timeOf(next.value) ?? before, at });
  };
  for (let at = 0; at < iterators.length; at++) await advance(at, Number.NEGATIVE_INFINITY);
  for (let head = heap.pop(); head; head = heap.pop()) {
    yield head.item;
    await advance(head.at, head.time);
  }
}
