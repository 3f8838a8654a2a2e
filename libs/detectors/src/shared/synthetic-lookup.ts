import type { Synthetic } from '@alphapulse/schemas';

/**
 * The registry's synthetics as of a time (microseconds), for stages that are given them. Two calls that ask for the same
 * version give the same object.
 */
export interface SyntheticLookup {
  /** Definitions with an instrument or synthetic among their own legs; not those that use it by way of another. */
  using(instrumentId: string, asOfUs: number): readonly Synthetic[];
  definition(id: string, asOfUs: number): Synthetic | undefined;
  /** True for a synthetic, whenever it was defined. */
  isSynthetic(id: string): boolean;
}

/** Source and venue of the quotes of synthetics. */
export const SYNTHETIC = 'synthetic';
