import type { SimulatedListing } from './market-listings.ts';
import type { BookSide, MarketEvent, SimulatedPair, VenueMarket } from './protocol.ts';
import type { SimulatedBook } from './simulated-book.ts';

type TradeEvent = Extract<MarketEvent, { kind: 'trade' }>;
type BookEvent = Extract<MarketEvent, { kind: 'book' }>;

const keptTrades = 1000;

/** One listing as it stands: its book, its counters and how its venue quotes it. */
export class ListingState {
  readonly listing: SimulatedListing;
  /** Identity string, for example `spot:BTC/USDT`. */
  readonly instrument: string;
  readonly book: SimulatedBook;
  /** Distance of bid and ask from the mid. */
  readonly halfSpreadBps: number;
  /** The venue's own deviation from the shared mid, and a planted dislocation's. */
  noiseBps = 0;
  shiftBps = 0;
  /** What a wrong mapping multiplies prices by. */
  factor = 1;
  readonly trades: TradeEvent[] = [];
  lastUpdateId: number;
  #lastTradeId: number;
  #bid: readonly [number, number];
  #ask: readonly [number, number];

  constructor(listing: SimulatedListing, book: SimulatedBook, halfSpreadBps: number, firstId: number) {
    this.listing = listing;
    this.instrument = `spot:${listing.base}/${listing.quote}`;
    this.book = book;
    this.halfSpreadBps = halfSpreadBps;
    this.lastUpdateId = firstId;
    this.#lastTradeId = firstId;
    this.#bid = book.bid;
    this.#ask = book.ask;
  }

  /** The event for what has changed in the book since the last one; undefined when nothing has. */
  bookEvent(timeUs: number): BookEvent | undefined {
    const { bids, asks } = this.book.takeChanges();
    const count = bids.length + asks.length;
    if (count === 0) return undefined;
    const { bid, ask } = this.book;
    const changed =
      bid[0] !== this.#bid[0] || bid[1] !== this.#bid[1] || ask[0] !== this.#ask[0] || ask[1] !== this.#ask[1];
    this.#bid = bid;
    this.#ask = ask;
    const firstUpdateId = this.lastUpdateId + 1;
    this.lastUpdateId += count;
    return {
      kind: 'book',
      pair: this.listing,
      firstUpdateId,
      lastUpdateId: this.lastUpdateId,
      bids,
      asks,
      top: { bid, ask, changed },
      timeUs,
    };
  }

  tradeEvent(side: 'buy' | 'sell', price: number, size: number, timeUs: number): TradeEvent {
    const trade: TradeEvent = {
      kind: 'trade',
      pair: this.listing,
      tradeId: ++this.#lastTradeId,
      price,
      size,
      side,
      timeUs,
    };
    this.trades.push(trade);
    if (this.trades.length > 2 * keptTrades) this.trades.splice(0, this.trades.length - keptTrades);
    return trade;
  }
}

/** What a venue's protocol sees of the simulated market. */
export class SimulatedVenue implements VenueMarket {
  readonly venue: string;
  readonly pairs: readonly SimulatedPair[];
  readonly #states = new Map<SimulatedPair, ListingState>();

  constructor(venue: string, states: readonly ListingState[]) {
    this.venue = venue;
    this.pairs = states.map((state) => state.listing);
    for (const state of states) this.#states.set(state.listing, state);
  }

  book(
    pair: SimulatedPair,
    depth: number,
  ): { readonly lastUpdateId: number; readonly bids: BookSide; readonly asks: BookSide } {
    const { book, lastUpdateId } = this.#state(pair);
    return { lastUpdateId, bids: book.side('bid', depth), asks: book.side('ask', depth) };
  }

  trades(pair: SimulatedPair, fromId: number, limit: number): readonly TradeEvent[] {
    const { trades } = this.#state(pair);
    return trades.filter((trade) => trade.tradeId >= fromId).slice(0, limit);
  }

  #state(pair: SimulatedPair): ListingState {
    const state = this.#states.get(pair);
    if (!state) throw new RangeError(`${this.venue} does not list ${pair.base}/${pair.quote}`);
    return state;
  }
}
