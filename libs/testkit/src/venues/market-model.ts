import { DislocationPlanter } from './dislocation-planter.ts';
import { type DislocationOptions, defaultDislocations, type Overlap, type PlantedDislocation } from './dislocations.ts';
import { assetValuesUsd, type SimulatedListing, simulatedListings } from './market-listings.ts';
import type { MarketEvent } from './protocol.ts';
import { Random } from './random.ts';
import { SimulatedBook } from './simulated-book.ts';
import { ListingState, SimulatedVenue } from './simulated-venue.ts';
import { type WrongMapping, WrongMappings } from './wrong-mappings.ts';

export type EmitMarketEvent = (venue: string, event: MarketEvent) => void;

export interface MarketModelOptions {
  readonly seed: number;
  /** Microseconds; nothing happens before. */
  readonly startUs: number;
  /** Over all venues, before any speed-up. Default 500. */
  readonly eventsPerSecond?: number;
  /** Overrides of the defaults; false plants none. */
  readonly dislocations?: Partial<DislocationOptions> | false;
  /** Times in which a venue prices another coin under the same ticker. Default none. */
  readonly wrongMappings?: readonly WrongMapping[];
  readonly listings?: readonly SimulatedListing[];
  /** Taker fees by venue, in basis points. Default binance 10, kraken 40. */
  readonly takerFeesBps?: Readonly<Record<string, number>>;
  /** Fewest levels a side. Default 60. */
  readonly levels?: number;
  /** Ids of books and trades begin about here. Default `startUs`, so that they rise from one run to the next. */
  readonly firstId?: number;
}

export const simulatedTakerFeesBps: Readonly<Record<string, number>> = { binance: 10, kraken: 40 };

/** A step of an asset's value is at most this, and no asset steps more often than this. */
const maxStepBps = 0.6;
const stepIntervalUs = 200_000;
/** Values stay within this share of where they began. */
const bandShare = 0.03;
const maxNoiseBps = 1;
const minHalfSpreadBps = 0.4;
/** Dislocations are planted only where a tick is finer than this, so that rounding cannot blur the threshold. */
const maxPlantedTickBps = 1.5;

/**
 * A market of several venues that quote around shared true values, with planted cross-venue dislocations.
 *
 * Assets have true values in US dollars that walk at random in bounded steps; every venue quotes every pair around
 * the quotient of two of them, with a half spread and a small noise of its own. When a value steps, all books that
 * depend on it change before anything else happens, so that outside a dislocation no net arbitrage comes near the
 * threshold. Trades, top-of-book changes and deeper changes come about 3 : 5 : 2.
 *
 * Invariant: pure. Everything follows from the seed and the times it is told; a book or trade event is handed out
 * right after it has been applied, so a venue's `book` read within `emit` stands at that event.
 */
export class MarketModel {
  readonly venues: ReadonlyMap<string, SimulatedVenue>;
  readonly thresholdBps: number;
  readonly counts = { trades: 0, tops: 0, depths: 0 };
  /** How much faster than `eventsPerSecond` `advance` goes. */
  speed = 1;
  readonly #random: Random;
  readonly #values: Map<string, number>;
  readonly #lastStepUs = new Map<string, number>();
  readonly #states: readonly ListingState[];
  readonly #draw: readonly ListingState[];
  readonly #statesByAsset = new Map<string, ListingState[]>();
  readonly #planter: DislocationPlanter | undefined;
  readonly #wrongMappings: WrongMappings;
  readonly #eventUs: number;
  readonly #firstId: number;
  #nowUs: number;
  #nextUnitUs: number;

