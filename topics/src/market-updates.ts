import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type MarketUpdate } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const marketUpdates = defineTopic({
  name: 'market.updates',
  doc: 'Best bid and ask of an instrument over all venues, conflated.',
  key: 'instrumentId',
  value: avroCodec<MarketUpdate>(loadSchema('market/MarketUpdate')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 48 * 3_600_000,
});
