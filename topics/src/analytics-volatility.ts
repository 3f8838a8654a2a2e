import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Volatility } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const analyticsVolatility = defineTopic({
  name: 'analytics.volatility',
  doc: 'Realised volatility by instrument.',
  key: 'instrumentId',
  value: avroCodec<Volatility>(loadSchema('analytics/Volatility')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
