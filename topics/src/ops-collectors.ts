import { defineTopic } from '@alphapulse/core';
import { avroCodec, type CollectorHealth, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const opsCollectors = defineTopic({
  name: 'ops.collectors',
  doc: 'State of every collection task.',
  key: 'task id',
  value: avroCodec<CollectorHealth>(loadSchema('ops/CollectorHealth')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
