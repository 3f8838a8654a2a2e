import { FatalError } from '@alphapulse/core';

export interface ArbitrageConfig {
  /** Least gain after both taker fees at which an opportunity opens and stays open. */
  readonly thresholdBps: number;
  /** A quote is stale from the moment its age (record time less event time) reaches this. */
  readonly maxQuoteAgeMs: number;
  /** Records are held back so long in record time, to be taken in the order they were received. */
  readonly reorderWindowMs: number;
  /** A change of net by at least so much is worth an `updated` record. */
  readonly updateEveryBps: number;
  /** A change of the executable size by at least this share of it is worth an `updated` record. */
  readonly updateEverySizeShare: number;
  /** At most one `updated` record of an opportunity in so much record time. */
  readonly minUpdateIntervalMs: number;
  /** A gross gain beyond this is a wrong mapping of symbols, not a market: suppressed as `suspect_mapping`. */
  readonly suspectGrossBps: number;
  /** Least dollar value that can be executed; not applied where the quote asset has no known dollar value. */
  readonly minExecutableUsd: number;
}

export const defaultArbitrageConfig: ArbitrageConfig = {
  thresholdBps: 5,
  maxQuoteAgeMs: 5_000,
  reorderWindowMs: 50,
  updateEveryBps: 1,
  updateEverySizeShare: 0.5,
  minUpdateIntervalMs: 100,
  suspectGrossBps: 2_000,
  minExecutableUsd: 0,
};

/** Fills in the defaults. @throws FatalError `config_invalid` naming the field. */
export function arbitrageConfig(overrides: Partial<ArbitrageConfig> = {}): ArbitrageConfig {
  const config = { ...defaultArbitrageConfig, ...overrides };
  for (const [field, value] of Object.entries(config)) {
    const known = Object.hasOwn(defaultArbitrageConfig, field);
    const mayBeNegative = field === 'thresholdBps';
    if (!known) throw new FatalError('config_invalid', `arbitrage: there is no setting ${field}`);
    if (typeof value !== 'number' || !Number.isFinite(value) || (value < 0 && !mayBeNegative))
      throw new FatalError('config_invalid', `arbitrage: ${field} must be a number of zero or more, not ${value}`);
  }
  return config;
}
