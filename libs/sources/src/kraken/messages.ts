import { RejectedRecordError } from '@alphapulse/core';
import { isoToTimeUs, malformed, toId, toNumber } from '../shared/numbers.ts';
import { type JsonObject, toArray, toObject, toText } from '../shared/shapes.ts';
import { type BookSides, type WireLevel, wireLevel } from './book.ts';

/** More levels a side in one message than any depth has; a hostile frame must not cost a long sort. */
const MAX_LEVELS = 4000;

/** One trade of a `trade` channel message. */
export interface TradeMessage {
  readonly symbol: string;
  /** Rises by one within the symbol. */
  readonly tradeId: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly size: number;
  readonly timeUs: number;
}

/** One symbol's part of a `book` channel message, of either version. */
export interface BookMessage extends BookSides {
  readonly symbol: string;
  readonly snapshot: boolean;
  /** CRC32 of the book after the message; v1 snapshots and frames before 2020 have none. */
  readonly checksum: number | null;
  /** Null for v2 snapshots before 2024, which carried no time. */
  readonly timeUs: number | null;
  /** Subscribed depth where the frame says it (v1 only). */
  readonly depth: number | null;
}

/**
 * Trades of a frame, captured 2025-07-23:
 * `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USDT","side":"buy","price":118832.9,"qty":0.00409283,
 * "ord_type":"market","trade_id":9622656,"timestamp":"2025-07-23T04:41:46.919844Z"}]}`
 * @see https://docs.kraken.com/api/docs/websocket-v2/trade
 * @throws RejectedRecordError
 */
export function readTrades(frame: JsonObject): TradeMessage[] {
  return toArray(frame.data, 'data').map((element) => {
    const trade = toObject(element, 'data[]');
    return {
      symbol: toText(trade.symbol, 'symbol'),
      tradeId: toId(trade.trade_id, 'trade_id'),
      side: toSide(trade.side),
      price: toNumber(trade.price, 'price'),
      size: toNumber(trade.qty, 'qty'),
      timeUs: isoToTimeUs(trade.timestamp, 'timestamp'),
    };
  });
}

/**
 * Book parts of a frame whose numbers were kept as text (`quoteNumbers`), captured 2026-08-01:
 * `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],"asks":[{"price":63005.0,
 * "qty":2.08665551}],"checksum":2532652056,"timestamp":"2026-08-01T02:53:53.646219Z"}]}`
 * @see https://docs.kraken.com/api/docs/websocket-v2/book
 * @throws RejectedRecordError
 */
export function readBooks(frame: JsonObject): BookMessage[] {
  const snapshot = frame.type === 'snapshot';
  if (!snapshot && frame.type !== 'update') throw malformed('type', 'snapshot or update', frame.type);
  return toArray(frame.data, 'data').map((element) => {
    const book = toObject(element, 'data[]');
    return {
      symbol: toText(book.symbol, 'symbol'),
      snapshot,
      bids: levels(book.bids, 'bids'),
      asks: levels(book.asks, 'asks'),
      checksum: toChecksum(book.checksum),
      timeUs: book.timestamp === undefined ? null : isoToTimeUs(book.timestamp, 'timestamp'),
      depth: null,
    };
  });
}

/** @throws RejectedRecordError unless it is an unsigned 32-bit number, as text. */
export function toChecksum(value: unknown): number {
  const checksum = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : -1;
  if (checksum < 0 || checksum > 0xffffffff) throw malformed('checksum', 'an unsigned 32-bit number', value);
  return checksum;
}

/** @throws RejectedRecordError */
export function toSide(side: unknown): 'buy' | 'sell' {
  if (side === 'buy' || side === 'b') return 'buy';
  if (side === 'sell' || side === 's') return 'sell';
  throw new RejectedRecordError('side_unknown', 'side must be buy or sell', { details: { field: 'side' } });
}

/** The array as levels, one `read` each. @throws RejectedRecordError when there are more than any depth has. */
export function boundedLevels(value: unknown, field: string, read: (level: unknown) => WireLevel): WireLevel[] {
  const array = toArray(value, field);
  if (array.length > MAX_LEVELS) throw malformed(field, `at most ${MAX_LEVELS} levels`, value);
  return array.map(read);
}

function levels(value: unknown, field: string): WireLevel[] {
  if (value === undefined) return [];
  return boundedLevels(value, field, (level) => {
    const { price, qty } = toObject(level, field);
    return wireLevel(price, qty);
  });
}

/** What the venue answers to a request. */
export interface Acknowledgement {
  /** Empty where the venue does not say which request it refuses. */
  readonly method: string;
  readonly success: boolean;
  readonly requestId: number | null;
  readonly channel: string | null;
  readonly symbol: string | null;
  /** Depth of a book subscription. */
  readonly depth: number | null;
  readonly error: string | null;
}

/**
 * An answer to `subscribe` or `unsubscribe`, one for each symbol, captured 2026-08-01:
 * `{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,
 * "time_in":"2026-08-01T02:53:53.184174Z","time_out":"2026-08-01T02:53:53.184216Z"}`, or refused (as reported 2026-01):
 * `{"error":"Currency pair not supported XBT/EUR","method":"subscribe","success":false,"symbol":"XBT/EUR"}`.
 * A connection that asks too often gets `{"Error":"Exceeded msg rate"}`. Null when it is none of these.
 */
export function readAcknowledgement(frame: JsonObject): Acknowledgement | null {
  const { method, success, req_id: requestId } = frame;
  const error = textOrNull(frame.error) ?? textOrNull(frame.Error);
  if (method === 'pong' || (typeof success !== 'boolean' && error === null)) return null;
  const result = typeof frame.result === 'object' && frame.result !== null ? (frame.result as JsonObject) : {};
  const depth = Number(result.depth);
  return {
    method: textOrNull(method) ?? '',
    success: success === true,
    requestId: Number.isSafeInteger(requestId) ? Number(requestId) : null,
    channel: textOrNull(result.channel),
    symbol: textOrNull(result.symbol) ?? textOrNull(frame.symbol),
    depth: Number.isInteger(depth) && depth > 0 && depth <= MAX_LEVELS ? depth : null,
    error,
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= 256 ? value : null;
}
