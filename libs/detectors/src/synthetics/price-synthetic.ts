import type { Formula } from '@alphapulse/market';
import type { TopOfLegs } from './top-of-legs.ts';

/** What a synthetic is quoted at. */
export interface SyntheticValue {
  readonly bidPrice: number;
  readonly bidSize: number;
  readonly askPrice: number;
  readonly askSize: number;
}

/**
 * The bid is the least the formula can give while each leg is between its bid and ask: what who sells the synthetic
 * gets by selling the legs with which it rises at their bid and buying those with which it falls at their ask. The ask
 * is the most. Null where the formula is not defined, as for a ratio to something that may be zero.
 *
 * The size of a weighted sum is what the scarcest leg allows: the least of size over weight, at the sides that were taken.
 * Of anything else it is zero: no fixed quantities of the legs are worth a ratio, so no size of it can be traded at once.
 */
export function priceSynthetic(formula: Formula, top: TopOfLegs): SyntheticValue | null {
  const { low, high } = formula.range(top.bids, top.asks);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return null;
  const { bidSizes, askSizes } = top;
  // Adding zero makes zero of minus zero, which JSON would not keep apart.
  return {
    bidPrice: low + 0,
    bidSize: sizeOf(formula, bidSizes, askSizes),
    askPrice: high + 0,
    askSize: sizeOf(formula, askSizes, bidSizes),
  };
}

function sizeOf({ linear }: Formula, rising: Float64Array, falling: Float64Array): number {
  if (!linear) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (let leg = 0; leg < linear.weights.length; leg++) {
    const weight = linear.weights[leg] as number;
    if (weight === 0) continue;
    least = Math.min(least, ((weight > 0 ? rising : falling)[leg] as number) / Math.abs(weight));
  }
  return Number.isFinite(least) ? least : 0;
}
