import { type Output, type Processor, type RecordOf, RejectedRecordError } from '@alphapulse/core';
import { PriceSanity, type PriceSanityLimits, type SanityChange } from '@alphapulse/market';
import type { CloseReason, OpportunityState, Quote } from '@alphapulse/schemas';
import { opportunitiesArbitrage, type processedQuotes, registryMappings } from '@alphapulse/topics';
import { decodeInstrument, decodeLane, encodeInstrument, encodeLane, LANE_KEY } from './checkpoint.ts';
import { type ArbitrageConfig, sanityLimits } from './config.ts';
import { type Judgement, judge, step } from './judge.ts';
import { mappingRecord } from './mapping-record.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { type InstrumentState, newInstrument, type OpenOpportunity, replaceQuote } from './state.ts';

type Written = typeof opportunitiesArbitrage | typeof registryMappings;
type Out = Output<Written>;

/** Quotes of synthetics are computed from others, may be negative, and cannot be traded. */
const SYNTHETIC = 'synthetic';

/**
 * Compares every venue's quote of an instrument with every other's, in the order they were received.
 * Time is record time: a step happens at the receive time of the quote that made it, or when a quote turned stale.
 * Whether the venues' listings can be one thing at all is judged over the same quotes in the same order.
 */
export class ArbitrageProcessor implements Processor<typeof processedQuotes, Written> {
  readonly #config: ArbitrageConfig;
  readonly #sanityLimits: PriceSanityLimits;
  readonly #maxAgeUs: number;
  readonly #buffer: ReorderBuffer;
  readonly #instruments = new Map<string, InstrumentState>();
  /** Instruments with open opportunities; few. */
  readonly #open = new Set<InstrumentState>();
  /** No open opportunity turns stale before this, µs. A lower bound: quotes that replace others only move it on. */
  #nextStale = Number.POSITIVE_INFINITY;
  #emitted = 0;
  #suspects = 0;

  constructor(config: ArbitrageConfig) {
    this.#config = config;
    this.#sanityLimits = sanityLimits(config);
    this.#maxAgeUs = config.maxQuoteAgeMs * 1000;
    this.#buffer = new ReorderBuffer(config.reorderWindowMs);
  }

