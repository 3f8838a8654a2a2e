import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Lending, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedLending = defineTopic({
  name: 'processed.lending',
  doc: 'Actions on lending markets.',
  key: 'instrumentId',
  value: avroCodec<Lending>(loadSchema('processed/Lending')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
