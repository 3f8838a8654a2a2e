import { defaultArbitrageConfig } from './arbitrage/config.ts';
import { arbitrage } from './arbitrage/stage.ts';
import { defaultMarketUpdatesConfig } from './market-updates/config.ts';
import { marketUpdatesStage } from './market-updates/stage.ts';

export { type ArbitrageConfig, arbitrageConfig, defaultArbitrageConfig } from './arbitrage/config.ts';
export { arbitrage } from './arbitrage/stage.ts';
export {
  defaultMarketUpdatesConfig,
  type MarketUpdatesConfig,
  marketUpdatesConfig,
} from './market-updates/config.ts';
export { marketUpdatesStage } from './market-updates/stage.ts';

/** Every detector there is, by its name: the stage and the configuration it runs with when nothing else is said. */
export const detectors = {
  arbitrage: { stage: arbitrage, config: defaultArbitrageConfig },
  'market-updates': { stage: marketUpdatesStage, config: defaultMarketUpdatesConfig },
} as const;
