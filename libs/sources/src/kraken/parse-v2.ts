import type { ParserOutput, RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { isoToTimeUs, malformed, toId, toNumber } from '../shared/numbers.ts';
import { type JsonObject, toArray, toObject, toText } from '../shared/shapes.ts';
import type { BarMessage, Folding, QuoteMessage } from './folding.ts';
import { readAcknowledgement, readBooks, readTrades } from './messages.ts';

/**
 * A frame of the WebSocket v2 feed (since 2023): `{"channel":…,"type":…,"data":[…]}`, or an answer to a request.
 * @see https://docs.kraken.com/api/docs/category/websocket-api-v2/market-data
 * @throws RejectedRecordError
 */
export function parseV2(
  frame: JsonObject,
  record: RawRecord,
  output: ParserOutput<ParsedEvent>,
  folding: Folding,
): void {
  if (frame.channel === undefined) parseAnswer(frame, record, output, folding);
  else parseData(frame, record, output, folding);
}

function parseData(frame: JsonObject, record: RawRecord, output: ParserOutput<ParsedEvent>, folding: Folding): void {
  switch (toText(frame.channel, 'channel')) {
    case 'trade': {
      // The trades before the subscription: other connections have brought them, or they were back-filled.
      if (frame.type === 'snapshot') output.filtered('trade-snapshot');
      else folding.trades(record, output, readTrades(frame), false);
      break;
    }
    case 'ticker':
      folding.quotes(record, output, readTickers(frame));
      break;
    case 'book':
      folding.books(record, output, readBooks(frame));
      break;
    case 'ohlc':
      folding.bars(record, output, readBars(frame));
      break;
    case 'heartbeat':
      output.filtered('heartbeat');
      break;
    case 'status':
      output.filtered('status');
      break;
    case 'instrument':
      output.filtered('instrument');
      break;
    default:
      output.filtered('unknown-channel');
  }
}

/** Symbols a v2 book frame names, however broken it is otherwise. */
export function symbolsOf(frame: JsonObject): string[] {
  const data = Array.isArray(frame.data) ? (frame.data as readonly unknown[]) : [];
  return data.flatMap((element) => {
    const symbol = typeof element === 'object' && element !== null ? (element as JsonObject).symbol : undefined;
    return typeof symbol === 'string' ? [symbol] : [];
  });
}

function parseAnswer(frame: JsonObject, record: RawRecord, output: ParserOutput<ParsedEvent>, folding: Folding): void {
  const answer = readAcknowledgement(frame);
  if (!answer) {
    if (frame.method !== 'pong') throw malformed('channel', 'there, or an answer to a request', frame.channel);
    output.filtered('pong');
    return;
  }
  if (answer.success && answer.method === 'subscribe' && answer.channel === 'book' && answer.symbol && answer.depth)
    folding.acknowledgeBook(answer.symbol, record.connectionId, answer.depth);
  output.filtered(answer.success ? 'acknowledgement' : 'request-refused');
}

/**
 * `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":99.9,"bid_qty":1.2,"ask":100.1,"ask_qty":2.3,
 * "last":…,"volume":…,"vwap":…,"low":…,"high":…,"change":…,"change_pct":…,"timestamp":"2026-07-10T00:00:02.123456Z"}]}`
 * The timestamp came in 2025.
 * @see https://docs.kraken.com/api/docs/websocket-v2/ticker
 */
function readTickers(frame: JsonObject): QuoteMessage[] {
  return toArray(frame.data, 'data').map((element) => {
    const ticker = toObject(element, 'data[]');
    return {
      symbol: toText(ticker.symbol, 'symbol'),
      bidPrice: toNumber(ticker.bid, 'bid'),
      bidSize: toNumber(ticker.bid_qty, 'bid_qty'),
      askPrice: toNumber(ticker.ask, 'ask'),
      askSize: toNumber(ticker.ask_qty, 'ask_qty'),
      timeUs: ticker.timestamp === undefined ? null : isoToTimeUs(ticker.timestamp, 'timestamp'),
    };
  });
}

/**
 * Captured 2026-08-12: `{"channel":"ohlc","type":"update","timestamp":"2026-08-12T19:28:44.084233010Z","data":[{"symbol":
 * "BTC/USD","open":63301.6,"high":63301.6,"low":63297.7,"close":63297.7,"trades":27,"volume":0.04121249,"vwap":63298.2,
 * "interval_begin":"2026-08-12T19:28:00.000000000Z","interval":1,"timestamp":"2026-08-12T19:29:00.000000Z"}]}`
 * The element's timestamp is the end of its interval. Kraken does not say whether a bar is final: it is once its
 * interval was over when the frame was sent.
 * @see https://docs.kraken.com/api/docs/websocket-v2/ohlc
 */
function readBars(frame: JsonObject): BarMessage[] {
  const sentUs = frame.timestamp === undefined ? null : isoToTimeUs(frame.timestamp, 'timestamp');
  return toArray(frame.data, 'data').map((element) => {
    const bar = toObject(element, 'data[]');
    const intervalMs = toId(bar.interval, 'interval') * 60_000;
    const openTime = isoToTimeUs(bar.interval_begin, 'interval_begin');
    const endUs = openTime + intervalMs * 1000;
    const closed = sentUs !== null && endUs <= sentUs;
    return {
      symbol: toText(bar.symbol, 'symbol'),
      intervalMs,
      openTime,
      open: toNumber(bar.open, 'open'),
      high: toNumber(bar.high, 'high'),
      low: toNumber(bar.low, 'low'),
      close: toNumber(bar.close, 'close'),
      volume: toNumber(bar.volume, 'volume'),
      trades: toId(bar.trades, 'trades'),
      closed,
      timeUs: closed ? endUs : sentUs,
    };
  });
}
