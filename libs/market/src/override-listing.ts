import type { ListingSeen } from '@alphapulse/core';
import { type AssetOverride, type AssetOverrides, curatedOverrides } from './asset-overrides.ts';

/** A listing after the overrides, with the text for its `mapping` fact: `rule`, or `override: ` and the reasons. */
export interface OverriddenListing {
  readonly listing: ListingSeen;
  readonly mapping: string;
}

/**
 * Applies overrides to a listing whose asset codes are ours by rule already, as discovery gives it. The venue's own
 * codes are `venueBase` and `venueQuote`, or where those are absent the same as ours. An asset that changes keeps the
 * venue's code beside it, so that the registry learns the alias. The settlement asset, whose code at the venue is not
 * stated, goes with base or quote when it is one of them.
 * @param atUs when, microseconds
 */
export function overrideListing(
  listing: ListingSeen,
  atUs: number,
  overrides: AssetOverrides = curatedOverrides(),
): OverriddenListing {
  const { venue, symbol } = listing;
  const venueBase = listing.venueBase ?? listing.base;
  const venueQuote = listing.venueQuote ?? listing.quote;
  const base = overrides.find({ venue, code: venueBase, symbol, atUs });
  const quote = overrides.find({ venue, code: venueQuote, atUs });
  const settle = settlementOverride(listing, base, quote, (code) => overrides.find({ venue, code, atUs }));
  const reasons = new Set([base, quote, settle].flatMap((each) => (each ? [each.reason] : [])));
  if (reasons.size === 0) return { listing, mapping: 'rule' };
  return {
    listing: {
      ...listing,
      ...(base ? { base: base.asset, venueBase } : {}),
      ...(quote ? { quote: quote.asset, venueQuote } : {}),
      ...(settle ? { settle: settle.asset } : {}),
    },
    mapping: `override: ${[...reasons].join('; ')}`,
  };
}

function settlementOverride(
  { base, quote, settle }: ListingSeen,
  ofBase: AssetOverride | undefined,
  ofQuote: AssetOverride | undefined,
  find: (code: string) => AssetOverride | undefined,
): AssetOverride | undefined {
  if (settle === undefined) return undefined;
  if (settle === base) return ofBase;
  return settle === quote ? ofQuote : find(settle);
}
