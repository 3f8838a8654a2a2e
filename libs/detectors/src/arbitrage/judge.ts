import { BPS, grossBps, netBps } from '@alphapulse/market';
import type { ArbitrageOpportunity, CloseReason, OpportunityLeg, OpportunityState, Quote } from '@alphapulse/schemas';
import type { InstrumentState, OpenOpportunity } from './state.ts';

/** What buying at one quote's ask and selling at another's bid would bring. */
export interface Judgement {
  readonly grossBps: number;
  readonly netBps: number;
  /** In units of the base asset. */
  readonly size: number;
  /** What buying that size takes, in US dollars, where known. */
  readonly valueUsd: number | null;
}

/** Precondition: both quotes have a taker fee. */
export function judge(buy: Quote, sell: Quote, quoteUsd: number | null): Judgement {
  const size = Math.min(buy.askSize, sell.bidSize);
  return {
    grossBps: grossBps(buy.askPrice, sell.bidPrice),
    netBps: netBps(buy.askPrice, buy.takerFeeBps as number, sell.bidPrice, sell.takerFeeBps as number),
    size,
    valueUsd: quoteUsd === null ? null : size * buy.askPrice * quoteUsd,
  };
}

/** One step in an opportunity's life as a record, with its proof. */
export function step(
  instrument: InstrumentState,
  opportunity: OpenOpportunity,
  state: OpportunityState,
  closeReason: CloseReason | null,
  judgement: Judgement,
  now: number,
): ArbitrageOpportunity {
  const { buy, sell } = opportunity;
  const profitQuote = (judgement.netBps / BPS) * buy.askPrice * judgement.size;
  return {
    opportunityId: opportunity.id,
    instrumentId: instrument.instrumentId,
    instrument: instrument.instrument,
    state,
    closeReason,
    grossBps: judgement.grossBps,
    netBps: judgement.netBps,
    executableSize: judgement.size,
    profitQuote,
    profitUsd: instrument.quoteUsd === null ? null : profitQuote * instrument.quoteUsd,
    maxNetBps: opportunity.maxNetBps,
    openedTime: opportunity.openedTime,
    receivedTime: now,
    durationMs: (now - opportunity.openedTime) / 1000,
    buy: leg(buy, 'buy', now),
    sell: leg(sell, 'sell', now),
  };
}

function leg(quote: Quote, side: 'buy' | 'sell', now: number): OpportunityLeg {
  return {
    venue: quote.venue,
    symbol: quote.symbol,
    side,
    price: side === 'buy' ? quote.askPrice : quote.bidPrice,
    size: side === 'buy' ? quote.askSize : quote.bidSize,
    takerFeeBps: quote.takerFeeBps as number,
    eventTime: quote.eventTime,
    ageMs: (now - quote.eventTime) / 1000,
    listingVersion: quote.listingVersion,
    eventId: quote.eventId,
    origin: quote.origin,
  };
}
