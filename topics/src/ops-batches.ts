import { defineTopic } from '@alphapulse/core';
import { avroCodec, type BatchAccount, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const opsBatches = defineTopic({
  name: 'ops.batches',
  doc: 'The account of every committed batch: what each input record became.',
  key: 'input topic-partition',
  value: avroCodec<BatchAccount>(loadSchema('ops/BatchAccount')),
  partitions: controlPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
