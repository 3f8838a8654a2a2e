import { defineStage } from '@alphapulse/core';
import { opportunitiesArbitrage, processedQuotes, registryMappings } from '@alphapulse/topics';
import type { ArbitrageConfig } from './config.ts';
import { ArbitrageProcessor } from './processor.ts';

export const arbitrage = defineStage({
  name: 'arbitrage',
  doc: 'Finds instruments that can be bought on one venue and sold on another at a gain after both taker fees, and mappings that prices speak against.',
  reads: [processedQuotes],
  writes: [opportunitiesArbitrage, registryMappings],
  state: { kind: 'checkpoints', everyMs: 60_000 },
  create: (config: ArbitrageConfig) => new ArbitrageProcessor(config),
});
