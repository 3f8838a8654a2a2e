import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Token } from '@alphapulse/schemas';
import { controlPartitions } from './partitions.ts';

export const registryTokens = defineTopic({
  name: 'registry.tokens',
  doc: 'Tokens on chains.',
  key: 'id',
  value: avroCodec<Token>(loadSchema('registry/Token')),
  partitions: controlPartitions,
  cleanupPolicy: 'compact',
});