  process(record: RecordOf<typeof processedQuotes>, output: Out): void {
    const quote = record.value;
    if (quote.venue === SYNTHETIC) {
      output.filtered('synthetic');
      return;
    }
    check(quote);
    const buffer = this.#buffer;
    this.#emitted = 0;
    this.#suspects = 0;
    let why = 'no-change';
    if (quote.receivedTime > buffer.frontier) {
      buffer.see(quote.receivedTime);
      buffer.hold(quote);
      for (let next = buffer.take(); next; next = buffer.take()) {
        this.#expire(next.receivedTime, output);
        this.#apply(next, next.receivedTime, output);
      }
      this.#expire(buffer.frontier, output);
    } else {
      // Too late to be put in order: it counts from now on, unless its venue has said something newer since.
      const late = quote.receivedTime < buffer.frontier;
      if (this.#isOvertaken(quote)) why = 'late-overtaken';
      else {
        this.#apply(quote, buffer.frontier, output);
        if (late) why = 'late';
      }
    }
    if (this.#emitted > 0) return;
    if (why === 'no-change') {
      if (quote.takerFeeBps === null) why = 'fee-unknown';
      else if (quote.crossed) why = 'quote-crossed';
      else if (this.#suspects > 0) why = 'suspect-mapping';
    }
    output.filtered(why);
  }

  *save(): Iterable<readonly [key: string, state: Uint8Array]> {
    if (this.#buffer.watermark < 0) return;
    const held = new Map<string, Quote[]>();
    for (const quote of this.#buffer.held()) {
      const same = held.get(quote.instrumentId);
      if (same) same.push(quote);
      else held.set(quote.instrumentId, [quote]);
    }
    this.#forget();
    yield [LANE_KEY, encodeLane(this.#buffer.watermark)];
    const ids = new Set([...this.#instruments.keys(), ...held.keys()]);
    for (const id of ids) yield [id, encodeInstrument(this.#instruments.get(id), held.get(id) ?? [])];
  }

  load(key: string, state: Uint8Array): void {
    if (key === LANE_KEY) {
      this.#buffer.see(decodeLane(state));
      return;
    }
    const { instrument, held } = decodeInstrument(key, state, this.#sanityLimits);
    for (const quote of held) this.#buffer.hold(quote);
    if (!instrument) return;
    this.#instruments.set(key, instrument);
    for (const opportunity of instrument.open) this.#watch(instrument, opportunity);
  }

  /** Takes a quote as its venue's newest and judges it against all others, both ways round. */
  #apply(quote: Quote, now: number, output: Out): void {
    let instrument = this.#instruments.get(quote.instrumentId);
    if (!instrument) {
      instrument = newInstrument(quote.instrumentId, quote.instrument, new PriceSanity(this.#sanityLimits));
      this.#instruments.set(quote.instrumentId, instrument);
    }
    replaceQuote(instrument.quotes, quote);
    if (!quote.crossed) {
      const { venue, symbol, bidPrice, askPrice, receivedTime } = quote;
      const change = instrument.sanity.observe(venue, symbol, (bidPrice + askPrice) / 2, receivedTime, now);
      if (change) this.#judgeMapping(instrument, change, quote, now, output);
    }
    for (const other of instrument.quotes) {
      if (other === quote) continue;
      this.#compare(instrument, quote, other, quote, now, output);
      this.#compare(instrument, other, quote, quote, now, output);
    }
  }

  /** Tells what is believed of the mapping now, and ends or begins what hangs on it. */
  #judgeMapping(instrument: InstrumentState, change: SanityChange, fresh: Quote, now: number, output: Out): void {
    this.#emitted++;
    const value = mappingRecord(instrument, change, this.#config, now);
    output.to(registryMappings, instrument.instrumentId, value, Math.floor(now / 1000));
    for (const opportunity of [...instrument.open])
      if (isSuspect(instrument, opportunity.buyVenue, opportunity.sellVenue))
        this.#close(instrument, opportunity, 'suspect_mapping', now, output);
    if (change.turnedConfirmed.length === 0) return;
    // Pairs that are believed again count from now on; those of the fresh quote are judged anyway.
    for (const buy of instrument.quotes)
      for (const sell of instrument.quotes)
        if (buy !== sell && buy !== fresh && sell !== fresh && !find(instrument.open, buy.venue, sell.venue))
          this.#seek(instrument, buy, sell, now, output);
  }

  /** Judges one way round; `fresh` is the one of both that is new. */
  #compare(instrument: InstrumentState, buy: Quote, sell: Quote, fresh: Quote, now: number, output: Out): void {
    let open = instrument.open.length === 0 ? undefined : find(instrument.open, buy.venue, sell.venue);
    // Nearly all quotes end here: nothing is open and the one's bid is below the other's ask.
    // (Taker fees are not negative, so net is never above gross.)
    if (!open && !(sell.bidPrice > buy.askPrice) && this.#config.thresholdBps >= 0) return;
    if (open && !sameFacts(open, buy, sell)) {
      this.#close(instrument, open, 'superseded', now, output);
      open = undefined;
    }
    if (open) this.#follow(instrument, open, buy, sell, fresh, now, output);
    else this.#seek(instrument, buy, sell, now, output);
  }

  #seek(instrument: InstrumentState, buy: Quote, sell: Quote, now: number, output: Out): void {
    if (!this.#isUsable(buy, now) || !this.#isUsable(sell, now)) return;
    const judgement = judge(buy, sell, instrument.quoteUsd);
    if (judgement.grossBps > this.#config.suspectGrossBps) this.#suspects++;
    else if (!this.#isWorthwhile(judgement)) return;
    else if (isSuspect(instrument, buy.venue, sell.venue)) this.#suspects++;
    else this.#openNew(instrument, buy, sell, judgement, now, output);
  }

  #follow(
    instrument: InstrumentState,
    open: OpenOpportunity,
    buy: Quote,
    sell: Quote,
    fresh: Quote,
    now: number,
    output: Out,
  ): void {
    open.buy = buy;
    open.sell = sell;
    const judgement = judge(buy, sell, instrument.quoteUsd);
    const isWild = judgement.grossBps > this.#config.suspectGrossBps;
    if (isWild) this.#suspects++;
    if (fresh.crossed) this.#close(instrument, open, 'quote_crossed', now, output);
    else if (this.#staleTime(fresh) <= now) this.#close(instrument, open, 'quote_stale', now, output);
    else if (isWild) this.#close(instrument, open, 'suspect_mapping', now, output);
    else if (!this.#isWorthwhile(judgement)) this.#close(instrument, open, 'spread_gone', now, output);
    else this.#update(instrument, open, judgement, now, output);
  }

  #openNew(instrument: InstrumentState, buy: Quote, sell: Quote, judgement: Judgement, now: number, output: Out): void {
    const opportunity: OpenOpportunity = {
      id: newId(instrument, `${instrument.instrumentId}:${buy.venue}>${sell.venue}:${now}`, now),
      buyVenue: buy.venue,
      sellVenue: sell.venue,
      openedTime: now,
      buy,
      sell,
      staleTime: Math.min(this.#staleTime(buy), this.#staleTime(sell)),
      maxNetBps: judgement.netBps,
      emittedNetBps: judgement.netBps,
      emittedSize: judgement.size,
      emittedTime: now,
    };
    instrument.open.push(opportunity);
    this.#watch(instrument, opportunity);
    this.#emit(instrument, opportunity, 'opened', null, judgement, now, output);
  }

  #update(
    instrument: InstrumentState,
    opportunity: OpenOpportunity,
    judgement: Judgement,
    now: number,
    output: Out,
  ): void {
    const { updateEveryBps, updateEverySizeShare, minUpdateIntervalMs } = this.#config;
    opportunity.staleTime = Math.min(this.#staleTime(opportunity.buy), this.#staleTime(opportunity.sell));
    this.#watch(instrument, opportunity);
    opportunity.maxNetBps = Math.max(opportunity.maxNetBps, judgement.netBps);
    if (now - opportunity.emittedTime < minUpdateIntervalMs * 1000) return;
    const movedBps = Math.abs(judgement.netBps - opportunity.emittedNetBps);
    const resized = Math.abs(judgement.size - opportunity.emittedSize);
    if (movedBps < updateEveryBps && (resized === 0 || resized < updateEverySizeShare * opportunity.emittedSize))
      return;
    // Thresholds of zero ask for a record of every change, not of every quote.
    if (movedBps === 0 && resized === 0) return;
    opportunity.emittedNetBps = judgement.netBps;
    opportunity.emittedSize = judgement.size;
    opportunity.emittedTime = now;
    this.#emit(instrument, opportunity, 'updated', null, judgement, now, output);
  }

  #close(
    instrument: InstrumentState,
    opportunity: OpenOpportunity,
    reason: CloseReason,
    now: number,
    output: Out,
  ): void {
    instrument.open.splice(instrument.open.indexOf(opportunity), 1);
    if (instrument.open.length === 0) this.#open.delete(instrument);
    const judgement = judge(opportunity.buy, opportunity.sell, instrument.quoteUsd);
    this.#emit(instrument, opportunity, 'closed', reason, judgement, now, output);
  }

  /** Closes, in their order, all whose older quote turns stale up to a time. */
  #expire(until: number, output: Out): void {
    if (until < this.#nextStale) return;
    const due: [InstrumentState, OpenOpportunity][] = [];
    this.#nextStale = Number.POSITIVE_INFINITY;
    for (const instrument of this.#open) {
      for (const opportunity of instrument.open) {
        if (opportunity.staleTime <= until) due.push([instrument, opportunity]);
        else this.#nextStale = Math.min(this.#nextStale, opportunity.staleTime);
      }
    }
    due.sort(([, a], [, b]) => a.staleTime - b.staleTime || (a.id < b.id ? -1 : 1));
    for (const [instrument, opportunity] of due)
      this.#close(instrument, opportunity, 'quote_stale', opportunity.staleTime, output);
  }

  #emit(
    instrument: InstrumentState,
    opportunity: OpenOpportunity,
    state: OpportunityState,
    reason: CloseReason | null,
    judgement: Judgement,
    now: number,
    output: Out,
  ): void {
    this.#emitted++;
    const value = step(instrument, opportunity, state, reason, judgement, now);
    output.to(opportunitiesArbitrage, instrument.instrumentId, value, Math.floor(now / 1000));
  }

  #watch(instrument: InstrumentState, opportunity: OpenOpportunity): void {
    this.#open.add(instrument);
    this.#nextStale = Math.min(this.#nextStale, opportunity.staleTime);
  }

  #isWorthwhile(judgement: Judgement): boolean {
    if (!(judgement.netBps >= this.#config.thresholdBps) || !(judgement.size > 0)) return false;
    return judgement.valueUsd === null || judgement.valueUsd >= this.#config.minExecutableUsd;
  }

  #isUsable(quote: Quote, now: number): boolean {
    return quote.takerFeeBps !== null && !quote.crossed && this.#staleTime(quote) > now;
  }

  #staleTime(quote: Quote): number {
    return quote.eventTime + this.#maxAgeUs;
  }

  /** True when its venue has a live quote that was received later. */
  #isOvertaken(quote: Quote): boolean {
    const current = this.#instruments
      .get(quote.instrumentId)
      ?.quotes.find((other) => other.venue === quote.venue && this.#staleTime(other) > this.#buffer.frontier);
    return current !== undefined && current.receivedTime > quote.receivedTime;
  }

  /**
   * Drops what can never count again: stale quotes, and instruments with nothing else to remember.
   * A stale quote and none are the same to every rule here.
   */
  #forget(): void {
    const now = this.#buffer.frontier;
    for (const [id, instrument] of this.#instruments) {
      instrument.quotes = instrument.quotes.filter((quote) => this.#staleTime(quote) > now);
      if (instrument.quotes.length === 0 && instrument.openedTime < now && instrument.sanity.isIdle(now))
        this.#instruments.delete(id);
    }
  }
}

/** Upstream stages let no such quote through; another producer might. */
function check(quote: Quote): void {
  const { bidPrice, bidSize, askPrice, askSize, takerFeeBps } = quote;
  if (!Number.isFinite(bidPrice + bidSize + askPrice + askSize + (takerFeeBps ?? 0)))
    throw new RejectedRecordError('number_not_finite', `quote ${quote.eventId} has a number that is not finite`);
  if (!(bidPrice > 0 && askPrice > 0))
    throw new RejectedRecordError('price_not_positive', `quote ${quote.eventId} has a price that is not positive`);
  if (bidSize < 0 || askSize < 0)
    throw new RejectedRecordError('size_negative', `quote ${quote.eventId} has a negative size`);
}

/** True when one of the two listings is not believed to be this instrument. */
function isSuspect({ sanity }: InstrumentState, buyVenue: string, sellVenue: string): boolean {
  return sanity.isSuspect(buyVenue) || sanity.isSuspect(sellVenue);
}

function find(open: readonly OpenOpportunity[], buyVenue: string, sellVenue: string): OpenOpportunity | undefined {
  for (const opportunity of open)
    if (opportunity.buyVenue === buyVenue && opportunity.sellVenue === sellVenue) return opportunity;
  return undefined;
}

/** False when a quote rests on other listing facts (fee, symbol) than those the opportunity was opened on. */
function sameFacts(open: OpenOpportunity, buy: Quote, sell: Quote): boolean {
  return sameListing(open.buy, buy) && sameListing(open.sell, sell);
}

function sameListing(a: Quote, b: Quote): boolean {
  return a.listingVersion === b.listingVersion && a.takerFeeBps === b.takerFeeBps && a.symbol === b.symbol;
}

function newId(instrument: InstrumentState, id: string, now: number): string {
  if (instrument.openedTime !== now) {
    instrument.openedTime = now;
    instrument.openedIds = [];
  }
  const before = instrument.openedIds.filter((other) => other === id).length;
  instrument.openedIds.push(id);
  return before === 0 ? id : `${id}#${before + 1}`;
}
