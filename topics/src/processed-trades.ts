import { defineTopic } from '@alphapulse/core';
import { avroCodec, loadSchema, type Trade } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

export const processedTrades = defineTopic({
  name: 'processed.trades',
  doc: 'Trades of all venues.',
  key: 'instrumentId',
  value: avroCodec<Trade>(loadSchema('processed/Trade')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 168 * 3_600_000,
});
