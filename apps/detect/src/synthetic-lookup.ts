import type { SyntheticLookup } from '@alphapulse/detectors';
import type { RegistryMap } from '@alphapulse/registry';

/** What the stages of synthetics ask, answered by the registry's topics. */
export function syntheticLookup(
  registry: Pick<RegistryMap, 'syntheticsUsing' | 'asOf' | 'identityOf'>,
): SyntheticLookup {
  return {
    // The registry answers with those that use it by way of others, too.
    using: (instrumentId, asOfUs) =>
      registry
        .syntheticsUsing(instrumentId, asOfUs)
        .filter(({ legs }) => legs.some((leg) => leg.instrumentId === instrumentId)),
    definition: (id, asOfUs) => registry.asOf('synthetics', id, asOfUs),
    isSynthetic: (id) => registry.identityOf(id)?.startsWith('synthetic:') ?? false,
  };
}
