import type { Output, Processor, RecordOf } from '@alphapulse/core';
import type { Quote, Synthetic } from '@alphapulse/schemas';
import { internalLegs, type processedQuotes } from '@alphapulse/topics';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';

/**
 * Keys quotes by the synthetics that use them, as defined at the quote's receive time. Quotes of synthetics come round
 * by processed.quotes and are legs like others; that no synthetic is made of itself is seen to when it is registered.
 */
export class SyntheticLegsProcessor implements Processor<typeof processedQuotes, typeof internalLegs> {
  readonly #synthetics: SyntheticLookup;

  constructor(synthetics: SyntheticLookup) {
    this.#synthetics = synthetics;
  }

  process({ value: quote }: RecordOf<typeof processedQuotes>, output: Output<typeof internalLegs>): void {
    const using = this.#synthetics.using(quote.instrumentId, quote.receivedTime);
    let sent = 0;
    for (const synthetic of using) {
      if (!isWanted(synthetic, quote)) continue;
      output.to(internalLegs, synthetic.id, {
        syntheticId: synthetic.id,
        definitionRecordedTime: synthetic.recordedTime,
        eventId: quote.eventId,
        source: quote.source,
        venue: quote.venue,
        instrumentId: quote.instrumentId,
        eventTime: quote.eventTime,
        eventTimeSource: quote.eventTimeSource,
        receivedTime: quote.receivedTime,
        origin: quote.origin,
        bidPrice: quote.bidPrice,
        bidSize: quote.bidSize,
        askPrice: quote.askPrice,
        askSize: quote.askSize,
        crossed: quote.crossed,
      });
      sent++;
    }
    if (sent === 0) output.filtered(using.length === 0 ? 'not-a-leg' : 'other-venue');
  }
}

/** False where each leg of the instrument names another venue. */
function isWanted({ legs }: Synthetic, { instrumentId, venue }: Quote): boolean {
  return legs.some((leg) => leg.instrumentId === instrumentId && (leg.venue === null || leg.venue === venue));
}
