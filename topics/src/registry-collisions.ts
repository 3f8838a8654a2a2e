import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Collision, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryCollisions = defineTopic({
  name: 'registry.collisions',
  doc: 'Identities rejected because another has their id; kept forever.',
  key: 'id',
  value: avroCodec<Collision>(loadSchema('registry/Collision')),
  partitions: controlPartitions,
  cleanupPolicy: 'delete',
  retentionMs: -1,
});
