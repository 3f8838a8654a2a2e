import { defineTopic } from '@alphapulse/core';
import { avroCodec, type Instrument, loadSchema } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryInstruments = defineTopic({
  name: 'registry.instruments',
  doc: 'Tradable things with a universal identity.',
  key: 'id',
  value: avroCodec<Instrument>(loadSchema('registry/Instrument')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
