import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Correlation, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const analyticsCorrelations = defineTopic({
  name: 'analytics.correlations',
  doc: 'Correlation of instrument pairs.',
  key: 'pair: both instrument ids, sorted, joined by |',
  value: avroCodec<Correlation>(loadSchema('analytics/Correlation')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
