import { listingIdentity } from '@alphapulse/market';
import type { ListingStatus } from '@alphapulse/schemas';
import type { Facts } from '../statement.ts';
import { checkVenueName } from './check-venue.ts';
import { type CheckContext, type Checked, type Need, said } from './checked.ts';
import {
  checkNames,
  checkNumber,
  checkOneOf,
  checkText,
  type Loose,
  nullable,
  optional,
  shown,
} from './fact-checks.ts';
import { checkInstrumentIdentity, instrumentNeeds } from './instrument-facts.ts';
import { refuse } from './refuse.ts';
import { VenueNeed } from './venue-need.ts';

const statuses = ['trading', 'halted', 'delisted', 'unknown'] as const satisfies readonly ListingStatus[];
const names = [
  ...['venue', 'symbol', 'instrument', 'tickSize', 'lotSize', 'minNotional', 'makerFeeBps', 'takerFeeBps'],
  ...['status', 'mapping'],
];
/** A hundred per cent. Below zero a fee is a rebate. */
const maxFeeBps = 10_000;

/** The identity of the listing that a statement names. */
export function checkListingPlace({ venue, symbol }: Loose<Facts['listings']>): string {
  checkVenueName('venue', venue);
  try {
    return listingIdentity(venue as string, typeof symbol === 'string' ? symbol : '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse('identity_invalid', 'symbol', `not a symbol (1 to 128 visible characters): ${shown(symbol)}`);
  }
}

/** @param assets what the statement says of the instrument's assets beyond that they are */
export function checkListing(
  facts: Loose<Facts['listings']>,
  provenance: string,
  context: CheckContext,
  assets: readonly Need[] = [],
): Checked<'listings'> {
  checkNames(facts, names);
  const venue = facts.venue as string;
  const symbol = facts.symbol as string;
  const named = checkInstrumentIdentity('instrument', facts.instrument);
  const instrument = named.text;
  const tickSize = nullable(facts.tickSize, (value) => checkNumber('tickSize', value, { above: 0 }));
  const lotSize = nullable(facts.lotSize, (value) => checkNumber('lotSize', value, { above: 0 }));
  const minNotional = nullable(facts.minNotional, (value) => checkNumber('minNotional', value, { min: 0 }));
  const makerFeeBps = nullable(facts.makerFeeBps, (value) => checkFee('makerFeeBps', value));
  const takerFeeBps = nullable(facts.takerFeeBps, (value) => checkFee('takerFeeBps', value));
  const status = optional(facts.status, (value) => checkOneOf('status', value, statuses));
  const mapping = optional(facts.mapping, checkMapping);
  return {
    over: (held) => ({
      venue,
      symbol,
      instrumentId: context.idOf(instrument),
      instrument,
      tickSize: said(tickSize, held?.tickSize, null),
      lotSize: said(lotSize, held?.lotSize, null),
      minNotional: said(minNotional, held?.minNotional, null),
      makerFeeBps: said(makerFeeBps, held?.makerFeeBps, null),
      takerFeeBps: said(takerFeeBps, held?.takerFeeBps, null),
      status: said(status, held?.status, 'unknown'),
      mapping: said(mapping, held?.mapping, 'rule'),
    }),
    needs: [...assets, ...instrumentNeeds(named, provenance), new VenueNeed(venue)],
  };
}

function checkFee(path: string, value: unknown): number {
  return checkNumber(path, value, { min: -maxFeeBps, max: maxFeeBps });
}

function checkMapping(value: unknown): string {
  const text = checkText('mapping', value, 1_000);
  if (text !== 'rule' && !/^override: \S/.test(text))
    refuse('fact_invalid', 'mapping', `must be rule, or override: and its reason, not ${shown(text)}`);
  return text;
}
