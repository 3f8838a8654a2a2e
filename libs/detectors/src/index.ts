import { defaultArbitrageConfig } from './arbitrage/config.ts';
import { arbitrage } from './arbitrage/stage.ts';
import { defaultMarketUpdatesConfig } from './market-updates/config.ts';
import { marketUpdatesStage } from './market-updates/stage.ts';
import { syntheticLegs } from './synthetic-legs/stage.ts';
import { defaultSyntheticsConfig } from './synthetics/config.ts';
import { synthetics } from './synthetics/stage.ts';

export { type ArbitrageConfig, arbitrageConfig, defaultArbitrageConfig } from './arbitrage/config.ts';
export { arbitrage } from './arbitrage/stage.ts';
export {
  defaultMarketUpdatesConfig,
  type MarketUpdatesConfig,
  marketUpdatesConfig,
} from './market-updates/config.ts';
export { marketUpdatesStage } from './market-updates/stage.ts';
export type { SyntheticLookup } from './shared/synthetic-lookup.ts';
export { syntheticLegs } from './synthetic-legs/stage.ts';
export { defaultSyntheticsConfig, type SyntheticsConfig, syntheticsConfig } from './synthetics/config.ts';
export { synthetics } from './synthetics/stage.ts';

/** Every detector there is, by its name: the stage and the configuration it runs with when nothing else is said. */
export const detectors = {
  arbitrage: { stage: arbitrage, config: defaultArbitrageConfig },
  'market-updates': { stage: marketUpdatesStage, config: defaultMarketUpdatesConfig },
  // What asks the registry is created with `{ config, synthetics: SyntheticLookup }`, the others with `config`.
  'synthetic-legs': { stage: syntheticLegs, config: {}, asks: 'synthetics' },
  synthetics: { stage: synthetics, config: defaultSyntheticsConfig, asks: 'synthetics' },
} as const;
