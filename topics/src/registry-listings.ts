import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Listing, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryListings = defineTopic({
  name: 'registry.listings',
  doc: 'Venue symbols and their facts.',
  key: 'id',
  value: avroCodec<Listing>(loadSchema('registry/Listing')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
