import type { LegQuote } from '@alphapulse/schemas';
import type { Definition } from './definition.ts';

/** What the formula is evaluated over: by leg, in the order of the formula's legs. */
export interface TopOfLegs {
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  readonly bidSizes: Float64Array;
  readonly askSizes: Float64Array;
}

/**
 * The best bid and ask of each leg over its venues, or of the one venue it names; null when a leg has none.
 * A quote counts when it was received after `sinceUs` and is not crossed. Of venues with the same price the larger size
 * counts. Where the bid of one venue is above the ask of another, both change places: nobody pays more than the one or
 * gets less than the other, and the quote promises no better.
 */
export function topOfLegs(
  { legs }: Definition,
  quotes: ReadonlyMap<string, readonly LegQuote[]>,
  sinceUs: number,
): TopOfLegs | null {
  const top = {
    bids: new Float64Array(legs.length).fill(Number.NEGATIVE_INFINITY),
    asks: new Float64Array(legs.length).fill(Number.POSITIVE_INFINITY),
    bidSizes: new Float64Array(legs.length),
    askSizes: new Float64Array(legs.length),
  };
  const { bids, asks, bidSizes, askSizes } = top;
  for (let leg = 0; leg < legs.length; leg++) {
    const { instrumentId, venue } = legs[leg] as Definition['legs'][number];
    for (const quote of quotes.get(instrumentId) ?? []) {
      if (quote.crossed || quote.receivedTime <= sinceUs || (venue !== null && quote.venue !== venue)) continue;
      const { bidPrice, bidSize, askPrice, askSize } = quote;
      const bid = bids[leg] as number;
      const ask = asks[leg] as number;
      if (bidPrice > bid) {
        bids[leg] = bidPrice;
        bidSizes[leg] = bidSize;
      } else if (bidPrice === bid) bidSizes[leg] = Math.max(bidSizes[leg] as number, bidSize);
      if (askPrice < ask) {
        asks[leg] = askPrice;
        askSizes[leg] = askSize;
      } else if (askPrice === ask) askSizes[leg] = Math.max(askSizes[leg] as number, askSize);
    }
    const [bid, ask] = [bids[leg] as number, asks[leg] as number];
    if (bid === Number.NEGATIVE_INFINITY) return null;
    bids[leg] = Math.min(bid, ask);
    asks[leg] = Math.max(bid, ask);
  }
  return top;
}
