import { type ListingSeen, RejectedRecordError } from '@alphapulse/core';
import { type AssetOverrides, instrumentIdentityOf, listingIdentity, overrideListing } from '@alphapulse/market';
import type { Facts } from '../statement.ts';
import { AssetNeed } from './asset-need.ts';
import { checkListing } from './check-listing.ts';
import type { StatedOf } from './check-statement.ts';
import type { Need } from './checked.ts';
import { refuse } from './refuse.ts';

/**
 * What a feed says of a listing, as a statement. Numbers that cannot be are taken for left out: a feed's gaps are
 * not its listings' faults. The venue's own asset codes become aliases.
 */
export function statedListing(seen: ListingSeen, overrides: AssetOverrides): StatedOf<'listings'> {
  const provenance = seen.provenance.trim() || 'not stated';
  return {
    kind: 'listings',
    provenance,
    identity: () => made(() => listingIdentity(seen.venue, seen.symbol)),
    check: (id, context) => {
      const held = context.versions('listings', id).at(-1);
      const { listing, mapping } = overrideListing(seen, context.nowUs, overrides);
      // Somebody has said what the symbol means: a feed, which only knows the rules, does not unsay it.
      const kept = mapping === 'rule' && held !== undefined && held.mapping !== 'rule' ? held : undefined;
      const facts: Facts['listings'] = {
        venue: seen.venue,
        symbol: seen.symbol,
        instrument: kept?.instrument ?? instrumentOf(listing),
        ...statedNumbers(seen),
        status: seen.status,
        mapping: kept?.mapping ?? mapping,
      };
      return checkListing(facts, provenance, context, kept ? [] : assetNeeds(listing, provenance));
    },
  };
}

function instrumentOf(listing: ListingSeen): string {
  const identity = made(() => instrumentIdentityOf(listing));
  return identity ?? refuse('value_invalid', 'settle', `${listing.type} without its settlement asset or expiry`);
}

/** What makes no identity is the listing's fault. */
function made<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RejectedRecordError('value_invalid', cause.message, { cause });
  }
}

function assetNeeds(listing: ListingSeen, provenance: string): Need[] {
  const { venue, base, quote, settle, venueBase, venueQuote } = listing;
  const aliases = (venueCode: string | undefined) => (venueCode === undefined ? [] : [`${venue}:${venueCode}`]);
  return [
    new AssetNeed(base, provenance, { aliases: aliases(venueBase) }),
    new AssetNeed(quote, provenance, { aliases: aliases(venueQuote) }),
    ...(settle === undefined ? [] : [new AssetNeed(settle, provenance)]),
  ];
}

function statedNumbers({ tickSize, lotSize, minNotional, makerFeeBps, takerFeeBps }: ListingSeen) {
  const above = (value: number | undefined) => value !== undefined && Number.isFinite(value) && value > 0;
  const fee = (value: number | undefined) => value !== undefined && Math.abs(value) <= 10_000;
  return {
    ...(above(tickSize) ? { tickSize } : {}),
    ...(above(lotSize) ? { lotSize } : {}),
    ...(above(minNotional) || minNotional === 0 ? { minNotional } : {}),
    ...(fee(makerFeeBps) ? { makerFeeBps } : {}),
    ...(fee(takerFeeBps) ? { takerFeeBps } : {}),
  };
}
