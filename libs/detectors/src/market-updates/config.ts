import { FatalError } from '@alphapulse/core';

export interface MarketUpdatesConfig {
  /** At most one record of an instrument in each interval of record time. */
  readonly intervalMs: number;
  /** A quote or trade received longer ago counts no more. At most the stage's look-back. */
  readonly liveMs: number;
}

export const defaultMarketUpdatesConfig: MarketUpdatesConfig = { intervalMs: 250, liveMs: 60_000 };

/** Fills in the defaults. @throws FatalError `config_invalid` naming the field. */
export function marketUpdatesConfig(overrides: Partial<MarketUpdatesConfig> = {}): MarketUpdatesConfig {
  const config = { ...defaultMarketUpdatesConfig, ...overrides };
  for (const [field, value] of Object.entries(config)) {
    if (!Object.hasOwn(defaultMarketUpdatesConfig, field))
      throw new FatalError('config_invalid', `market-updates: there is no setting ${field}`);
    if (typeof value !== 'number' || !(value > 0 && value <= defaultMarketUpdatesConfig.liveMs))
      throw new FatalError(
        'config_invalid',
        `market-updates: ${field} must be above 0 and at most ${defaultMarketUpdatesConfig.liveMs}, not ${value}`,
      );
  }
  return config;
}
