import { malformed, toNumber } from '../shared/numbers.ts';
import { CHECKSUM_LEVELS, checksumOf, levelDigits } from './checksum.ts';
import { isDecimal } from './number-text.ts';

/** A price level as the venue printed it; the texts are kept because the checksum is taken over them. */
export interface WireLevel {
  readonly price: number;
  readonly size: number;
  readonly priceText: string;
  readonly sizeText: string;
  /** What the level adds to the checksummed text. */
  readonly digits: string;
}

/** @throws RejectedRecordError when price or size is not printed as a plain decimal. */
export function wireLevel(priceText: unknown, sizeText: unknown): WireLevel {
  const price = decimal(priceText, 'price');
  const size = decimal(sizeText, 'qty');
  return {
    price: Number(price),
    size: Number(size),
    priceText: price,
    sizeText: size,
    digits: levelDigits(price, size),
  };
}

function decimal(text: unknown, field: string): string {
  if (typeof text === 'string' && isDecimal(text)) return text;
  // 1e309 and NaN have a code of their own; what is left is finite, but not how Kraken prints a number.
  toNumber(text, field);
  throw malformed(field, 'a plain decimal', text);
}

/** Levels of both sides, as a message or a checkpoint carries them. */
export interface BookSides<L = WireLevel> {
  readonly bids: readonly L[];
  readonly asks: readonly L[];
}

/** The depths that can be subscribed. */
export const BOOK_DEPTHS = [10, 25, 100, 500, 1000] as const;

/** The least depth that can be subscribed and holds so many levels, for recordings that do not say the depth. */
export function depthFor(levels: number): number {
  return BOOK_DEPTHS.find((depth) => depth >= levels) ?? BOOK_DEPTHS[BOOK_DEPTHS.length - 1] ?? levels;
}

/**
 * One symbol's order book as one connection's frames build it, at most `depth` levels a side.
 * Invariant: both sides are sorted, best first, and hold no level of size zero.
 */
export class KrakenBook implements BookSides {
  readonly depth: number;
  readonly bids: WireLevel[] = [];
  readonly asks: WireLevel[] = [];
  #checksum: number | null = null;

  constructor(depth: number) {
    this.depth = depth;
  }

  /**
   * Sets the levels of one message, in the order given, and then cuts what lies beyond the depth: Kraken sends no
   * removal for a level that falls out of scope.
   */
  apply(changes: BookSides): void {
    for (const level of changes.asks) this.#set(this.asks, level, 1);
    for (const level of changes.bids) this.#set(this.bids, level, -1);
    if (this.asks.length > this.depth) this.asks.length = this.depth;
    if (this.bids.length > this.depth) this.bids.length = this.depth;
  }

  /** CRC32 of the ten best levels a side; taken again only when one of them has changed. */
  checksum(): number {
    if (this.#checksum === null) this.#checksum = checksumOf(topDigits(this.asks) + topDigits(this.bids));
    return this.#checksum;
  }

  /** `direction` is 1 for asks (ascending) and −1 for bids (descending). */
  #set(side: WireLevel[], level: WireLevel, direction: 1 | -1): void {
    let low = 0;
    let high = side.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (((side[middle] as WireLevel).price - level.price) * direction < 0) low = middle + 1;
      else high = middle;
    }
    if (low < CHECKSUM_LEVELS) this.#checksum = null;
    const found = side[low]?.price === level.price;
    if (level.size === 0) {
      if (found) side.splice(low, 1);
    } else if (found) side[low] = level;
    else side.splice(low, 0, level);
  }
}

function topDigits(side: readonly WireLevel[]): string {
  const count = Math.min(side.length, CHECKSUM_LEVELS);
  let joined = '';
  for (let at = 0; at < count; at++) joined += (side[at] as WireLevel).digits;
  return joined;
}
