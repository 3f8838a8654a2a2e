import { describe, expect, test } from '@jest/globals';
import type { FetchedMessage, FetchedPartition } from 'kafkajs/src/cluster/index.js';
import Batch from 'kafkajs/src/consumer/batch.js';
import { hideAborted } from './aborted-transactions.ts';

const record = (offset: number, producerId: string): FetchedMessage => ({
  offset: String(offset),
  timestamp: '0',
  key: Buffer.from(`k${offset}`),
  value: Buffer.from('v'),
  batchContext: { producerId, inTransaction: true },
});
const marker = (offset: number, producerId: string, type: 'abort' | 'commit'): FetchedMessage => ({
  ...record(offset, producerId),
  key: Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1]),
  isControlRecord: true,
});
const partition = (
  messages: FetchedMessage[],
  abortedTransactions: FetchedPartition['abortedTransactions'],
): FetchedPartition => ({
  partition: 0,
  errorCode: 0,
  highWatermark: '100',
  lastStableOffset: '100',
  abortedTransactions,
  messages,
});

describe('aborted transactions', () => {
  test('several at once, listed in the order of their ends, are hidden whole', () => {
    // Producers a, b and c are open together; c aborts first, then a; b commits. All began before the first message.
    const fetched = partition(
      [
        record(10, 'a'),
        record(11, 'b'),
        record(12, 'c'),
        record(13, 'a'),
        marker(14, 'c', 'abort'),
        record(15, 'a'),
        marker(16, 'a', 'abort'),
        marker(17, 'b', 'commit'),
        record(18, 'a'),
      ],
      [
        { producerId: 'c', firstOffset: '9' },
        { producerId: 'a', firstOffset: '5' },
      ],
    );
    hideAborted(fetched);
    const batch = new Batch('t', '10', fetched);
    // The producer's next transaction after its abort marker counts again.
    expect(batch.messages.map(({ offset }) => offset)).toEqual(['11', '18']);
    expect(batch.lastOffset()).toBe('18');
  });

  test('a batch that is aborted whole still moves the position', () => {
    const fetched = partition([record(3, 'a'), record(4, 'a')], [{ producerId: 'a', firstOffset: '3' }]);
    hideAborted(fetched);
    const batch = new Batch('t', '3', fetched);
    expect(batch.isEmpty()).toBe(true);
    expect(batch.lastOffset()).toBe('4');
  });
});
