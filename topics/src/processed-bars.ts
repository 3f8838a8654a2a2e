import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Bar, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedBars = defineTopic({
  name: 'processed.bars',
  doc: 'Open, high, low, close and volume by interval.',
  key: 'instrumentId',
  value: avroCodec<Bar>(loadSchema('processed/Bar')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
