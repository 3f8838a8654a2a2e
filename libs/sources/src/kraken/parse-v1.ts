import type { ParserOutput, RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { malformed, toId, toNumber } from '../shared/numbers.ts';
import { type JsonObject, toArray, toObject, toText } from '../shared/shapes.ts';
import { type WireLevel, wireLevel } from './book.ts';
import type { AnyTrade, BarMessage, Folding, QuoteMessage } from './folding.ts';
import { type BookMessage, boundedLevels, toChecksum, toSide } from './messages.ts';
import { secondsToTimeUs } from './seconds.ts';

/**
 * A data frame of the WebSocket v1 feed: `[channelID, …data, "channel-parameter", "XBT/USD"]`.
 * Symbols stay as the wire writes them (`XBT/USD`): they are listed under that name too.
 * @see https://docs.kraken.com/api/docs/websocket-v1/book
 * @throws RejectedRecordError
 */
export function parseV1(
  frame: readonly unknown[],
  record: RawRecord,
  output: ParserOutput<ParsedEvent>,
  folding: Folding,
): void {
  const symbol = toText(frame[frame.length - 1], 'pair');
  const [channel, parameter] = toText(frame[frame.length - 2], 'channelName').split('-');
  const data = frame.slice(1, -2);
  switch (channel) {
    case 'trade':
      folding.trades(record, output, readTrades(data, symbol), false);
      break;
    case 'ticker':
      folding.quotes(record, output, [readTicker(data, symbol)]);
      break;
    case 'spread':
      folding.quotes(record, output, [readSpread(data, symbol)]);
      break;
    case 'book':
      folding.books(record, output, [readBook(data, symbol, toParameter(parameter))]);
      break;
    case 'ohlc':
      folding.bars(record, output, [readBar(data, symbol, toParameter(parameter))]);
      break;
    default:
      output.filtered('unknown-channel');
  }
}

/** `{"event":"heartbeat"}`, `systemStatus`, `subscriptionStatus`, `pong`, `error`: none of them yields an event. */
export function parseV1Event(frame: JsonObject, output: ParserOutput<ParsedEvent>): void {
  switch (toText(frame.event, 'event')) {
    case 'heartbeat':
      output.filtered('heartbeat');
      break;
    case 'systemStatus':
      output.filtered('status');
      break;
    case 'subscriptionStatus':
      output.filtered(frame.status === 'error' ? 'request-refused' : 'acknowledgement');
      break;
    case 'pong':
      output.filtered('pong');
      break;
    default:
      output.filtered('unknown-channel');
  }
}

/** Trades `[[price, volume, time, side, orderType, misc]]`, without ids. Captured 2021-04-17. */
function readTrades(data: readonly unknown[], symbol: string): AnyTrade[] {
  return toArray(data[0], 'trades').map((element) => readTradeRow(toArray(element, 'trades[]'), symbol));
}

/** One trade row, as v1 frames and REST have it. */
export function readTradeRow(row: readonly unknown[], symbol: string): AnyTrade {
  const [price, size, time, side] = row;
  const trade = {
    side: toSide(side),
    price: toNumber(price, 'price'),
    size: toNumber(size, 'volume'),
    timeUs: secondsToTimeUs(time),
  };
  return { symbol, tradeId: null, content: `${trade.timeUs}:${price}:${size}:${side}`, ...trade };
}

/**
 * Ticker `{"a":[price,wholeLotVolume,lotVolume],"b":[…],…}`, without a time. Captured 2021-04-17:
 * `[1668,{"a":["13.253900",35,"35.72892241"],"b":["13.232900",185,"185.18432037"],…},"ticker","WAVES/EUR"]`
 */
function readTicker(data: readonly unknown[], symbol: string): QuoteMessage {
  const ticker = toObject(data[0], 'ticker');
  const ask = toArray(ticker.a, 'a');
  const bid = toArray(ticker.b, 'b');
  return {
    symbol,
    bidPrice: toNumber(bid[0], 'b[0]'),
    bidSize: toNumber(bid[2], 'b[2]'),
    askPrice: toNumber(ask[0], 'a[0]'),
    askSize: toNumber(ask[2], 'a[2]'),
    timeUs: null,
  };
}

/** Spread `[bid, ask, time, bidVolume, askVolume]`: best prices on each change of them. */
function readSpread(data: readonly unknown[], symbol: string): QuoteMessage {
  const [bid, ask, time, bidSize, askSize] = toArray(data[0], 'spread');
  return {
    symbol,
    bidPrice: toNumber(bid, 'bid'),
    bidSize: toNumber(bidSize, 'bidVolume'),
    askPrice: toNumber(ask, 'ask'),
    askSize: toNumber(askSize, 'askVolume'),
    timeUs: secondsToTimeUs(time),
  };
}

/**
 * Book: a snapshot `{"as":[…],"bs":[…]}`, or updates `{"a":[…],"c":"…"}`, `{"b":[…],"c":"…"}` or both one after the
 * other, with the checksum in the last. A level is `[price, volume, time]`, with `"r"` behind it when it is sent again
 * because it has come into the depth. Captured 2021-04-17:
 * `[1920,{"a":[["0.042990","364630.28272081","1618678145.920470"]]},{"b":[["0.042990","0.00000000",
 * "1618678145.920708"]],"c":"4105471083"},"book-1000","SC/EUR"]`
 */
function readBook(data: readonly unknown[], symbol: string, depth: number): BookMessage {
  const bids: WireLevel[] = [];
  const asks: WireLevel[] = [];
  let timeUs: number | null = null;
  let checksum: number | null = null;
  let snapshot = false;
  for (const element of data) {
    const part = toObject(element, 'book');
    if (part.as !== undefined || part.bs !== undefined) snapshot = true;
    for (const [field, side] of [
      ['as', asks],
      ['a', asks],
      ['bs', bids],
      ['b', bids],
    ] as const) {
      if (part[field] === undefined) continue;
      const levels = boundedLevels(part[field], field, readLevel);
      for (const level of levels) side.push(level);
      timeUs = newestTimeUs(part[field] as readonly (readonly unknown[])[], timeUs);
    }
    if (part.c !== undefined) checksum = toChecksum(part.c);
  }
  if (!snapshot && bids.length + asks.length === 0) throw malformed('book', 'levels', data[0]);
  return { symbol, snapshot, bids, asks, checksum, timeUs, depth };
}

function readLevel(element: unknown): WireLevel {
  const level = toArray(element, 'level');
  return wireLevel(level[0], level[1]);
}

function newestTimeUs(levels: readonly (readonly unknown[])[], than: number | null): number | null {
  let newest = than;
  for (const level of levels) {
    const timeUs = secondsToTimeUs(level[2]);
    if (newest === null || timeUs > newest) newest = timeUs;
  }
  return newest;
}

/** Bar `[time, endTime, open, high, low, close, vwap, volume, count]` of `ohlc-5`. */
function readBar(data: readonly unknown[], symbol: string, minutes: number): BarMessage {
  const [time, end, open, high, low, close, , volume, count] = toArray(data[0], 'ohlc');
  const intervalMs = minutes * 60_000;
  const endUs = secondsToTimeUs(end, 'etime');
  const timeUs = secondsToTimeUs(time);
  return {
    symbol,
    intervalMs,
    openTime: endUs - intervalMs * 1000,
    open: toNumber(open, 'open'),
    high: toNumber(high, 'high'),
    low: toNumber(low, 'low'),
    close: toNumber(close, 'close'),
    volume: toNumber(volume, 'volume'),
    trades: toId(Number(count), 'count'),
    closed: endUs <= timeUs,
    timeUs,
  };
}

/** Depth of a book or minutes of a bar, from the channel's name. */
function toParameter(text: string | undefined): number {
  const parameter = Number(text);
  if (!Number.isInteger(parameter) || parameter < 1 || parameter > 100_000)
    throw malformed('channelName', 'a name with its parameter, such as book-1000', text);
  return parameter;
}
