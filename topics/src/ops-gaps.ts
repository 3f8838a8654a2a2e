import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Gap, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const opsGaps = defineTopic({
  name: 'ops.gaps',
  doc: 'Holes in feeds: found, then healed.',
  key: 'source/symbol',
  value: avroCodec<Gap>(loadSchema('ops/Gap')),
  partitions: controlPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 720 * 3_600_000,
});
