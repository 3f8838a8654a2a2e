import { defineStage, type Output, type Processor } from '@alphapulse/core';
import { OrderBook } from '@alphapulse/market';
import type { ParsedEvent, ValidatedEvent } from '@alphapulse/schemas';
import { internalParsed, internalValidated } from '@alphapulse/topics';
import { eventKey } from '../event-key.ts';
import { checkEventTime, checkFinite, checkPrice, checkRestingSize, checkSide, checkTradedSize } from './checks.ts';

export interface ValidateConfig {
  /** How far an event time may be ahead of our receive time; clocks differ. Default 60 s. */
  readonly maxEventTimeAheadMs: number;
}

export const defaultValidateConfig: ValidateConfig = { maxEventTimeAheadMs: 60_000 };

/**
 * Rejects events that cannot be: prices that are not positive, sizes below zero, unknown sides, event times ahead of
 * the clock. Keeps every order book, so that each book event tells the best prices after it and whether it crossed.
 */
export const validate = defineStage({
  name: 'validate',
  doc: 'Rejects impossible events, keeps order books, flags crossed ones.',
  reads: [internalParsed],
  writes: [internalValidated],
  state: { kind: 'checkpoints', everyMs: 60_000 },
  create: (deps: { validate?: ValidateConfig }): Processor<typeof internalParsed, typeof internalValidated> =>
    new Validator(deps.validate ?? defaultValidateConfig),
});

class Validator implements Processor<typeof internalParsed, typeof internalValidated> {
  readonly #config: ValidateConfig;
  readonly #books = new Map<string, OrderBook>();

  constructor(config: ValidateConfig) {
    this.#config = config;
  }

  process(
    { key, value, timestampMs }: { key: string; value: ParsedEvent; timestampMs: number },
    output: Output<typeof internalValidated>,
  ): void {
    const valid = this.#validate(value, output);
    if (valid) output.to(internalValidated, key, valid, timestampMs);
  }

  *save(): Iterable<readonly [string, Uint8Array]> {
    for (const [key, book] of this.#books) yield [key, book.save()];
  }

  load(key: string, state: Uint8Array): void {
    this.#books.set(key, OrderBook.load(state));
  }

  #validate(event: ParsedEvent, output: Output<typeof internalValidated>): ValidatedEvent | undefined {
    if (event.kind === 'book') return this.#book(event, output);
    checkEventTime(event.eventTime, event.receivedTime, this.#config.maxEventTimeAheadMs);
    switch (event.kind) {
      case 'trade':
        checkPrice(event.price, 'price');
        checkTradedSize(event.size, 'size');
        checkSide(event.side);
        return event;
      case 'quote':
        if (isEmptySide(event.bidPrice, event.bidSize) || isEmptySide(event.askPrice, event.askSize)) {
          output.filtered('one-sided-quote');
          return undefined;
        }
        checkPrice(event.bidPrice, 'bidPrice');
        checkPrice(event.askPrice, 'askPrice');
        checkRestingSize(event.bidSize, 'bidSize');
        checkRestingSize(event.askSize, 'askSize');
        return { ...event, crossed: event.bidPrice >= event.askPrice };
      case 'bar':
        for (const field of ['open', 'high', 'low', 'close'] as const) checkPrice(event[field], field);
        checkRestingSize(event.volume, 'volume');
        return event;
      default:
        for (const [field, value] of Object.entries(event)) if (typeof value === 'number') checkFinite(value, field);
        return event;
    }
  }

  /** An event that is rejected leaves a hole: the book is given up until its next snapshot. */
  #book(event: ParsedEvent<'book'>, output: Output<typeof internalValidated>): ValidatedEvent | undefined {
    const key = eventKey(event);
    try {
      checkEventTime(event.eventTime, event.receivedTime, this.#config.maxEventTimeAheadMs);
      for (const { price, size } of event.bids) {
        checkPrice(price, 'bids.price');
        checkRestingSize(size, 'bids.size');
      }
      for (const { price, size } of event.asks) {
        checkPrice(price, 'asks.price');
        checkRestingSize(size, 'asks.size');
      }
    } catch (error) {
      this.#books.delete(key);
      throw error;
    }
    let book = this.#books.get(key);
    if (!book) {
      if (event.type === 'delta') {
        output.filtered('awaiting-snapshot');
        return undefined;
      }
      book = new OrderBook();
      this.#books.set(key, book);
    }
    book.apply(event);
    return { ...event, bestBid: book.bestBid, bestAsk: book.bestAsk, crossed: book.isCrossed };
  }
}

/** Venues write an empty side of the book as price 0 and size 0. */
function isEmptySide(price: number, size: number): boolean {
  return price === 0 && size === 0;
}