  constructor(options: MarketModelOptions) {
    this.#random = new Random(options.seed);
    this.#nowUs = options.startUs;
    this.#firstId = options.firstId ?? options.startUs;
    this.#nextUnitUs = options.startUs;
    this.#eventUs = 1e6 / (options.eventsPerSecond ?? 500);
    this.#values = new Map(Object.entries(assetValuesUsd));
    this.#states = (options.listings ?? simulatedListings).map((listing) => this.#list(listing, options.levels ?? 60));
    this.#draw = this.#states.flatMap((state) => Array<ListingState>(state.listing.weight).fill(state));
    for (const state of this.#states)
      for (const asset of [state.listing.base, state.listing.quote])
        this.#statesByAsset.set(asset, [...(this.#statesByAsset.get(asset) ?? []), state]);
    this.venues = new Map(
      [...new Set(this.#states.map((state) => state.listing.venue))].map((venue) => [
        venue,
        new SimulatedVenue(
          venue,
          this.#states.filter((state) => state.listing.venue === venue),
        ),
      ]),
    );
    this.#wrongMappings = new WrongMappings(options.wrongMappings ?? [], this.#states);
    const dislocations = { ...defaultDislocations, ...options.dislocations };
    this.thresholdBps = dislocations.thresholdBps;
    if (options.dislocations !== false)
      this.#planter = new DislocationPlanter({
        // Random numbers of its own, so that what is planted does not hang on the rate of events.
        random: new Random(options.seed ^ 0x5eed),
        dislocations,
        states: this.#states,
        feesBps: options.takerFeesBps ?? simulatedTakerFeesBps,
        overlaps: this.#findOverlaps(),
        isDisturbed: (instrument, fromUs, toUs) => this.#wrongMappings.touches(instrument, fromUs, toUs),
      });
  }

  /** Dislocations that have ended, oldest first. */
  get truth(): readonly PlantedDislocation[] {
    return this.#planter?.truth ?? [];
  }

  /** Microseconds up to which the market has run. */
  get nowUs(): number {
    return this.#nowUs;
  }

  /** Lets dislocations begin: the first one `leadMs` after `fromUs`. Without this call none is planted. */
  startDislocations(fromUs: number): void {
    this.#planter?.start(fromUs);
  }

  /** Does all that is due until `nowUs`, each thing at its own time, and returns the number of events. */
  advance(nowUs: number, emit: EmitMarketEvent): number {
    let events = 0;
    // After a stall (a slow client, a suspended machine) the market goes on from here rather than catching up.
    if (this.#nextUnitUs < nowUs - 1e6) this.#nextUnitUs = nowUs - 1e6;
    for (;;) {
      const planUs = this.#planUs;
      const dueUs = Math.min(this.#nextUnitUs, planUs);
      if (dueUs > nowUs) break;
      this.#nowUs = Math.max(this.#nowUs, Math.floor(dueUs));
      const made = planUs <= this.#nextUnitUs ? this.#plan(emit) : this.#unit(emit);
      if (planUs > this.#nextUnitUs) this.#nextUnitUs += (Math.max(made, 1) * this.#eventUs) / this.speed;
      events += made;
    }
    this.#nowUs = Math.max(this.#nowUs, nowUs);
    return events;
  }

  /** Does one thing now, whatever the rate, after the dislocations that are due; for running as fast as clients read. */
  step(nowUs: number, emit: EmitMarketEvent): number {
    this.#nowUs = Math.max(this.#nowUs, nowUs);
    let events = 0;
    while (this.#planUs <= this.#nowUs) events += this.#plan(emit);
    events += this.#unit(emit);
    this.#nextUnitUs = this.#nowUs;
    return events;
  }

  /** Ends the dislocations that still run as incomplete, and plants no more. The books stay as they are. */
  finish(): void {
    this.#planter?.finish(this.#nowUs);
  }

  #list(listing: SimulatedListing, levels: number): ListingState {
    const mid = this.#value(listing.base) / this.#value(listing.quote);
    const tick = 10 ** -listing.pricePrecision;
    const tickBps = (tick / mid) * 1e4;
    const book = new SimulatedBook(this.#random, {
      pricePrecision: listing.pricePrecision,
      sizePrecision: listing.sizePrecision,
      maxGapTicks: Math.max(1, Math.round(0.4 / tickBps)),
      typicalSize: 9_000 / this.#value(listing.base),
      levels,
    });
    const halfSpreadBps = Math.max(minHalfSpreadBps, tickBps / 2);
    book.moveTop(mid * (1 - halfSpreadBps / 1e4), mid * (1 + halfSpreadBps / 1e4));
    book.takeChanges();
    return new ListingState(listing, book, halfSpreadBps, this.#firstId + this.#random.below(1_000));
  }

  #value(asset: string): number {
    const value = this.#values.get(asset);
    if (value === undefined) throw new RangeError(`the simulated world has no asset ${asset}`);
    return value;
  }

  #findOverlaps(): Overlap[] {
    const byInstrument = new Map<string, ListingState[]>();
    for (const state of this.#states)
      byInstrument.set(state.instrument, [...(byInstrument.get(state.instrument) ?? []), state]);
    const overlaps: Overlap[] = [];
    for (const [instrument, states] of byInstrument) {
      const [first, second] = states;
      const coarse = states.some((state) => {
        const mid = this.#value(state.listing.base) / this.#value(state.listing.quote);
        return (10 ** -state.listing.pricePrecision / mid) * 1e4 > maxPlantedTickBps;
      });
      if (first && second && !coarse)
        overlaps.push({ instrument, venues: [first.listing.venue, second.listing.venue] });
    }
    return overlaps;
  }

  /** When something planned next begins or ends. */
  get #planUs(): number {
    return Math.min(this.#planter?.nextUs ?? Number.POSITIVE_INFINITY, this.#wrongMappings.nextUs);
  }

  #plan(emit: EmitMarketEvent): number {
    if (this.#wrongMappings.nextUs <= this.#nowUs) {
      const state = this.#wrongMappings.act();
      return state ? this.#requote(state, emit) : 0;
    }
    return this.#planter?.act(this.#nowUs, (state) => this.#requote(state, emit)) ?? 0;
  }

  /** One thing that happens on the market: a trade with its book change, a change of a top, or a deeper one. */
  #unit(emit: EmitMarketEvent): number {
    const state = this.#random.pick(this.#draw);
    const { trades, tops, depths } = this.counts;
    const total = trades + tops + depths;
    if (tops * 2 < total && this.#random.next() < 0.7) return this.#changeTop(state, emit);
    if (this.#random.next() < 0.6) return this.#trade(state, emit);
    state.book.changeDepth(this.#random.next() < 0.5 ? 'bid' : 'ask');
    return this.#publish(state, emit);
  }

  #trade(state: ListingState, emit: EmitMarketEvent): number {
    const side = this.#random.next() < 0.5 ? 'buy' : 'sell';
    const [price] = side === 'buy' ? state.book.ask : state.book.bid;
    const size = state.book.takeTop(side === 'buy' ? 'ask' : 'bid');
    this.counts.trades++;
    emit(state.listing.venue, state.tradeEvent(side, price, size, this.#nowUs));
    return 1 + this.#publish(state, emit);
  }

  #changeTop(state: ListingState, emit: EmitMarketEvent): number {
    const asset = state.listing.base;
    if (this.#nowUs - (this.#lastStepUs.get(asset) ?? 0) >= stepIntervalUs) return this.#stepValue(asset, emit);
    if (this.#random.next() < 0.2 && !this.#planter?.isActive(state)) {
      state.noiseBps = this.#random.between(-maxNoiseBps, maxNoiseBps);
      const events = this.#requote(state, emit);
      if (events > 0) return events;
    }
    state.book.resizeTop(this.#random.next() < 0.5 ? 'bid' : 'ask');
    return this.#publish(state, emit);
  }

  /** Moves an asset's true value, and with it every book that depends on it. */
  #stepValue(asset: string, emit: EmitMarketEvent): number {
    this.#lastStepUs.set(asset, this.#nowUs);
    const start = assetValuesUsd[asset] as number;
    const factor = 1 + this.#random.between(-maxStepBps, maxStepBps) / 1e4;
    const stepped = this.#value(asset) * factor;
    const within = Math.abs(stepped / start - 1) <= bandShare;
    this.#values.set(asset, within ? stepped : this.#value(asset) / factor);
    let events = 0;
    for (const state of this.#statesByAsset.get(asset) ?? []) events += this.#requote(state, emit);
    return events;
  }

  #requote(state: ListingState, emit: EmitMarketEvent): number {
    const { base, quote } = state.listing;
    const shift = 1 + (state.noiseBps + state.shiftBps) / 1e4;
    const mid = (this.#value(base) / this.#value(quote)) * shift * state.factor;
    state.book.moveTop(mid * (1 - state.halfSpreadBps / 1e4), mid * (1 + state.halfSpreadBps / 1e4));
    return this.#publish(state, emit);
  }

  #publish(state: ListingState, emit: EmitMarketEvent): number {
    const event = state.bookEvent(this.#nowUs);
    if (!event) return 0;
    this.counts[event.top.changed ? 'tops' : 'depths']++;
    emit(state.listing.venue, event);
    this.#planter?.published(state);
    return 1;
  }
}
