import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Liquidity, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedLiquidity = defineTopic({
  name: 'processed.liquidity',
  doc: 'Liquidity added to and taken from pools.',
  key: 'instrumentId',
  value: avroCodec<Liquidity>(loadSchema('processed/Liquidity')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
