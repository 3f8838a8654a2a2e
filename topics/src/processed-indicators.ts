import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Indicator, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedIndicators = defineTopic({
  name: 'processed.indicators',
  doc: 'Values of economic and market indicators.',
  key: 'instrumentId',
  value: avroCodec<Indicator>(loadSchema('processed/Indicator')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
