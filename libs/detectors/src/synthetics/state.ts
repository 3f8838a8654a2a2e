import type { LegQuote } from '@alphapulse/schemas';
import type { SyntheticValue } from './price-synthetic.ts';

/** All that is known of one synthetic. Times in µs. */
export interface SyntheticState {
  readonly id: string;
  /** The newest quote of each venue by leg, sorted by venue so that the order of arrival shows nowhere. */
  readonly quotes: Map<string, LegQuote[]>;
  /** Record time of the last step; never goes back. */
  now: number;
  /** How long its leg quotes are held. */
  windowUs: number;
  /** The leg quote received last of all that were taken: its times are those of the synthetic's quote. */
  newest: LegQuote | null;
  /** The leg quote taken last: its origin is that of the synthetic's quote. */
  mover: LegQuote | null;
  /** Before this it is not quoted again. */
  quietUntil: number;
  /** When it is to be quoted as it stands then; 0 when nothing has changed since it was quoted. */
  due: number;
  /** What was quoted last, and when. */
  quoted: SyntheticValue | null;
  quotedTime: number;
}

export function newSynthetic(id: string): SyntheticState {
  return {
    id,
    quotes: new Map(),
    now: 0,
    windowUs: 0,
    newest: null,
    mover: null,
    quietUntil: 0,
    due: 0,
    quoted: null,
    quotedTime: 0,
  };
}

/** Takes a quote as its venue's newest; false when the venue has one that was received later. */
export function takeQuote(state: SyntheticState, quote: LegQuote): boolean {
  const quotes = state.quotes.get(quote.instrumentId) ?? [];
  let at = 0;
  while (at < quotes.length && (quotes[at] as LegQuote).venue < quote.venue) at++;
  const same = quotes[at]?.venue === quote.venue ? quotes[at] : undefined;
  if (same && same.receivedTime > quote.receivedTime) return false;
  quotes.splice(at, same ? 1 : 0, quote);
  state.quotes.set(quote.instrumentId, quotes);
  if (!state.newest || quote.receivedTime >= state.newest.receivedTime) state.newest = quote;
  state.mover = quote;
  return true;
}

/** Drops quotes received at or before a time. */
export function forgetQuotes(state: SyntheticState, untilUs: number): void {
  for (const [instrumentId, quotes] of state.quotes) {
    const kept = quotes.filter(({ receivedTime }) => receivedTime > untilUs);
    if (kept.length === 0) state.quotes.delete(instrumentId);
    else if (kept.length < quotes.length) state.quotes.set(instrumentId, kept);
  }
}
