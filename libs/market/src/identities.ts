import { printIdentity } from './instrument-identity.ts';

/** The identity strings that are made most often. All throw RangeError for parts that make no identity. */
export const assetIdentity = (code: string): string => printIdentity({ type: 'asset', code });
export const venueIdentity = (name: string): string => printIdentity({ type: 'venue', name });
export const listingIdentity = (venue: string, symbol: string): string =>
  printIdentity({ type: 'listing', venue, symbol });
export const spotIdentity = (base: string, quote: string): string => printIdentity({ type: 'spot', base, quote });
export const perpetualIdentity = (base: string, quote: string, settle: string): string =>
  printIdentity({ type: 'perpetual', base, quote, settle });

/**
 * The instrument that a venue's listing is of, from what the venue states (a ListingSeen fits, asset codes ours).
 * Null where the statement is too little: a derivative without its settlement asset, a future without its expiry.
 * @throws RangeError when an asset code is none.
 */
export function instrumentIdentityOf(listing: {
  readonly type: 'spot' | 'perpetual' | 'future';
  readonly base: string;
  readonly quote: string;
  readonly settle?: string;
  /** YYYYMMDD */
  readonly expiry?: string;
}): string | null {
  const { type, base, quote, settle, expiry } = listing;
  if (type === 'spot') return spotIdentity(base, quote);
  if (settle === undefined) return null;
  if (type === 'perpetual') return perpetualIdentity(base, quote, settle);
  return expiry === undefined ? null : printIdentity({ type, base, quote, settle, expiry });
}
