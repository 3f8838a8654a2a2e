import {
  type DislocationOptions,
  type DislocationPlan,
  drawDislocation,
  type Overlap,
  type PlantedDislocation,
} from './dislocations.ts';
import type { Random } from './random.ts';
import type { ListingState } from './simulated-venue.ts';

interface ActiveDislocation {
  readonly plan: DislocationPlan;
  readonly shifted: ListingState;
  readonly buy: ListingState;
  readonly sell: ListingState;
  /** Everything of the truth that is known when it opens. */
  readonly opening: Omit<PlantedDislocation, 'minNetBps' | 'maxNetBps' | 'maxExecutableSize' | 'toUs' | 'complete'>;
  readonly untilUs: number;
  minNetBps: number;
  maxNetBps: number;
  maxExecutableSize: number;
}

export interface DislocationPlanterOptions {
  readonly random: Random;
  readonly dislocations: DislocationOptions;
  readonly states: readonly ListingState[];
  /** Taker fees by venue, in basis points. */
  readonly feesBps: Readonly<Record<string, number>>;
  readonly overlaps: readonly Overlap[];
  /** True when an instrument's prices mean nothing at some time of a span. */
  isDisturbed(instrument: string, fromUs: number, toUs: number): boolean;
}

/** Publishes a listing's new quotes and returns the number of events. */
type Requote = (state: ListingState) => number;

/**
 * Shifts one venue's quotes of an instrument for a while, and keeps the truth about it from what was published.
 * One dislocation at a time in an instrument.
 */
export class DislocationPlanter {
  /** Dislocations that have ended, oldest first. */
  readonly truth: PlantedDislocation[] = [];
  readonly #options: DislocationPlanterOptions;
  readonly #active = new Map<string, ActiveDislocation>();
  #nextBeginUs = Number.POSITIVE_INFINITY;
  #planted = 0;

  constructor(options: DislocationPlanterOptions) {
    this.#options = options;
  }

  start(fromUs: number): void {
    const { overlaps, dislocations } = this.#options;
    if (overlaps.length > 0 && dislocations.count > 0) this.#nextBeginUs = fromUs + dislocations.leadMs * 1000;
  }

  /** When a dislocation next begins or ends. */
  get nextUs(): number {
    let due = this.#nextBeginUs;
    for (const { untilUs } of this.#active.values()) due = Math.min(due, untilUs);
    return due;
  }

  isActive(state: ListingState): boolean {
    return this.#active.has(state.instrument);
  }

  /** Does the one thing that is due. */
  act(nowUs: number, requote: Requote): number {
    for (const active of this.#active.values()) if (active.untilUs <= nowUs) return this.#end(active, nowUs, requote);
    return this.#begin(nowUs, requote);
  }

  /** A listing has published its book: the bounds of the dislocation it is in may have moved. */
  published(state: ListingState): void {
    const active = this.#active.get(state.instrument);
    if (!active) return;
    const { netBps, size } = this.#arbitrage(active.buy, active.sell);
    active.minNetBps = Math.min(active.minNetBps, netBps);
    active.maxNetBps = Math.max(active.maxNetBps, netBps);
    active.maxExecutableSize = Math.max(active.maxExecutableSize, size);
  }

  /** Ends what still runs as incomplete, and plants no more. The books stay as they are. */
  finish(nowUs: number): void {
    this.#nextBeginUs = Number.POSITIVE_INFINITY;
    for (const active of this.#active.values()) this.#settle(active, nowUs, false);
    this.#active.clear();
  }

  #begin(nowUs: number, requote: Requote): number {
    const { random, overlaps, dislocations } = this.#options;
    const { plan, pauseUs } = drawDislocation(random, overlaps, dislocations);
    this.#nextBeginUs = nowUs + pauseUs;
    // What is drawn for an instrument while one runs there is left out, as while its prices mean nothing.
    if (this.#active.has(plan.instrument)) return 0;
    if (this.#options.isDisturbed(plan.instrument, nowUs, nowUs + plan.durationUs)) return 0;
    if (++this.#planted >= dislocations.count) this.#nextBeginUs = Number.POSITIVE_INFINITY;
    const shifted = this.#find(plan.instrument, plan.shiftedVenue);
    const other = this.#find(plan.instrument, plan.otherVenue);
    const [buy, sell] = plan.direction === 'up' ? [other, shifted] : [shifted, other];
    const wantedGrossBps = plan.netBps + this.#fee(buy) + this.#fee(sell);
    const sign = plan.direction === 'up' ? 1 : -1;
    // The spreads have to be crossed first, and the venues' noise counts too.
    shifted.shiftBps =
      sign * (wantedGrossBps + buy.halfSpreadBps + sell.halfSpreadBps) + (other.noiseBps - shifted.noiseBps);
    const events = requote(shifted);
    const { grossBps, netBps, size } = this.#arbitrage(buy, sell);
    this.#active.set(plan.instrument, {
      plan,
      shifted,
      buy,
      sell,
      opening: {
        instrument: plan.instrument,
        buyVenue: buy.listing.venue,
        sellVenue: sell.listing.venue,
        buyPrice: buy.book.ask[0],
        sellPrice: sell.book.bid[0],
        grossBps,
        netBps,
        executableSize: size,
        fromUs: nowUs,
        aboveThreshold: plan.aboveThreshold,
      },
      untilUs: nowUs + plan.durationUs,
      minNetBps: netBps,
      maxNetBps: netBps,
      maxExecutableSize: size,
    });
    return events;
  }

  #end(active: ActiveDislocation, nowUs: number, requote: Requote): number {
    this.#active.delete(active.plan.instrument);
    active.shifted.shiftBps = 0;
    const events = requote(active.shifted);
    this.#settle(active, nowUs, true);
    return events;
  }

  #settle(
    { opening, minNetBps, maxNetBps, maxExecutableSize }: ActiveDislocation,
    toUs: number,
    complete: boolean,
  ): void {
    this.truth.push({ ...opening, minNetBps, maxNetBps, maxExecutableSize, toUs, complete });
  }

  /** What buying on one venue's published top and selling on the other's brings, before and after both taker fees. */
  #arbitrage(buy: ListingState, sell: ListingState): { grossBps: number; netBps: number; size: number } {
    const [ask, askSize] = buy.book.ask;
    const [bid, bidSize] = sell.book.bid;
    const grossBps = ((bid - ask) / ask) * 1e4;
    return { grossBps, netBps: grossBps - this.#fee(buy) - this.#fee(sell), size: Math.min(askSize, bidSize) };
  }

  #fee(state: ListingState): number {
    return this.#options.feesBps[state.listing.venue] ?? 0;
  }

  #find(instrument: string, venue: string): ListingState {
    const found = this.#options.states.find(
      (state) => state.instrument === instrument && state.listing.venue === venue,
    );
    if (!found) throw new RangeError(`${venue} does not list ${instrument}`);
    return found;
  }
}
