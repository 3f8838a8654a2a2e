import type { Level } from './level.ts';

/**
 * One side of an order book: prices and sizes in two flat arrays, worst level first and the best at the end,
 * because nearly all changes happen near the top: the search starts there and little has to be moved.
 * Invariant: prices are strictly ordered and every size is positive.
 */
export class BookSide {
  /** 1 when higher is better (bids), −1 when lower is better (asks). */
  readonly #better: 1 | -1;
  #prices = new Float64Array(16);
  #sizes = new Float64Array(16);
  #count = 0;

  constructor(side: 'bids' | 'asks') {
    this.#better = side === 'bids' ? 1 : -1;
  }

  /** Number of levels. */
  get count(): number {
    return this.#count;
  }

  get bestPrice(): number | null {
    return this.#count === 0 ? null : (this.#prices[this.#count - 1] as number);
  }

  get bestSize(): number | null {
    return this.#count === 0 ? null : (this.#sizes[this.#count - 1] as number);
  }

  /** Sets the size at a price; a size of zero or less removes the level. */
  set(price: number, size: number): void {
    const at = this.#find(price);
    const found = at < this.#count && this.#prices[at] === price;
    if (size > 0) {
      if (!found) this.#insert(at, price);
      this.#sizes[at] = size;
    } else if (found) {
      this.#prices.copyWithin(at, at + 1, this.#count);
      this.#sizes.copyWithin(at, at + 1, this.#count);
      this.#count--;
    }
  }

  sizeAt(price: number): number {
    const at = this.#find(price);
    return at < this.#count && this.#prices[at] === price ? (this.#sizes[at] as number) : 0;
  }

  /** Replaces all levels, whatever their order; levels without size are passed over, of equal prices the last counts. */
  replace(levels: readonly Level[]): void {
    const worstFirst = levels.filter((level) => level.size > 0).sort((a, b) => (a.price - b.price) * this.#better);
    this.#count = 0;
    this.#reserve(worstFirst.length);
    for (const { price, size } of worstFirst) {
      if (this.#count === 0 || this.#prices[this.#count - 1] !== price) this.#prices[this.#count++] = price;
      this.#sizes[this.#count - 1] = size;
    }
  }

  /** Drops the worst levels beyond `depth`. */
  truncate(depth: number): void {
    const excess = this.#count - Math.max(0, depth);
    if (excess <= 0) return;
    this.#prices.copyWithin(0, excess, this.#count);
    this.#sizes.copyWithin(0, excess, this.#count);
    this.#count -= excess;
  }

  /** The best levels, best first. */
  top(limit = this.#count): Level[] {
    const levels: Level[] = [];
    for (let at = this.#count - 1; at >= 0 && levels.length < limit; at--)
      levels.push({ price: this.#prices[at] as number, size: this.#sizes[at] as number });
    return levels;
  }

  /** Copies of the columns, worst level first. */
  columns(): { prices: Float64Array; sizes: Float64Array } {
    return { prices: this.#prices.slice(0, this.#count), sizes: this.#sizes.slice(0, this.#count) };
  }

  /** Takes columns as `columns` gave them. */
  restore(prices: ArrayLike<number>, sizes: ArrayLike<number>): void {
    this.#count = 0;
    this.#reserve(prices.length);
    this.#prices.set(prices);
    this.#sizes.set(sizes);
    this.#count = prices.length;
  }

  /** Index of the price, or where it belongs. Gallops down from the best, then halves. */
  #find(price: number): number {
    const better = this.#better;
    const prices = this.#prices;
    const wanted = price * better;
    let high = this.#count;
    let step = 1;
    let low = high - 1;
    while (low >= 0 && (prices[low] as number) * better >= wanted) {
      high = low;
      low -= step;
      step *= 2;
    }
    low = low < 0 ? 0 : low + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((prices[middle] as number) * better < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(at: number, price: number): void {
    this.#reserve(this.#count + 1);
    if (at < this.#count) {
      this.#prices.copyWithin(at + 1, at, this.#count);
      this.#sizes.copyWithin(at + 1, at, this.#count);
    }
    this.#prices[at] = price;
    this.#count++;
  }

  #reserve(count: number): void {
    if (count <= this.#prices.length) return;
    const length = Math.max(count, this.#prices.length * 2);
    const prices = new Float64Array(length);
    const sizes = new Float64Array(length);
    prices.set(this.#prices.subarray(0, this.#count));
    sizes.set(this.#sizes.subarray(0, this.#count));
    this.#prices = prices;
    this.#sizes = sizes;
  }
}
