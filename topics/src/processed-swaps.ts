import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Swap } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedSwaps = defineTopic({
  name: 'processed.swaps',
  doc: 'Swaps in automated market maker pools.',
  key: 'instrumentId',
  value: avroCodec<Swap>(loadSchema('processed/Swap')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
