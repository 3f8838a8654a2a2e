import type { BookSide } from './protocol.ts';
import type { Random } from './random.ts';

type Side = 'bid' | 'ask';
/** Levels of one side, best first. Prices are in ticks and sizes in lots, both integers, so nothing rounds. */
interface Levels {
  /** Deeper levels have greater values of `tick * direction`. */
  readonly direction: 1 | -1;
  readonly ticks: number[];
  readonly lots: number[];
}

export interface SimulatedBookOptions {
  /** Decimal places. */
  readonly pricePrecision: number;
  readonly sizePrecision: number;
  /** Largest distance between neighbouring levels, in ticks. */
  readonly maxGapTicks: number;
  /** Typical size of a level, in units of the base asset. */
  readonly typicalSize: number;
  /** A side never has fewer levels than this, nor more than half as many again. */
  readonly levels: number;
}

/**
 * One venue's order book of one pair, which records what changes so that it can be published as deltas.
 * Invariant: applying every delta to the first snapshot gives the book.
 */
export class SimulatedBook {
  readonly #random: Random;
  readonly #options: SimulatedBookOptions;
  readonly #priceScale: number;
  readonly #sizeScale: number;
  readonly #typicalLots: number;
  readonly #bids: Levels = { direction: -1, ticks: [], lots: [] };
  readonly #asks: Levels = { direction: 1, ticks: [], lots: [] };
  #bidChanges: (readonly [number, number])[] = [];
  #askChanges: (readonly [number, number])[] = [];

  constructor(random: Random, options: SimulatedBookOptions) {
    this.#random = random;
    this.#options = options;
    this.#priceScale = 10 ** options.pricePrecision;
    this.#sizeScale = 10 ** options.sizePrecision;
    this.#typicalLots = options.typicalSize * this.#sizeScale;
  }

  get bid(): readonly [price: number, size: number] {
    return this.#level(this.#bids, 0);
  }

  get ask(): readonly [price: number, size: number] {
    return this.#level(this.#asks, 0);
  }

  /** The best levels, best first. */
  side(side: Side, depth: number): BookSide {
    const levels = this.#side(side);
    const out: (readonly [number, number])[] = [];
    for (let index = 0; index < levels.ticks.length && index < depth; index++) out.push(this.#level(levels, index));
    return out;
  }

  /** Levels changed since the last call, each price once; size 0 means gone. */
  takeChanges(): { readonly bids: BookSide; readonly asks: BookSide } {
    const changes = { bids: this.#bidChanges, asks: this.#askChanges };
    this.#bidChanges = [];
    this.#askChanges = [];
    return changes;
  }

  /** Moves the best prices, in units of the quote asset; the bid is rounded down and the ask up to the tick. */
  moveTop(bid: number, ask: number): void {
    const bidTick = Math.floor(bid * this.#priceScale + 1e-6);
    const askTick = Math.max(bidTick + 1, Math.ceil(ask * this.#priceScale - 1e-6));
    this.#moveSide(this.#bids, bidTick);
    this.#moveSide(this.#asks, askTick);
  }

  /** Gives the best level another size. */
  resizeTop(side: Side): void {
    const levels = this.#side(side);
    const before = levels.lots[0] as number;
    let lots = this.#drawLots();
    if (lots === before) lots++;
    levels.lots[0] = lots;
    this.#changed(levels, levels.ticks[0] as number, lots);
  }

  /** Takes a part of the best level, as a trade does, and returns the size taken, in units of the base asset. */
  takeTop(side: Side): number {
    const levels = this.#side(side);
    const before = levels.lots[0] as number;
    if (before < 4) {
      // Next to nothing is left: it trades after a new order has joined the level.
      levels.lots[0] = before + this.#drawLots() + 4;
    }
    const available = levels.lots[0] as number;
    const taken = Math.max(1, Math.floor(available * this.#random.between(0.02, 0.5)));
    levels.lots[0] = available - taken;
    this.#changed(levels, levels.ticks[0] as number, available - taken);
    return taken / this.#sizeScale;
  }

  /** Adds, removes or resizes one level below the top. */
  changeDepth(side: Side): void {
    const levels = this.#side(side);
    const index = 1 + this.#random.below(Math.min(levels.ticks.length, this.#options.levels) - 2);
    const tick = levels.ticks[index] as number;
    const next = levels.ticks[index + 1] as number;
    const draw = this.#random.next();
    if (draw < 0.2 && Math.abs(next - tick) > 1 && levels.ticks.length < this.#maxLevels) {
      const between = tick + levels.direction * (1 + this.#random.below(Math.abs(next - tick) - 1));
      const lots = this.#drawLots();
      levels.ticks.splice(index + 1, 0, between);
      levels.lots.splice(index + 1, 0, lots);
      this.#changed(levels, between, lots);
    } else if (draw < 0.4 && levels.ticks.length > this.#options.levels) {
      levels.ticks.splice(index, 1);
      levels.lots.splice(index, 1);
      this.#changed(levels, tick, 0);
    } else {
      let lots = this.#drawLots();
      if (lots === levels.lots[index]) lots++;
      levels.lots[index] = lots;
      this.#changed(levels, tick, lots);
    }
  }

  get #maxLevels(): number {
    return Math.floor(this.#options.levels * 1.5);
  }

  #side(side: Side): Levels {
    return side === 'bid' ? this.#bids : this.#asks;
  }

  #level(levels: Levels, index: number): readonly [number, number] {
    return [(levels.ticks[index] as number) / this.#priceScale, (levels.lots[index] as number) / this.#sizeScale];
  }

  #changed(levels: Levels, tick: number, lots: number): void {
    const change = [tick / this.#priceScale, lots / this.#sizeScale] as const;
    (levels.direction === -1 ? this.#bidChanges : this.#askChanges).push(change);
  }

  /** Many small levels and a few big ones. */
  #drawLots(): number {
    const draw = this.#random.next();
    return Math.max(1, Math.round(this.#typicalLots * (0.1 + 3 * draw * draw * draw)));
  }

  #drawGap(): number {
    return 1 + this.#random.below(this.#options.maxGapTicks);
  }

  #moveSide(levels: Levels, best: number): void {
    const { direction, ticks, lots } = levels;
    let gone = 0;
    while (gone < ticks.length && ((ticks[gone] as number) - best) * direction < 0) {
      this.#changed(levels, ticks[gone] as number, 0);
      gone++;
    }
    ticks.splice(0, gone);
    lots.splice(0, gone);
    if (ticks[0] !== best) {
      const addedTicks: number[] = [];
      const addedLots: number[] = [];
      let tick = best;
      while (addedTicks.length < this.#options.levels) {
        if (ticks.length > 0 && ((ticks[0] as number) - tick) * direction <= 0) break;
        const size = this.#drawLots();
        addedTicks.push(tick);
        addedLots.push(size);
        this.#changed(levels, tick, size);
        tick += direction * this.#drawGap();
      }
      ticks.unshift(...addedTicks);
      lots.unshift(...addedLots);
    }
    while (ticks.length > this.#maxLevels) {
      this.#changed(levels, ticks.pop() as number, 0);
      lots.pop();
    }
    while (ticks.length < this.#options.levels) {
      const tick = (ticks[ticks.length - 1] as number) + direction * this.#drawGap();
      const size = this.#drawLots();
      ticks.push(tick);
      lots.push(size);
      this.#changed(levels, tick, size);
    }
  }
}
