import type { RawRecord } from '@alphapulse/core';
import type { Level, ParsedEvent } from '@alphapulse/schemas';
import { eventBase } from '../shared/event-base.ts';
import { malformed, toId, toNumber, toTimeUs } from '../shared/numbers.ts';
import { type JsonObject, toArray, toBoolean, toObject, toText } from '../shared/shapes.ts';
import type { BinanceVenue } from './venue.ts';

/**
 * Wire shapes of Binance and the events they become.
 * Spot: https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams
 * USD-M: https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 * Prices and sizes are decimal strings, times are milliseconds.
 * Events are written out rather than spread from a common base: spreading costs more than parsing the frame's JSON.
 */

/**
 * Trade, captured 2024-08-08 (spot) and with `X` on USD-M:
 * {"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}
 * Aggregate trade: id in `a`, first and last trade in `f` and `l`.
 */
export function toTrade(
  data: JsonObject,
  record: RawRecord,
  venue: BinanceVenue,
  aggregated: boolean,
): ParsedEvent<'trade'> {
  const id = toId(aggregated ? data.a : data.t, aggregated ? 'a' : 't');
  const symbol = toText(data.s, 's');
  const price = toNumber(data.p, 'p');
  const size = toNumber(data.q, 'q');
  // The buyer was the maker, so the aggressor sold.
  const side = toBoolean(data.m, 'm') ? 'sell' : 'buy';
  const timeUs = toTimeUs(data.T, 'T');
  return {
    kind: 'trade',
    eventId: `${venue}:${aggregated ? 'aggTrade' : 'trade'}:${symbol}:${id}`,
    source: record.source,
    venue,
    symbol,
    eventTime: timeUs,
    eventTimeSource: 'venue',
    receivedTime: record.receivedTime,
    origin: record.origin,
    tradeId: String(id),
    price,
    size,
    side,
    aggregated,
    backfilled: false,
  };
}

/**
 * Row of GET /api/v3/historicalTrades:
 * {"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","time":1499865549590,"isBuyerMaker":true,"isBestMatch":true}
 */
export function toBackfilledTrade(
  row: JsonObject,
  symbol: string,
  record: RawRecord,
  venue: BinanceVenue,
): ParsedEvent<'trade'> {
  const wire = { s: symbol, t: row.id, p: row.price, q: row.qty, T: row.time, m: row.isBuyerMaker };
  return { ...toTrade(wire, record, venue, false), backfilled: true };
}

/**
 * Best bid and ask. Spot has no time: {"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}
 * USD-M adds "e":"bookTicker", "T" and "E".
 */
export function toQuote(data: JsonObject, record: RawRecord, venue: BinanceVenue): ParsedEvent<'quote'> {
  const sequence = toId(data.u, 'u');
  const symbol = toText(data.s, 's');
  const timeUs = data.E === undefined ? null : toTimeUs(data.E, 'E');
  return {
    kind: 'quote',
    eventId: `${venue}:quote:${symbol}:${sequence}`,
    source: record.source,
    venue,
    symbol,
    eventTime: timeUs ?? record.receivedTime,
    eventTimeSource: timeUs === null ? 'received' : 'venue',
    receivedTime: record.receivedTime,
    origin: record.origin,
    bidPrice: toNumber(data.b, 'b'),
    bidSize: toNumber(data.B, 'B'),
    askPrice: toNumber(data.a, 'a'),
    askSize: toNumber(data.A, 'A'),
    sequence,
  };
}

/**
 * Kline, open ones too: {"e":"kline","E":1633998523963,"s":"NKNUSDT","k":{"t":1633998480000,"T":1633998539999,"s":"NKNUSDT",
 * "i":"1m","f":19862761,"L":19862790,"o":"0.35270000","c":"0.35280000","h":"0.35280000","l":"0.35220000","v":"25877.00000000",
 * "n":30,"x":false,"q":"9116.04600000","V":"58.00000000","Q":"20.46240000","B":"0"}}
 */
