import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Book, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedBooks = defineTopic({
  name: 'processed.books',
  doc: 'Order book snapshots and deltas of all venues.',
  key: 'instrumentId',
  value: avroCodec<Book>(loadSchema('processed/Book')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
