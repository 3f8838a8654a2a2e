import { defineTopic } from '@alphapulse/core';
import { avroCodec, type LegQuote, loadSchema } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

/** Brings the legs of a synthetic, which processed.quotes keeps in partitions of their own, into one. */
export const internalLegs = defineTopic({
  name: 'internal.legs',
  doc: 'Quotes on their way to the synthetics that they are a leg of.',
  key: 'synthetic id',
  value: avroCodec<LegQuote>(loadSchema('internal/LegQuote')),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 24 * 3_600_000,
  internal: true,
});
