import type { Quote, Trade } from '@alphapulse/schemas';

/** Events for the detectors' tests. Times are given in milliseconds after T0. */
export const T0 = 1_700_000_000_000_000;
export const at = (ms: number): number => T0 + Math.round(ms * 1000);

let made = 0;
const common = (venue: string, ms: number, instrument: string) => ({
  eventId: `${venue}:${made++}`,
  source: venue,
  venue,
  instrumentId: instrument.replace(/[^A-Za-z]/g, '').toLowerCase(),
  instrument,
  symbol: 'BTCUSDT',
  eventTime: at(ms),
  eventTimeSource: 'venue' as const,
  receivedTime: at(ms),
  origin: { topic: `raw.${venue}`, partition: 0, offset: made },
});

export function quote(venue: string, ms: number, bidPrice: number, askPrice: number, more: Partial<Quote> = {}): Quote {
  return {
    ...common(venue, ms, more.instrument ?? 'spot:BTC/USDT'),
    bidPrice,
    bidSize: 1,
    askPrice,
    askSize: 2,
    sequence: null,
    crossed: bidPrice >= askPrice,
    tickSize: null,
    lotSize: null,
    takerFeeBps: 10,
    listingVersion: `${venue}@1`,
    ...more,
  };
}

export function trade(venue: string, ms: number, price: number, more: Partial<Trade> = {}): Trade {
  return {
    ...common(venue, ms, more.instrument ?? 'spot:BTC/USDT'),
    tradeId: String(made),
    price,
    size: 1,
    side: 'buy',
    aggregated: false,
    backfilled: false,
    notionalUsd: null,
    ...more,
  };
}
