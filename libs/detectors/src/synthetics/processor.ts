import { MissingFactError, type Output, type Processor, type RecordOf, RejectedRecordError } from '@alphapulse/core';
import type { LegQuote, Quote, Synthetic } from '@alphapulse/schemas';
import { type internalLegs, processedQuotes } from '@alphapulse/topics';
import { SYNTHETIC, type SyntheticLookup } from '../shared/synthetic-lookup.ts';
import { decodeLane, decodeSynthetic, encodeLane, encodeSynthetic, LANE_KEY } from './checkpoint.ts';
import type { SyntheticsConfig } from './config.ts';
import { definitionOf, usableDefinition } from './definition.ts';
import { heightOf, maxHeight } from './height.ts';
import { priceSynthetic } from './price-synthetic.ts';
import { Schedule, type Step } from './schedule.ts';
import { forgetQuotes, newSynthetic, type SyntheticState, takeQuote } from './state.ts';
import { topOfLegs } from './top-of-legs.ts';

type Out = Output<typeof processedQuotes>;

/**
 * Quotes synthetics as their legs move. Time is record time: each leg quote is taken at its receive time once record
 * time (the highest seen in the lane) has passed it by the synthetic's window, and all of one time together.
 */
export class SyntheticsProcessor implements Processor<typeof internalLegs, typeof processedQuotes> {
  readonly #config: SyntheticsConfig;
  readonly #synthetics: SyntheticLookup;
  readonly #maxAgeUs: number;
  readonly #states = new Map<string, SyntheticState>();
  readonly #schedule = new Schedule();
  /** Highest receive time seen, µs. */
  #watermark = -1;
  /** Offset of the record for which the registry has been caught up with its topics. */
  #askedFor = -1;
  #emitted = 0;
  #why: string | null = null;

  constructor(config: SyntheticsConfig, synthetics: SyntheticLookup) {
    this.#config = config;
    this.#synthetics = synthetics;
    this.#maxAgeUs = config.maxLegAgeMs * 1000;
  }

