import { defineStage } from '@alphapulse/core';
import { marketUpdates, processedQuotes, processedTrades } from '@alphapulse/topics';
import type { MarketUpdatesConfig } from './config.ts';
import { MarketUpdatesProcessor } from './processor.ts';

export const marketUpdatesStage = defineStage({
  name: 'market-updates',
  doc: 'Best bid and ask of every instrument over its venues and its last trade, conflated.',
  reads: [processedQuotes, processedTrades],
  writes: [marketUpdates],
  // Five seconds more than a quote lives, since records of several venues are not quite in the order of their time.
  state: { kind: 'look-back', ms: 65_000 },
  create: (config: MarketUpdatesConfig) => new MarketUpdatesProcessor(config),
});
