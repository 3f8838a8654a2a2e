import { defaultSyntheticsConfig, type SyntheticsConfig, syntheticsConfig } from '@alphapulse/detectors';
import { envNumber } from '@alphapulse/runtime';

/** How synthetics are quoted, from SYNTHETICS_*. @throws FatalError `config_invalid` naming the field. */
export function syntheticsFromEnv(): SyntheticsConfig {
  const { maxLegAgeMs, reorderWindowMs, minIntervalMs, refreshMs } = defaultSyntheticsConfig;
  return syntheticsConfig({
    maxLegAgeMs: envNumber('SYNTHETICS_MAX_LEG_AGE_MS', maxLegAgeMs),
    reorderWindowMs: envNumber('SYNTHETICS_REORDER_WINDOW_MS', reorderWindowMs),
    minIntervalMs: envNumber('SYNTHETICS_MIN_INTERVAL_MS', minIntervalMs),
    refreshMs: envNumber('SYNTHETICS_REFRESH_MS', refreshMs),
  });
}