  process({ value: quote, offset }: RecordOf<typeof internalLegs>, output: Out): void {
    check(quote);
    const synthetic = this.#definitionFor(quote, offset);
    if (!synthetic) {
      output.filtered('not-defined');
      return;
    }
    // Both throw before anything has changed.
    definitionOf(synthetic);
    const height = heightOf(synthetic, quote.receivedTime, this.#synthetics);
    this.#emitted = 0;
    this.#why = null;
    const state = this.#stateOf(quote.syntheticId);
    state.windowUs = this.#windowUs(height);
    const frontier = this.#watermark - state.windowUs;
    const isLate = quote.receivedTime < frontier;
    if (quote.receivedTime > frontier) {
      this.#watermark = Math.max(this.#watermark, quote.receivedTime);
      this.#schedule.add(stepOf(state, quote.receivedTime, quote));
      for (let steps = this.#schedule.take(this.#watermark); steps; steps = this.#schedule.take(this.#watermark))
        this.#take(steps, output);
    } else this.#takeAtOnce(state, quote, frontier, output);
    if (this.#emitted === 0) output.filtered(this.#why ?? (isLate ? 'late' : 'held'));
  }

  *save(): Iterable<readonly [key: string, state: Uint8Array]> {
    if (this.#watermark < 0) return;
    const held = new Map<string, Step[]>();
    for (const step of this.#schedule.all()) {
      if (!step.quote) continue;
      const same = held.get(step.syntheticId);
      if (same) same.push(step);
      else held.set(step.syntheticId, [step]);
    }
    this.#forget(held);
    yield [LANE_KEY, encodeLane(this.#watermark)];
    for (const [id, state] of this.#states) yield [id, encodeSynthetic(state, held.get(id) ?? [])];
  }

  load(key: string, saved: Uint8Array): void {
    if (key === LANE_KEY) {
      this.#watermark = decodeLane(saved);
      return;
    }
    const { state, held } = decodeSynthetic(key, saved);
    this.#states.set(key, state);
    for (const step of held) this.#schedule.add(step);
    if (state.due > 0) this.#schedule.add(stepOf(state, state.due, null));
  }

  /**
   * The definition at the quote's time. A registry that does not have the version by which the quote was sent here is
   * behind and is caught up first; what it says after that holds, also that there is no such version any more.
   */
  #definitionFor(quote: LegQuote, offset: number): Synthetic | undefined {
    const { syntheticId, receivedTime, definitionRecordedTime } = quote;
    const found = this.#synthetics.definition(syntheticId, receivedTime);
    if (found && found.recordedTime >= definitionRecordedTime) return found;
    if (this.#askedFor === offset) return found;
    this.#askedFor = offset;
    throw new MissingFactError('reference_unknown', `the definition of synthetic ${syntheticId} is not known yet`, {
      details: { syntheticId, receivedTime },
    });
  }

  #windowUs(height: number): number {
    return (this.#config.reorderWindowMs + height * this.#config.levelWindowMs) * 1000;
  }

  #stateOf(id: string): SyntheticState {
    let state = this.#states.get(id);
    if (!state) {
      state = newSynthetic(id);
      this.#states.set(id, state);
    }
    return state;
  }

  #take(steps: readonly Step[], output: Out): void {
    const [{ syntheticId, time }] = steps as [Step];
    const state = this.#stateOf(syntheticId);
    state.now = Math.max(state.now, time);
    let taken = 0;
    for (const { quote } of steps) {
      if (!quote) continue;
      if (takeQuote(state, quote)) taken++;
      else this.#why = 'older-than-known';
    }
    if (taken > 0 || (state.due > 0 && state.due <= state.now)) this.#quote(state, output);
  }

  /** Too late to be put in order: it counts from the time already reached, unless its venue has said something since. */
  #takeAtOnce(state: SyntheticState, quote: LegQuote, frontier: number, output: Out): void {
    const now = Math.max(state.now, frontier);
    // Told apart before anything is looked up, so that it makes no difference whether stale quotes are still remembered.
    if (quote.receivedTime <= now - this.#maxAgeUs) this.#why = 'late-stale';
    else if (!takeQuote(state, quote)) this.#why = 'late-overtaken';
    else {
      state.now = now;
      this.#quote(state, output);
    }
  }

  /** Quotes the synthetic as it stands now, or makes a note to do so when it has been quiet long enough. */
  #quote(state: SyntheticState, output: Out): void {
    const { now } = state;
    if (now < state.quietUntil) {
      if (state.due === 0) {
        state.due = state.quietUntil;
        this.#schedule.add(stepOf(state, state.due, null));
      }
      this.#why = 'conflated';
      return;
    }
    state.due = 0;
    const synthetic = this.#synthetics.definition(state.id, now);
    const definition = usableDefinition(synthetic);
    const top = definition && topOfLegs(definition, state.quotes, now - this.#maxAgeUs);
    const value = top && priceSynthetic(definition.formula, top);
    if (!synthetic || !definition) this.#why = 'not-defined';
    else if (!top) this.#why = 'leg-missing';
    else if (!value) this.#why = 'value-undefined';
    else if (this.#isAsBefore(state, value)) this.#why = 'unchanged';
    else {
      state.quoted = value;
      state.quotedTime = now;
      state.quietUntil = now + this.#config.minIntervalMs * 1000;
      const quote = quoteOf(synthetic, state, value);
      output.to(processedQuotes, synthetic.id, quote, Math.floor(quote.receivedTime / 1000));
      this.#emitted++;
    }
  }

  #isAsBefore({ quoted, quotedTime, now }: SyntheticState, value: NonNullable<SyntheticState['quoted']>): boolean {
    return (
      quoted !== null &&
      quoted.bidPrice === value.bidPrice &&
      quoted.askPrice === value.askPrice &&
      quoted.bidSize === value.bidSize &&
      quoted.askSize === value.askSize &&
      now - quotedTime < this.#config.refreshMs * 1000
    );
  }

  /** Drops what can never count again. A stale quote and none are the same to every rule here. */
  #forget(held: ReadonlyMap<string, unknown>): void {
    const { refreshMs, minIntervalMs } = this.#config;
    // No step happens before this any more, whatever the synthetic is made of.
    const earliest = this.#watermark - this.#windowUs(maxHeight);
    const stale = earliest - this.#maxAgeUs;
    for (const [id, state] of this.#states) {
      forgetQuotes(state, stale);
      const isQuiet = state.due === 0 && state.quotedTime + Math.max(refreshMs, minIntervalMs) * 1000 <= stale;
      if (state.quotes.size === 0 && isQuiet && !held.has(id)) this.#states.delete(id);
    }
  }
}

function stepOf({ id, windowUs }: SyntheticState, time: number, quote: LegQuote | null): Step {
  return { releaseTime: time + windowUs, time, syntheticId: id, quote };
}

function quoteOf(
  { id, name, validFrom }: Synthetic,
  { now, newest, mover }: SyntheticState,
  value: NonNullable<SyntheticState['quoted']>,
): Quote {
  const { eventTime, eventTimeSource, receivedTime } = newest as LegQuote;
  return {
    // A synthetic is quoted once at most at one record time.
    eventId: `${SYNTHETIC}:quote:${name}:${now}`,
    source: SYNTHETIC,
    venue: SYNTHETIC,
    instrumentId: id,
    instrument: `synthetic:${name}`,
    symbol: name,
    eventTime,
    eventTimeSource,
    receivedTime,
    origin: (mover as LegQuote).origin,
    ...value,
    sequence: null,
    crossed: value.bidPrice >= value.askPrice,
    tickSize: null,
    lotSize: null,
    takerFeeBps: null,
    listingVersion: `${id}@${validFrom}`,
  };
}

/** Prices may be negative or zero, as those of spreads are. */
function check({ eventId, bidPrice, bidSize, askPrice, askSize }: LegQuote): void {
  if (![bidPrice, bidSize, askPrice, askSize].every(Number.isFinite))
    throw new RejectedRecordError('number_not_finite', `leg quote ${eventId} has a number that is not finite`);
  if (bidSize < 0 || askSize < 0)
    throw new RejectedRecordError('size_negative', `leg quote ${eventId} has a negative size`);
}
