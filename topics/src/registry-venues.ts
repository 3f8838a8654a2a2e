import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Venue } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryVenues = defineTopic({
  name: 'registry.venues',
  doc: 'Where things trade.',
  key: 'id',
  value: avroCodec<Venue>(loadSchema('registry/Venue')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
