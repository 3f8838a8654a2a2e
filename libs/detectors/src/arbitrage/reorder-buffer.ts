import { MinHeap } from '@alphapulse/market';
import type { Quote } from '@alphapulse/schemas';

/**
 * Holds quotes until record time has passed them by the window, and gives them in the order they were received.
 * The order of quotes of the same microsecond is by source and event id, so arrival decides nothing.
 */
export class ReorderBuffer {
  /** Highest receive time seen, µs; −1 before the first record. */
  watermark = -1;
  readonly #windowUs: number;
  readonly #held = new MinHeap<Quote>(isBefore);

  constructor(windowMs: number) {
    this.#windowUs = windowMs * 1000;
  }

  /** No record on time can come from before this any more, µs. */
  get frontier(): number {
    return this.watermark < 0 ? -1 : this.watermark - this.#windowUs;
  }

  /** Moves record time on. */
  see(receivedTime: number): void {
    if (receivedTime > this.watermark) this.watermark = receivedTime;
  }

  hold(quote: Quote): void {
    this.#held.push(quote);
  }

  /** The next quote at or before the frontier. */
  take(): Quote | undefined {
    const next = this.#held.peek();
    return next !== undefined && next.receivedTime <= this.frontier ? this.#held.pop() : undefined;
  }

  held(): Iterable<Quote> {
    return this.#held.values();
  }
}

function isBefore(a: Quote, b: Quote): boolean {
  if (a.receivedTime !== b.receivedTime) return a.receivedTime < b.receivedTime;
  if (a.source !== b.source) return a.source < b.source;
  if (a.eventId !== b.eventId) return a.eventId < b.eventId;
  // Copies of one event by redundant collectors differ in origin alone.
  if (a.origin.partition !== b.origin.partition) return a.origin.partition < b.origin.partition;
  return a.origin.offset < b.origin.offset;
}
