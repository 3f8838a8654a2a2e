import { RejectedRecordError } from '@alphapulse/core';
import type { Synthetic } from '@alphapulse/schemas';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';

/** One that is stacked higher counts as so high. */
export const maxHeight = 8;

/** By version: which legs are synthetics. What an id is never changes. */
const innerLegs = new WeakMap<Synthetic, readonly string[]>();

/**
 * How many synthetics stand on one another below this one, as defined at a time: 0 when all legs are instruments.
 * @throws RejectedRecordError `synthetic_cyclic` for one that is made of itself: its quotes would go round for ever.
 * Registrars let none through; another producer might.
 */
export function heightOf(synthetic: Synthetic, atUs: number, lookup: SyntheticLookup): number {
  return heightAbove(synthetic, atUs, lookup, synthetic, 0);
}

function heightAbove(
  synthetic: Synthetic,
  atUs: number,
  lookup: SyntheticLookup,
  top: Synthetic,
  above: number,
): number {
  let inner = innerLegs.get(synthetic);
  if (!inner) {
    inner = synthetic.legs.map(({ instrumentId }) => instrumentId).filter((id) => lookup.isSynthetic(id));
    innerLegs.set(synthetic, inner);
  }
  let height = 0;
  // Bounded, so that a circle further down ends too; what stands in it is refused itself.
  if (above === maxHeight) return height;
  for (const id of inner) {
    if (id === top.id) throw new RejectedRecordError('synthetic_cyclic', `synthetic ${top.name} is made of itself`);
    const below = lookup.definition(id, atUs);
    if (below) height = Math.max(height, 1 + heightAbove(below, atUs, lookup, top, above + 1));
  }
  return height;
}
