import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Volume } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const analyticsVolume = defineTopic({
  name: 'analytics.volume',
  doc: 'Traded volume by instrument.',
  key: 'instrumentId',
  value: avroCodec<Volume>(loadSchema('analytics/Volume')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
