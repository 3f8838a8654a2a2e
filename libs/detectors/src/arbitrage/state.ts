import { type PriceSanity, parseIdentity, usdValueOf } from '@alphapulse/market';
import type { Quote } from '@alphapulse/schemas';

/** An opportunity that is open. Plain JSON: it travels in checkpoints. */
export interface OpenOpportunity {
  readonly id: string;
  readonly buyVenue: string;
  readonly sellVenue: string;
  /** µs */
  readonly openedTime: number;
  /** The quotes it was last judged by. */
  buy: Quote;
  sell: Quote;
  /** When the older of both quotes turns stale, µs. Invariant: after the time now. */
  staleTime: number;
  maxNetBps: number;
  /** What was last emitted, to judge whether a change is worth a record. */
  emittedNetBps: number;
  emittedSize: number;
  emittedTime: number;
}

/** All that is known of one instrument. */
export interface InstrumentState {
  readonly instrumentId: string;
  readonly instrument: string;
  /** US dollars for a unit of the quote asset; derived from the identity. */
  readonly quoteUsd: number | null;
  /** The newest quote of each venue, sorted by venue so that the order of arrival shows nowhere. */
  quotes: Quote[];
  open: OpenOpportunity[];
  /** Ids given at `openedTime`, so that a second opening of a pair in the same microsecond gets its own. */
  openedTime: number;
  openedIds: string[];
  /** Which of its listings are suspect. */
  readonly sanity: PriceSanity;
}

export function newInstrument(instrumentId: string, instrument: string, sanity: PriceSanity): InstrumentState {
  const identity = parseIdentity(instrument);
  const quote = identity && 'quote' in identity ? identity.quote : null;
  return {
    instrumentId,
    instrument,
    quoteUsd: quote === null ? null : usdValueOf(quote),
    quotes: [],
    open: [],
    openedTime: 0,
    openedIds: [],
    sanity,
  };
}

/** Puts a quote in its venue's place and returns the one it replaces. */
export function replaceQuote(quotes: Quote[], quote: Quote): Quote | undefined {
  let at = 0;
  for (; at < quotes.length; at++) {
    const other = quotes[at] as Quote;
    if (other.venue === quote.venue) {
      quotes[at] = quote;
      return other;
    }
    if (other.venue > quote.venue) break;
  }
  quotes.splice(at, 0, quote);
  return undefined;
}
