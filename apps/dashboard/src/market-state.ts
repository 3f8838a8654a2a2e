import type { MarketUpdate } from '@alphapulse/schemas';
import { Rate } from './rate.ts';
import type { InstrumentRow, MidHistory } from './snapshot.ts';

/** Instruments kept; a new one takes the place of one that is quiet. */
const limit = 500;
const quietAfterMs = 60_000;
const historySeconds = 600;
const venueLimit = 8;
/** Ranks are kept so long, so that rows do not jump about. */
const rankedForMs = 10_000;

class Market {
  update: MarketUpdate;
  readonly updates = new Rate();
  readonly seconds = new Float64Array(historySeconds);
  readonly mids = new Map<string, Float64Array>();

  constructor(update: MarketUpdate) {
    this.update = update;
  }
}

/** Folds market updates: the newest of each instrument and ten minutes of mid prices by venue. */
export class MarketState {
  readonly #markets = new Map<string, Market>();
  #ranked: { atMs: number; ids: string[] } = { atMs: 0, ids: [] };

  update(update: MarketUpdate, nowMs: number): void {
    const market = this.#markets.get(update.instrumentId) ?? this.#admit(update, nowMs);
    if (!market) return;
    market.update = update;
    const receivedMs = update.receivedTime / 1000;
    market.updates.add(Math.min(receivedMs, nowMs), 1);
    remember(market, update);
  }

  /** Instruments of most venues and most updates first. */
  top(count: number, nowMs: number, isSuspect: (id: string) => boolean): InstrumentRow[] {
    if (nowMs - this.#ranked.atMs >= rankedForMs || this.#ranked.ids.length < Math.min(count, this.#markets.size))
      this.#rank(nowMs);
    return this.#ranked.ids.slice(0, count).flatMap((id) => {
      const market = this.#markets.get(id);
      return market ? [{ ...row(market, nowMs), suspect: isSuspect(id) }] : [];
    });
  }

  history(id: string): Omit<MidHistory, 'opportunities'> | undefined {
    const market = this.#markets.get(id);
    if (!market) return undefined;
    const newest = Math.max(...market.seconds);
    const slots = [...market.seconds.keys()]
      .filter((slot) => (market.seconds[slot] ?? 0) > newest - historySeconds && market.seconds[slot] !== 0)
      .sort((a, b) => (market.seconds[a] ?? 0) - (market.seconds[b] ?? 0));
    const venues = [...market.mids].sort(([a], [b]) => a.localeCompare(b));
    return {
      id,
      instrument: market.update.instrument,
      times: slots.map((slot) => market.seconds[slot] ?? 0),
      venues: Object.fromEntries(
        venues.map(([venue, mids]) => [
          venue,
          slots.map((slot) => (Number.isFinite(mids[slot]) ? (mids[slot] as number) : null)),
        ]),
      ),
    };
  }

  #admit(update: MarketUpdate, nowMs: number): Market | undefined {
    if (this.#markets.size >= limit) {
      const quiet = [...this.#markets].find(([, market]) => nowMs - market.update.receivedTime / 1000 > quietAfterMs);
      if (!quiet) return undefined;
      this.#markets.delete(quiet[0]);
    }
    const market = new Market(update);
    this.#markets.set(update.instrumentId, market);
    return market;
  }

  #rank(nowMs: number): void {
    const ids = [...this.#markets]
      .sort(
        ([, a], [, b]) =>
          b.update.venueCount - a.update.venueCount ||
          b.updates.total - a.updates.total ||
          a.update.instrument.localeCompare(b.update.instrument),
      )
      .map(([id]) => id);
    this.#ranked = { atMs: nowMs, ids };
  }
}

function remember(market: Market, update: MarketUpdate): void {
  const second = Math.floor(update.receivedTime / 1_000_000);
  const slot = second % historySeconds;
  const before = market.seconds[slot] ?? 0;
  if (second < before) return;
  if (second > before) {
    market.seconds[slot] = second;
    for (const mids of market.mids.values()) mids[slot] = Number.NaN;
  }
  for (const { venue, bidPrice, askPrice } of update.venues) {
    let mids = market.mids.get(venue);
    if (!mids) {
      if (market.mids.size >= venueLimit) continue;
      mids = new Float64Array(historySeconds).fill(Number.NaN);
      market.mids.set(venue, mids);
    }
    mids[slot] = (bidPrice + askPrice) / 2;
  }
}

function row({ update, updates }: Market, nowMs: number): Omit<InstrumentRow, 'suspect'> {
  const { bestBid, bestAsk } = update;
  const age = (receivedTime: number) => Math.max(0, nowMs - receivedTime / 1000);
  return {
    id: update.instrumentId,
    instrument: update.instrument,
    bestBid,
    bestBidVenue: update.bestBidVenue,
    bestAsk,
    bestAskVenue: update.bestAskVenue,
    spreadBps: bestBid === null || bestAsk === null ? null : ((bestAsk - bestBid) / ((bestAsk + bestBid) / 2)) * 10_000,
    lastTradePrice: update.lastTradePrice,
    lastTradeSize: update.lastTradeSize,
    lastTradeVenue: update.lastTradeVenue,
    updatesPerSecond: updates.perSecond(nowMs),
    ageMs: age(update.receivedTime),
    venues: update.venues.slice(0, venueLimit).map((quote) => ({
      venue: quote.venue,
      bid: quote.bidPrice,
      bidSize: quote.bidSize,
      ask: quote.askPrice,
      askSize: quote.askSize,
      ageMs: age(quote.receivedTime),
    })),
  };
}
