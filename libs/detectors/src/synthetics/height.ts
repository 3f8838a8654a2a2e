import type { Synthetic } from '@alphapulse/schemas';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';

/** Synthetics are stacked no higher than this; one that is, which no registrar keeps from being, counts as so high. */
export const maxHeight = 8;

/** By version: which legs are synthetics. What an id is never changes. */
const innerLegs = new WeakMap<Synthetic, readonly string[]>();

/** How many synthetics stand on one another below this one, as defined at a time: 0 when all legs are instruments. */
export function heightOf(synthetic: Synthetic, atUs: number, lookup: SyntheticLookup, above = 0): number {
  let inner = innerLegs.get(synthetic);
  if (!inner) {
    inner = synthetic.legs.map(({ instrumentId }) => instrumentId).filter((id) => lookup.isSynthetic(id));
    innerLegs.set(synthetic, inner);
  }
  let height = 0;
  // Bounded, so that definitions that bad data has made circular end too.
  if (above === maxHeight) return height;
  for (const id of inner) {
    const below = lookup.definition(id, atUs);
    if (below) height = Math.max(height, 1 + heightOf(below, atUs, lookup, above + 1));
  }
  return height;
}
