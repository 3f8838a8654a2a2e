import { krakenSymbol, rfc3339 } from './kraken-text.ts';
import type { MarketEvent, SimulatedPair, VenueMarket } from './protocol.ts';

type TradeEvent = Extract<MarketEvent, { kind: 'trade' }>;
type Top = readonly [price: number, size: number];

/** One client's ticker subscription: best prices and the statistics of the trades seen. */
export class KrakenTicker {
  readonly trigger: 'bbo' | 'trades';
  readonly #pair: SimulatedPair;
  readonly #symbol: string;
  #bid: Top;
  #ask: Top;
  #open: number;
  #last: number;
  #low: number;
  #high: number;
  #volume = 0;
  #turnover = 0;

  constructor(market: VenueMarket, pair: SimulatedPair, trigger: 'bbo' | 'trades') {
    const { bids, asks } = market.book(pair, 1);
    this.trigger = trigger;
    this.#pair = pair;
    this.#symbol = krakenSymbol(pair);
    this.#bid = bids[0] ?? [0, 0];
    this.#ask = asks[0] ?? [0, 0];
    const mid = (this.#bid[0] + this.#ask[0]) / 2;
    this.#open = this.#last = this.#low = this.#high = mid;
    const [first, ...rest] = market.trades(pair, 0, Number.MAX_SAFE_INTEGER);
    if (!first) return;
    this.#open = this.#last = this.#low = this.#high = first.price;
    for (const trade of [first, ...rest]) this.trade(trade);
  }

  trade({ price, size }: TradeEvent): void {
    this.#last = price;
    if (price < this.#low) this.#low = price;
    if (price > this.#high) this.#high = price;
    this.#volume += size;
    this.#turnover += size * price;
  }

  top(bid: Top, ask: Top): void {
    this.#bid = bid;
    this.#ask = ask;
  }

  frame(type: 'snapshot' | 'update', timeUs: number): string {
    const { pricePrecision, sizePrecision } = this.#pair;
    const price = (value: number) => value.toFixed(pricePrecision);
    const vwap = this.#volume > 0 ? this.#turnover / this.#volume : this.#last;
    const change = this.#last - this.#open;
    const percent = this.#open > 0 ? (change / this.#open) * 100 : 0;
    return `{"channel":"ticker","type":"${type}","data":[{"symbol":"${this.#symbol}","bid":${price(this.#bid[0])},"bid_qty":${this.#bid[1].toFixed(sizePrecision)},"ask":${price(this.#ask[0])},"ask_qty":${this.#ask[1].toFixed(sizePrecision)},"last":${price(this.#last)},"volume":${this.#volume.toFixed(sizePrecision)},"vwap":${price(vwap)},"low":${price(this.#low)},"high":${price(this.#high)},"change":${price(change)},"change_pct":${percent.toFixed(2)},"timestamp":"${rfc3339(timeUs)}"}]}`;
  }
}
