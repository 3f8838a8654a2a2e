import { defineStage, MissingFactError, type Output, type Processor } from '@alphapulse/core';
import { parseIdentity, usdValueOf } from '@alphapulse/market';
import type { EventKind, Listing, ProcessedEvent, ValidatedEvent } from '@alphapulse/schemas';
import {
  internalValidated,
  processedBars,
  processedBooks,
  processedIndicators,
  processedLending,
  processedLiquidity,
  processedPosts,
  processedQuotes,
  processedSwaps,
  processedTrades,
} from '@alphapulse/topics';

/** Registry facts as of a time; the view of the registry's topics has this shape. */
export interface ListingLookup {
  listing(venue: string, symbol: string, asOfUs: number): Listing | undefined;
}

const topicOf = {
  trade: processedTrades,
  quote: processedQuotes,
  book: processedBooks,
  bar: processedBars,
  swap: processedSwaps,
  liquidity: processedLiquidity,
  lending: processedLending,
  post: processedPosts,
  indicator: processedIndicators,
} as const satisfies Record<EventKind, unknown>;

type ProcessedTopic = (typeof topicOf)[EventKind];

/** Gives every event its universal instrument, the listing's facts at the event's time and its value in dollars. */
export const enrich = defineStage({
  name: 'enrich',
  doc: 'Adds the universal instrument id, the listing’s facts as of the event, and the value in US dollars.',
  reads: [internalValidated],
  writes: Object.values(topicOf) as ProcessedTopic[],
  create: (deps: { listings: ListingLookup }): Processor<typeof internalValidated, ProcessedTopic> => ({
    process({ value, timestampMs }, output) {
      const facts = factsOf(deps.listings, value);
      emit(output, addFacts(value, facts), timestampMs);
    },
  }),
});

interface Facts {
  readonly listing: Listing;
  readonly listingVersion: string;
  /** US dollars for one unit of the quote asset; null where unknown. */
  readonly quoteUsd: number | null;
}

const known = new WeakMap<Listing, Facts>();

function factsOf(listings: ListingLookup, { venue, symbol, receivedTime }: ValidatedEvent): Facts {
  const listing = listings.listing(venue, symbol, receivedTime);
  if (!listing)
    throw new MissingFactError('symbol_unknown', `no listing of ${symbol} on ${venue} is known`, {
      details: { venue, symbol },
    });
  let facts = known.get(listing);
  if (!facts) {
    const identity = parseIdentity(listing.instrument);
    facts = {
      listing,
      listingVersion: `${listing.id}@${listing.validFrom}`,
      quoteUsd: identity !== null && 'quote' in identity ? usdValueOf(identity.quote) : null,
    };
    known.set(listing, facts);
  }
  return facts;
}

function addFacts(event: ValidatedEvent, { listing, listingVersion, quoteUsd }: Facts): ProcessedEvent {
  const { instrumentId, instrument, tickSize, lotSize, takerFeeBps } = listing;
  switch (event.kind) {
    case 'trade':
      return {
        ...event,
        instrumentId,
        instrument,
        notionalUsd: quoteUsd === null ? null : event.price * event.size * quoteUsd,
      };
    case 'quote':
      return { ...event, instrumentId, instrument, tickSize, lotSize, takerFeeBps, listingVersion };
    case 'book':
      return { ...event, instrumentId, instrument, tickSize, lotSize };
    case 'swap':
      return { ...event, instrumentId, instrument, volumeUsd: null };
    case 'lending':
      return { ...event, instrumentId, instrument, valueUsd: null };
    case 'post':
      return { ...event, instrumentId, instrument, sentiment: null };
    default:
      return { ...event, instrumentId, instrument };
  }
}

function emit(output: Output<ProcessedTopic>, event: ProcessedEvent, timestampMs: number): void {
  output.to(topicOf[event.kind] as ProcessedTopic, event.instrumentId, event as never, timestampMs);
}
