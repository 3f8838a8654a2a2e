import type { AnyTopic } from '@alphapulse/core';
import { analyticsCorrelations } from './analytics-correlations.ts';
import { analyticsVolatility } from './analytics-volatility.ts';
import { analyticsVolume } from './analytics-volume.ts';
import { collectionTasks } from './collection-tasks.ts';
import { deadLetterTopic, internalParsed, internalValidated, stateTopic } from './internal.ts';
import { internalLegs } from './internal-legs.ts';
import { marketUpdates } from './market-updates.ts';
import { opportunitiesArbitrage } from './opportunities-arbitrage.ts';
import { opsBatches } from './ops-batches.ts';
import { opsCollectors } from './ops-collectors.ts';
import { opsGaps } from './ops-gaps.ts';
import { processedBars } from './processed-bars.ts';
import { processedBooks } from './processed-books.ts';
import { processedIndicators } from './processed-indicators.ts';
import { processedLending } from './processed-lending.ts';
import { processedLiquidity } from './processed-liquidity.ts';
import { processedPosts } from './processed-posts.ts';
import { processedQuotes } from './processed-quotes.ts';
import { processedSwaps } from './processed-swaps.ts';
import { processedTrades } from './processed-trades.ts';
import { raw, sourceIds } from './raw.ts';
import { registryAssets } from './registry-assets.ts';
import { registryCollisions } from './registry-collisions.ts';
import { registryInstruments } from './registry-instruments.ts';
import { registryListings } from './registry-listings.ts';
import { registryMappings } from './registry-mappings.ts';
import { registryPools } from './registry-pools.ts';
import { registrySynthetics } from './registry-synthetics.ts';
import { registryTokens } from './registry-tokens.ts';
import { registryVenues } from './registry-venues.ts';
import { routingSubscriptions } from './routing-subscriptions.ts';

export { dataPartitions } from './partitions.ts';
export type { RawTopic, SourceId } from './raw.ts';
export {
  analyticsCorrelations,
  analyticsVolatility,
  analyticsVolume,
  collectionTasks,
  deadLetterTopic,
  internalLegs,
  internalParsed,
  internalValidated,
  marketUpdates,
  opportunitiesArbitrage,
  opsBatches,
  opsCollectors,
  opsGaps,
  processedBars,
  processedBooks,
  processedIndicators,
  processedLending,
  processedLiquidity,
  processedPosts,
  processedQuotes,
  processedSwaps,
  processedTrades,
  raw,
  registryAssets,
  registryCollisions,
  registryInstruments,
  registryListings,
  registryMappings,
  registryPools,
  registrySynthetics,
  registryTokens,
  registryVenues,
  routingSubscriptions,
  sourceIds,
  stateTopic,
};

/** Stages with dead letters, and those of them that keep checkpoints. */
const stages = [
  'parse',
  'validate',
  'enrich',
  'arbitrage',
  'market-updates',
  'synthetic-legs',
  'synthetics',
  'registry',
];
const checkpointed = ['parse', 'validate', 'arbitrage', 'synthetics'];

/** Every topic there is: creation, documentation and conformance tests are derived from this list. */
export const topics: readonly AnyTopic[] = [
  ...sourceIds.map((source) => raw[source]),
  processedTrades,
  processedQuotes,
  processedBooks,
  processedBars,
  processedSwaps,
  processedLiquidity,
  processedLending,
  processedPosts,
  processedIndicators,
  marketUpdates,
  opportunitiesArbitrage,
  analyticsCorrelations,
  analyticsVolatility,
  analyticsVolume,
  registryInstruments,
  registryListings,
  registryVenues,
  registryAssets,
  registrySynthetics,
  registryTokens,
  registryMappings,
  registryPools,
  registryCollisions,
  collectionTasks,
  opsCollectors,
  opsGaps,
  opsBatches,
  routingSubscriptions,
  internalParsed,
  internalValidated,
  internalLegs,
  ...checkpointed.map(stateTopic),
  ...stages.map(deadLetterTopic),
];
