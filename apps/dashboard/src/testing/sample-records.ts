import type {
  ArbitrageOpportunity,
  BatchAccount,
  CollectorHealth,
  Gap,
  Mapping,
  MarketUpdate,
} from '@alphapulse/schemas';

/** Values of the followed topics for tests; times in milliseconds. */
export function account(atMs: number, more: Partial<BatchAccount> = {}): BatchAccount {
  const records = more.records ?? 100;
  return {
    stages: 'parse+validate+enrich',
    topic: 'raw.binance',
    partition: 0,
    fromOffset: 0,
    toOffset: records - 1,
    records,
    withOutputs: records,
    filteredRecords: 0,
    deadRecords: 0,
    filtered: {},
    deadLetters: {},
    outputs: {},
    receivedTimes: [],
    processedTime: atMs * 1000,
    ...more,
  };
}

export function health(atMs: number, more: Partial<CollectorHealth> = {}): CollectorHealth {
  return {
    id: 'binance/spot/0',
    collector: 'host/1',
    source: 'binance',
    state: 'live',
    simulated: true,
    endpoint: 'ws://127.0.0.1:9443',
    messages: 1_000,
    bytes: 200_000,
    messagesPerSecond: 100,
    reconnects: 0,
    gapsOpen: 0,
    gapsHealed: 0,
    lastMessageTime: (atMs - 40) * 1000,
    clockSkewMs: null,
    lastError: null,
    startedTime: (atMs - 60_000) * 1000,
    reportedTime: atMs * 1000,
    ...more,
  };
}

export function gap(atMs: number, more: Partial<Gap> = {}): Gap {
  return {
    id: 'gap-1',
    source: 'kraken',
    venue: 'kraken',
    channel: 'book',
    symbol: 'BTC/USD',
    fromSequence: null,
    toSequence: null,
    fromTime: (atMs - 20) * 1000,
    toTime: atMs * 1000,
    detectedTime: atMs * 1000,
    resolvedTime: null,
    resyncMs: null,
    cause: 'checksum',
    how: null,
    ...more,
  };
}

/** Of two venues both disagree; of more, those given as suspect. */
export function mapping(atMs: number, more: Partial<Mapping> = {}): Mapping {
  const venue = (name: string, symbol: string, midPrice: number, deviationBps: number) => ({
    venue: name,
    symbol,
    midPrice,
    deviationBps,
    suspect: true,
  });
  return {
    id: 'spot-eth-usdt',
    instrument: 'spot:ETH/USDT',
    state: 'suspect',
    venues: [venue('binance', 'ETHUSDT', 3_188.4, 990_000), venue('kraken', 'ETH/USDT', 31.884, 990_000)],
    limitBps: 500,
    reason:
      'binance ETHUSDT at 3188.4 (990000 bps) and kraken ETH/USDT at 31.884 (990000 bps) are further than 500 bps from the other’s price, for 10 s or longer.',
    sinceTime: (atMs - 95_000) * 1000,
    receivedTime: (atMs - 85_000) * 1000,
    ...more,
  };
}

/** Mids by venue become quotes a half spread to each side. */
export function marketUpdate(
  atMs: number,
  instrument: string,
  mids: Readonly<Record<string, number>>,
  halfSpread: number,
): MarketUpdate {
  const venues = Object.entries(mids).map(([venue, mid]) => ({
    venue,
    bidPrice: mid - halfSpread,
    bidSize: 0.8,
    askPrice: mid + halfSpread,
    askSize: 1.2,
    receivedTime: atMs * 1000,
  }));
  const bid = venues.reduce((best, venue) => (venue.bidPrice > best.bidPrice ? venue : best));
  const ask = venues.reduce((best, venue) => (venue.askPrice < best.askPrice ? venue : best));
  return {
    instrumentId: instrument.replace(/[^A-Za-z0-9]/g, '-').toLowerCase(),
    instrument,
    bestBid: bid.bidPrice,
    bestBidVenue: bid.venue,
    bestAsk: ask.askPrice,
    bestAskVenue: ask.venue,
    venueCount: venues.length,
    venues,
    lastTradePrice: bid.bidPrice,
    lastTradeSize: 0.25,
    lastTradeVenue: bid.venue,
    receivedTime: atMs * 1000,
  };
}

export function opportunity(
  atMs: number,
  more: Partial<ArbitrageOpportunity> & { buyPrice?: number; sellPrice?: number } = {},
): ArbitrageOpportunity {
  const { buyPrice = 100, sellPrice = 100.4, ...fields } = more;
  const leg = (venue: string, side: 'buy' | 'sell', price: number, takerFeeBps: number) => ({
    venue,
    symbol: 'BTCUSDT',
    side,
    price,
    size: 1.2,
    takerFeeBps,
    eventTime: (atMs - 12) * 1000,
    ageMs: 12,
    listingVersion: `${venue}@1`,
    eventId: `${venue}:1`,
    origin: { topic: 'processed.quotes', partition: 2, offset: 48_213 },
  });
  const grossBps = ((sellPrice - buyPrice) / buyPrice) * 10_000;
  return {
    opportunityId: 'opportunity-1',
    instrumentId: 'spot-btc-usdt',
    instrument: 'spot:BTC/USDT',
    state: 'opened',
    closeReason: null,
    grossBps,
    netBps: grossBps - 20,
    executableSize: 0.75,
    profitQuote: 15.2,
    profitUsd: 15.2,
    maxNetBps: grossBps - 20,
    openedTime: atMs * 1000,
    receivedTime: atMs * 1000,
    durationMs: 0,
    buy: leg('kraken', 'buy', buyPrice, 26),
    sell: leg('binance', 'sell', sellPrice, 10),
    ...fields,
  };
}
