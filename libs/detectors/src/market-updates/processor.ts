import type { Output, Processor, RecordOf } from '@alphapulse/core';
import type { MarketUpdate, Quote, Trade, VenueQuote } from '@alphapulse/schemas';
import { marketUpdates, type processedQuotes, processedTrades } from '@alphapulse/topics';
import type { MarketUpdatesConfig } from './config.ts';

interface Market {
  readonly instrument: string;
  /** The newest quote of each venue, sorted by venue; null where it is crossed, which tells nothing. */
  venues: { readonly venue: string; receivedTime: number; quote: Quote | null }[];
  trade: Trade | null;
  /** Highest receive time seen, µs. */
  now: number;
}

/**
 * Folds quotes and trades into one view a market and gives it at the first record of each interval.
 * Intervals start at multiples of their length since the epoch, so that whether a record begins one depends on
 * nothing but the record before it: a fold that starts anywhere gives the same from its second record on.
 */
export class MarketUpdatesProcessor
  implements Processor<typeof processedQuotes | typeof processedTrades, typeof marketUpdates>
{
  readonly #intervalUs: number;
  readonly #liveUs: number;
  readonly #markets = new Map<string, Market>();

  constructor(config: MarketUpdatesConfig) {
    this.#intervalUs = config.intervalMs * 1000;
    this.#liveUs = config.liveMs * 1000;
  }

  process(
    record: RecordOf<typeof processedQuotes | typeof processedTrades>,
    output: Output<typeof marketUpdates>,
  ): void {
    const { instrumentId, instrument, receivedTime } = record.value;
    let market = this.#markets.get(instrumentId);
    if (!market) {
      market = { instrument, venues: [], trade: null, now: -1 };
      this.#markets.set(instrumentId, market);
    }
    const refused =
      record.topic === processedTrades.name
        ? takeTrade(market, record.value as Trade)
        : takeQuote(market, record.value as Quote);
    if (refused) {
      output.filtered(refused);
      return;
    }
    const before = market.now < 0 ? -1 : Math.floor(market.now / this.#intervalUs);
    if (receivedTime > market.now) market.now = receivedTime;
    if (Math.floor(market.now / this.#intervalUs) === before) output.filtered('conflated');
    else output.to(marketUpdates, instrumentId, this.#view(instrumentId, market), Math.floor(market.now / 1000));
  }

  #view(instrumentId: string, market: Market): MarketUpdate {
    const since = market.now - this.#liveUs;
    market.venues = market.venues.filter((venue) => venue.receivedTime >= since);
    const venues: VenueQuote[] = [];
    let bid: VenueQuote | null = null;
    let ask: VenueQuote | null = null;
    for (const { quote } of market.venues) {
      if (!quote) continue;
      const { venue, bidPrice, bidSize, askPrice, askSize, receivedTime } = quote;
      const top = { venue, bidPrice, bidSize, askPrice, askSize, receivedTime };
      venues.push(top);
      if (bid === null || bidPrice > bid.bidPrice) bid = top;
      if (ask === null || askPrice < ask.askPrice) ask = top;
    }
    const trade = market.trade && market.trade.receivedTime >= since ? market.trade : null;
    return {
      instrumentId,
      instrument: market.instrument,
      bestBid: bid?.bidPrice ?? null,
      bestBidVenue: bid?.venue ?? null,
      bestAsk: ask?.askPrice ?? null,
      bestAskVenue: ask?.venue ?? null,
      venueCount: venues.length,
      venues,
      lastTradePrice: trade?.price ?? null,
      lastTradeSize: trade?.size ?? null,
      lastTradeVenue: trade?.venue ?? null,
      receivedTime: market.now,
    };
  }
}

/** Null when taken, else why not. */
function takeQuote(market: Market, quote: Quote): string | null {
  const taken = { venue: quote.venue, receivedTime: quote.receivedTime, quote: quote.crossed ? null : quote };
  let at = 0;
  for (; at < market.venues.length; at++) {
    const other = market.venues[at] as Market['venues'][number];
    if (other.venue === quote.venue) {
      if (other.receivedTime > quote.receivedTime) return 'older-than-known';
      market.venues[at] = taken;
      return null;
    }
    if (other.venue > quote.venue) break;
  }
  market.venues.splice(at, 0, taken);
  return null;
}

/** Null when taken, else why not. Of trades of one microsecond on several venues the last venue by name counts. */
function takeTrade(market: Market, trade: Trade): string | null {
  // Fetched afterwards to close a gap: its receive time says nothing of when it happened.
  if (trade.backfilled) return 'backfilled';
  const last = market.trade;
  if (last && last.receivedTime > trade.receivedTime) return 'older-than-known';
  if (last && last.receivedTime === trade.receivedTime && last.venue > trade.venue) return 'older-than-known';
  market.trade = trade;
  return null;
}
