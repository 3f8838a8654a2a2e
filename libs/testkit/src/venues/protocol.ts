/**
 * What a local venue server is made of: a market (simulated or recorded) and a protocol that speaks it
 * exactly as the venue does. One protocol a venue; the server adds sockets, HTTP and faults.
 */

/** A tradable pair of a simulated market. */
export interface SimulatedPair {
  readonly base: string;
  readonly quote: string;
  /** Decimal places of prices and sizes on this venue. */
  readonly pricePrecision: number;
  readonly sizePrecision: number;
}

export type BookSide = readonly (readonly [price: number, size: number])[];

/** What happens on a simulated venue; protocols turn it into frames. */
export type MarketEvent =
  | {
      readonly kind: 'trade';
      readonly pair: SimulatedPair;
      /** Rises by one within the pair. */
      readonly tradeId: number;
      readonly price: number;
      readonly size: number;
      readonly side: 'buy' | 'sell';
      readonly timeUs: number;
    }
  | {
      /** Levels that changed since the book event before; size 0 removes. */
      readonly kind: 'book';
      readonly pair: SimulatedPair;
      /** Follows the `lastUpdateId` of the pair's book event before without a hole. */
      readonly firstUpdateId: number;
      readonly lastUpdateId: number;
      readonly bids: BookSide;
      readonly asks: BookSide;
      /** The whole top of book after the change, and whether it changed. */
      readonly top: {
        readonly bid: readonly [number, number];
        readonly ask: readonly [number, number];
        readonly changed: boolean;
      };
      readonly timeUs: number;
    };

/** A venue's simulated market, as its protocol reads it. */
export interface VenueMarket {
  readonly venue: string;
  readonly pairs: readonly SimulatedPair[];
  /** The book as it stands, best first, at most `depth` levels a side. */
  book(
    pair: SimulatedPair,
    depth: number,
  ): { readonly lastUpdateId: number; readonly bids: BookSide; readonly asks: BookSide };
  /** Newest trades, oldest first, for REST back-fill: those with `tradeId >= fromId`, at most `limit`. */
  trades(pair: SimulatedPair, fromId: number, limit: number): readonly Extract<MarketEvent, { kind: 'trade' }>[];
}

/** One client connection. */
export interface VenueSession {
  /** A text frame from the client. */
  message(text: string): void;
  /** Something happened on the market. */
  event(event: MarketEvent): void;
  /** Called about once a second, for heartbeats. */
  tick(nowUs: number): void;
  /** The connection is gone. */
  closed?(): void;
}

export interface VenueProtocol {
  readonly venue: string;
  /** The venue sends WebSocket pings this often, in milliseconds; left out when it sends none. */
  readonly pingMs?: number;
  /** Answers one REST request, as the venue's documentation says, its errors included. */
  http(
    request: { readonly method: string; readonly path: string; readonly query: URLSearchParams },
    market: VenueMarket,
    nowUs: number,
  ): VenueHttpResponse;
  /**
   * A client has connected to `path`; `send` writes a text frame to it, `close` ends the connection as the venue does
   * to clients that break its rules. Called again for every connection.
   */
  connect(
    path: string,
    query: URLSearchParams,
    market: VenueMarket,
    send: (text: string) => void,
    nowUs: () => number,
    close?: (code: number, reason: string) => void,
  ): VenueSession;
}

export interface VenueHttpResponse {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}
