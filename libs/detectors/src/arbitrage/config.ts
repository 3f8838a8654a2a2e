import { FatalError } from '@alphapulse/core';
import type { PriceSanityLimits } from '@alphapulse/market';

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
  /** A gross gain beyond this is a wrong mapping of symbols, not a market: that pair of quotes is no opportunity. */
  readonly suspectGrossBps: number;
  /** Mid prices of one instrument that are further apart than this disagree. */
  readonly mappingLimitBps: number;
  /** A listing that has disagreed for so long in record time is suspect, and none of its opportunities is published. */
  readonly mappingSuspectAfterMs: number;
  /** A suspect listing that has agreed for so long in record time is believed again. */
  readonly mappingConfirmAfterMs: number;
  /** A price received so long ago says nothing about a mapping any more. */
  readonly mappingMaxAgeMs: number;
  /** A listing silent for so long is forgotten, with what it was suspected of. At least `mappingMaxAgeMs`. */
  readonly mappingForgetAfterMs: number;
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
  mappingLimitBps: 500,
  mappingSuspectAfterMs: 10_000,
  mappingConfirmAfterMs: 60_000,
  mappingMaxAgeMs: 60_000,
  mappingForgetAfterMs: 3_600_000,
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
  const { mappingMaxAgeMs, mappingForgetAfterMs } = config;
  if (mappingForgetAfterMs < mappingMaxAgeMs)
    throw new FatalError(
      'config_invalid',
      `arbitrage: mappingForgetAfterMs must be at least mappingMaxAgeMs (${mappingMaxAgeMs}), not ${mappingForgetAfterMs}`,
    );
  return config;
}

/** What the settings say about judging mappings. */
export function sanityLimits(config: ArbitrageConfig): PriceSanityLimits {
  return {
    limitBps: config.mappingLimitBps,
    suspectAfterMs: config.mappingSuspectAfterMs,
    confirmAfterMs: config.mappingConfirmAfterMs,
    maxAgeMs: config.mappingMaxAgeMs,
    forgetAfterMs: config.mappingForgetAfterMs,
  };
}
