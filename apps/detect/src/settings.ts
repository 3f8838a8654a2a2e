import {
  arbitrageConfig,
  defaultArbitrageConfig,
  defaultMarketUpdatesConfig,
  defaultSyntheticsConfig,
  marketUpdatesConfig,
  syntheticsConfig,
} from '@alphapulse/detectors';
import { envSettings } from '@alphapulse/runtime';

/**
 * The settings of each detector that has some, from ARBITRAGE_*, MARKET_UPDATES_* and SYNTHETICS_*.
 * @throws FatalError `config_invalid` naming the variable or field.
 */
export function settingsFromEnv() {
  return {
    arbitrage: arbitrageConfig(envSettings('ARBITRAGE', defaultArbitrageConfig)),
    'market-updates': marketUpdatesConfig(envSettings('MARKET_UPDATES', defaultMarketUpdatesConfig)),
    'synthetic-legs': {},
    synthetics: syntheticsConfig(envSettings('SYNTHETICS', defaultSyntheticsConfig)),
  } as const;
}