export function toBar(data: JsonObject, record: RawRecord, venue: BinanceVenue): ParsedEvent<'bar'> {
  const symbol = toText(data.s, 's');
  const k = toObject(data.k, 'k');
  const interval = toText(k.i, 'k.i');
  const intervalMs = intervalLengthMs[interval];
  if (intervalMs === undefined || !Object.hasOwn(intervalLengthMs, interval)) {
    throw malformed('k.i', 'a documented interval', interval);
  }
  const closed = toBoolean(k.x, 'k.x');
  const openTime = toTimeUs(k.t, 'k.t');
  const trades = toId(k.n, 'k.n');
  // The same bar is sent again while trades come; what it holds is told by the number of trades in it.
  const id = `${interval}:${openTime / 1000}:${trades}${closed ? ':closed' : ''}`;
  return {
    ...eventBase(record, venue, 'bar', symbol, id, toTimeUs(data.E, 'E')),
    kind: 'bar',
    intervalMs,
    openTime,
    open: toNumber(k.o, 'k.o'),
    high: toNumber(k.h, 'k.h'),
    low: toNumber(k.l, 'k.l'),
    close: toNumber(k.c, 'k.c'),
    volume: toNumber(k.v, 'k.v'),
    quoteVolume: toNumber(k.q, 'k.q'),
    trades,
    closed,
    provider: 'venue',
  };
}

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A month counts 30 days; its bars start on the first of the month all the same. */
const intervalLengthMs: Readonly<Record<string, number>> = {
  '1s': secondMs,
  '1m': minuteMs,
  '3m': 3 * minuteMs,
  '5m': 5 * minuteMs,
  '15m': 15 * minuteMs,
  '30m': 30 * minuteMs,
  '1h': hourMs,
  '2h': 2 * hourMs,
  '4h': 4 * hourMs,
  '6h': 6 * hourMs,
  '8h': 8 * hourMs,
  '12h': 12 * hourMs,
  '1d': dayMs,
  '3d': 3 * dayMs,
  '1w': 7 * dayMs,
  '1M': 30 * dayMs,
};

/** A book update with the id of the update it follows. */
export interface DepthDiff {
  /** Last update id of the state it applies to: `pu` on USD-M, whose ids have holes; `U` − 1 on spot. */
  readonly previous: number;
  readonly last: number;
  readonly connection: string;
  readonly event: ParsedEvent<'book'>;
}

/**
 * Change of the book, a window of 100 ms:
 * {"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"]],"a":[]}
 * USD-M adds "T" and "pu".
 */
export function toDepthDiff(data: JsonObject, record: RawRecord, venue: BinanceVenue): DepthDiff {
  const symbol = toText(data.s, 's');
  const first = toId(data.U, 'U');
  const last = toId(data.u, 'u');
  if (first > last) throw malformed('U', 'at most u', data.U);
  const timeUs = toTimeUs(data.E, 'E');
  return {
    previous: data.pu === undefined ? first - 1 : toId(data.pu, 'pu'),
    last,
    connection: record.connectionId,
    event: {
      kind: 'book',
      eventId: `${venue}:book:${symbol}:${last}`,
      source: record.source,
      venue,
      symbol,
      eventTime: timeUs,
      eventTimeSource: 'venue',
      receivedTime: record.receivedTime,
      origin: record.origin,
      type: 'delta',
      bids: toLevels(data.b, 'b'),
      asks: toLevels(data.a, 'a'),
      firstSequence: first,
      lastSequence: last,
      checksum: null,
      depth: null,
    },
  };
}

/**
 * Body of GET /api/v3/depth, which names no symbol: {"lastUpdateId":50093239218,"bids":[["61837.63000000","3.78826000"]],"asks":[…]}
 * USD-M adds "E" and "T".
 */
export function toSnapshot(
  data: JsonObject,
  symbol: string,
  record: RawRecord,
  venue: BinanceVenue,
): ParsedEvent<'book'> & { readonly lastSequence: number } {
  const last = toId(data.lastUpdateId, 'lastUpdateId');
  const timeUs = data.E === undefined ? null : toTimeUs(data.E, 'E');
  return {
    kind: 'book',
    eventId: `${venue}:snapshot:${symbol}:${last}`,
    source: record.source,
    venue,
    symbol,
    eventTime: timeUs ?? record.receivedTime,
    eventTimeSource: timeUs === null ? 'received' : 'venue',
    receivedTime: record.receivedTime,
    origin: record.origin,
    type: 'snapshot',
    bids: toLevels(data.bids, 'bids'),
    asks: toLevels(data.asks, 'asks'),
    firstSequence: null,
    lastSequence: last,
    checksum: null,
    depth: null,
  };
}

function toLevels(value: unknown, field: string): Level[] {
  const rows = toArray(value, field);
  const levels: Level[] = new Array(rows.length);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (!Array.isArray(row) || row.length < 2) throw malformed(field, 'a list of [price, size]', row);
    levels[at] = { price: toNumber(row[0], field), size: toNumber(row[1], field) };
  }
  return levels;
}
