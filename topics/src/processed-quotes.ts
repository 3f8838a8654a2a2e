import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Quote } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedQuotes = defineTopic({
  name: 'processed.quotes',
  doc: 'Tops of book of all venues.',
  key: 'instrumentId',
  value: avroCodec<Quote>(loadSchema('processed/Quote')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
