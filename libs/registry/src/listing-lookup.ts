import type { Listing } from '@alphapulse/schemas';

/**
 * What a stage asks the registry. Stages declare the same shape themselves, since they do not import this package;
 * `RegistryView` fits both.
 */
export interface ListingLookup {
  /** The facts of a venue's symbol that hold at `asOfUs` (microseconds); undefined when none are known. */
  listing(venue: string, symbol: string, asOfUs: number): Listing | undefined;
}
