import { FatalError } from '@alphapulse/core';

export interface SyntheticsConfig {
  /** A leg's quote counts while it was received less than this before the time at hand. */
  readonly maxLegAgeMs: number;
  /** Leg quotes are held back so long in record time, to be taken in the order they were received. */
  readonly reorderWindowMs: number;
  /** So much longer for each level of synthetics below: what the quotes of those take to come round by both stages. */
  readonly levelWindowMs: number;
  /** At most one quote of a synthetic in so much record time. */
  readonly minIntervalMs: number;
  /** A quote that is as before is repeated after so much record time, while the legs go on being quoted. */
  readonly refreshMs: number;
}

export const defaultSyntheticsConfig: SyntheticsConfig = {
  maxLegAgeMs: 10_000,
  reorderWindowMs: 250,
  levelWindowMs: 500,
  minIntervalMs: 10,
  refreshMs: 1_000,
};

const least: SyntheticsConfig = {
  maxLegAgeMs: 1,
  reorderWindowMs: 0,
  levelWindowMs: 0,
  minIntervalMs: 1,
  refreshMs: 1,
};

/** Fills in the defaults. @throws FatalError `config_invalid` naming the field. */
export function syntheticsConfig(overrides: Partial<SyntheticsConfig> = {}): SyntheticsConfig {
  const config = { ...defaultSyntheticsConfig, ...overrides };
  for (const [field, value] of Object.entries(config)) {
    if (!Object.hasOwn(defaultSyntheticsConfig, field))
      throw new FatalError('config_invalid', `synthetics: there is no setting ${field}`);
    const lowest = least[field as keyof SyntheticsConfig];
    if (typeof value !== 'number' || !Number.isFinite(value) || value < lowest)
      throw new FatalError(
        'config_invalid',
        `synthetics: ${field} must be a number of ${lowest} or more, not ${value}`,
      );
  }
  return config;
}
