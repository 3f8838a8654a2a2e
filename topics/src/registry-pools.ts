import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Pool } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryPools = defineTopic({
  name: 'registry.pools',
  doc: 'Liquidity pools.',
  key: 'id',
  value: avroCodec<Pool>(loadSchema('registry/Pool')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
