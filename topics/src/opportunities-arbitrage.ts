import { defineTopic } from '@alphapulse/core';
import { type ArbitrageOpportunity, avroCodec, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const opportunitiesArbitrage = defineTopic({
  name: 'opportunities.arbitrage',
  doc: 'Cross-venue arbitrage: opened, updated, closed, each with its proof.',
  key: 'instrumentId',
  value: avroCodec<ArbitrageOpportunity>(loadSchema('opportunities/ArbitrageOpportunity')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 720 * 3_600_000,
});
