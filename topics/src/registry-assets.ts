import { defineTopic } from '@alphapulse/core';
import { type Asset, avroCodec, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryAssets = defineTopic({
  name: 'registry.assets',
  doc: 'What is traded and paid with.',
  key: 'id',
  value: avroCodec<Asset>(loadSchema('registry/Asset')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
