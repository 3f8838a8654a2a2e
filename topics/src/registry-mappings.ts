import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Mapping } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const registryMappings = defineTopic({
  name: 'registry.mappings',
  doc: 'Instruments whose listings disagree in price: suspect, and confirmed again.',
  key: 'instrumentId',
  value: avroCodec<Mapping>(loadSchema('registry/Mapping')),
  // Written by a stage over processed.quotes, so partitioned as that.
  partitions: dataPartitions,
  cleanupPolicy: 'compact',
});
