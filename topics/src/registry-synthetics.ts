import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Synthetic } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registrySynthetics = defineTopic({
  name: 'registry.synthetics',
  doc: 'Formulas over instruments.',
  key: 'id',
  value: avroCodec<Synthetic>(loadSchema('registry/Synthetic')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
