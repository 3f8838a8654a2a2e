import { MinHeap } from '@alphapulse/market';
import type { LegQuote } from '@alphapulse/schemas';

/** Something that happens to a synthetic when record time has come far enough. */
export interface Step {
  /** Record time at which it is taken, µs: that at which it happens and the synthetic's window. */
  readonly releaseTime: number;
  /** When it happens, µs. */
  readonly time: number;
  readonly syntheticId: string;
  /** A quote of a leg, or null for quoting what has gathered while the synthetic was quiet. */
  readonly quote: LegQuote | null;
}

/**
 * Steps of all synthetics of a lane in the order they are taken. Those of one synthetic and one time stand side by side,
 * quotes first, so that they are taken together; what order they came in decides nothing.
 */
export class Schedule {
  readonly #steps = new MinHeap<Step>(isBefore);

  add(step: Step): void {
    this.#steps.push(step);
  }

  /** The steps of the next synthetic and time that are due by a record time; null when there are none. */
  take(watermark: number): Step[] | null {
    const first = this.#steps.peek();
    if (!first || first.releaseTime > watermark) return null;
    const together: Step[] = [];
    for (let next = this.#steps.peek(); next && isTogether(first, next); next = this.#steps.peek())
      together.push(this.#steps.pop() as Step);
    return together;
  }

  all(): Iterable<Step> {
    return this.#steps.values();
  }
}

function isTogether(a: Step, b: Step): boolean {
  return a.releaseTime === b.releaseTime && a.syntheticId === b.syntheticId && a.time === b.time;
}

function isBefore(a: Step, b: Step): boolean {
  if (a.releaseTime !== b.releaseTime) return a.releaseTime < b.releaseTime;
  if (a.syntheticId !== b.syntheticId) return a.syntheticId < b.syntheticId;
  if (a.time !== b.time) return a.time < b.time;
  return b.quote === null ? a.quote !== null : a.quote !== null && isQuoteBefore(a.quote, b.quote);
}

/** Of one collector's messages in one microsecond, the raw log knows the order. */
function isQuoteBefore(a: LegQuote, b: LegQuote): boolean {
  if (a.source !== b.source) return a.source < b.source;
  if (a.origin.topic !== b.origin.topic) return a.origin.topic < b.origin.topic;
  if (a.origin.partition !== b.origin.partition) return a.origin.partition < b.origin.partition;
  if (a.origin.offset !== b.origin.offset) return a.origin.offset < b.origin.offset;
  return a.eventId < b.eventId;
}
