import { crc32 } from 'node:zlib';
import { krakenSymbol, rfc3339 } from './kraken-text.ts';
import type { BookSide, MarketEvent, SimulatedPair, VenueMarket } from './protocol.ts';

type BookEvent = Extract<MarketEvent, { kind: 'book' }>;

interface FeedLevel {
  readonly price: number;
  /** `{"price":63004.9,"qty":0.01876947}` */
  readonly text: string;
  /** Its part of the checksummed text. */
  readonly digits: string;
  /** The event that set it last. */
  readonly updateId: number;
}

const CHECKSUM_LEVELS = 10;

/**
 * One client's book subscription: knows the whole book, tells the client of the best `depth` levels.
 * As on Kraken, a level that falls out of the depth is not removed by a message (the client cuts), and one that comes
 * into it is sent.
 */
export class KrakenBookFeed {
  readonly depth: number;
  readonly #pair: SimulatedPair;
  readonly #symbol: string;
  readonly #bids: FeedLevel[];
  readonly #asks: FeedLevel[];
  #lastUpdateId: number;

  constructor(market: VenueMarket, pair: SimulatedPair, depth: number) {
    const { lastUpdateId, bids, asks } = market.book(pair, Number.MAX_SAFE_INTEGER);
    this.depth = depth;
    this.#pair = pair;
    this.#symbol = krakenSymbol(pair);
    this.#lastUpdateId = lastUpdateId;
    this.#bids = bids.map(([price, size]) => this.#level(price, size));
    this.#asks = asks.map(([price, size]) => this.#level(price, size));
  }

  snapshot(timeUs: number): string {
    const text = (side: readonly FeedLevel[]) =>
      side
        .slice(0, this.depth)
        .map((level) => level.text)
        .join(',');
    return this.#frame('snapshot', text(this.#bids), text(this.#asks), timeUs);
  }

  /** The frame for an event; null when nothing within the depth has changed. */
  update(event: BookEvent): string | null {
    if (event.lastUpdateId <= this.#lastUpdateId) return null;
    this.#lastUpdateId = event.lastUpdateId;
    const bids = this.#change(this.#bids, event.bids, -1);
    const asks = this.#change(this.#asks, event.asks, 1);
    return bids === '' && asks === '' ? null : this.#frame('update', bids, asks, event.timeUs);
  }

  #frame(type: string, bids: string, asks: string, timeUs: number): string {
    const checksum = crc32(topDigits(this.#asks) + topDigits(this.#bids));
    return `{"channel":"book","type":"${type}","data":[{"symbol":"${this.#symbol}","bids":[${bids}],"asks":[${asks}],"checksum":${checksum},"timestamp":"${rfc3339(timeUs)}"}]}`;
  }

  /** Applies changes to one side; returns the levels to send. `direction` is 1 for asks and −1 for bids. */
  #change(side: FeedLevel[], changes: BookSide, direction: 1 | -1): string {
    if (changes.length === 0) return '';
    const worstBefore = this.#worst(side, direction);
    let text = '';
    const set: FeedLevel[] = [];
    for (const [price, size] of changes) {
      const at = position(side, price, direction);
      const found = side[at]?.price === price;
      const level = this.#level(price, size);
      if (size > 0) {
        side.splice(at, found ? 1 : 0, level);
        set.push(level);
      } else if (found) {
        side.splice(at, 1);
        if (price * direction <= worstBefore) text = joined(text, level.text);
      }
    }
    const worst = this.#worst(side, direction);
    for (const level of set) if (level.price * direction <= worst) text = joined(text, level.text);
    // Levels that were beyond the depth and have come into it.
    for (let at = Math.min(this.depth, side.length) - 1; at >= 0; at--) {
      const level = side[at] as FeedLevel;
      if (level.price * direction <= worstBefore) break;
      if (level.updateId !== this.#lastUpdateId) text = joined(text, level.text);
    }
    return text;
  }

  /** Worst price a client is told of, times `direction`; infinite while the side is not full. */
  #worst(side: readonly FeedLevel[], direction: 1 | -1): number {
    const worst = side[this.depth - 1];
    return worst === undefined ? Number.POSITIVE_INFINITY : worst.price * direction;
  }

  #level(price: number, size: number): FeedLevel {
    const priceText = price.toFixed(this.#pair.pricePrecision);
    const sizeText = size.toFixed(this.#pair.sizePrecision);
    return {
      price,
      text: `{"price":${priceText},"qty":${sizeText}}`,
      digits: digits(priceText) + digits(sizeText),
      updateId: this.#lastUpdateId,
    };
  }
}

function position(side: readonly FeedLevel[], price: number, direction: 1 | -1): number {
  let low = 0;
  let high = side.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (((side[middle] as FeedLevel).price - price) * direction < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joined(text: string, next: string): string {
  return text === '' ? next : `${text},${next}`;
}

function topDigits(side: readonly FeedLevel[]): string {
  let text = '';
  for (let at = 0; at < CHECKSUM_LEVELS && at < side.length; at++) text += (side[at] as FeedLevel).digits;
  return text;
}

/** Without the point and leading zeros, as the checksum wants it. */
function digits(decimal: string): string {
  return decimal.replace('.', '').replace(/^0+/, '');
}
