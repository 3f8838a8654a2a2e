import type { ParserOutput, RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { toId } from '../shared/numbers.ts';
import { type JsonObject, toArray, toObject } from '../shared/shapes.ts';
import type { AnyTrade, Folding } from './folding.ts';
import { readTradeRow } from './parse-v1.ts';

/**
 * An HTTP answer: `{"error":[],"result":…}`. Only trades, fetched to close a gap, become events.
 * @throws RejectedRecordError
 */
export function parseRest(
  frame: JsonObject,
  record: RawRecord,
  output: ParserOutput<ParsedEvent>,
  folding: Folding,
): void {
  if (toArray(frame.error, 'error').length > 0) output.filtered('rest-error');
  else if (record.channel !== 'rest/Trades') output.filtered('rest-metadata');
  else folding.trades(record, output, readRestTrades(frame, record.key), true);
}

/**
 * Trades of `GET /0/public/Trades`; the result has them under the pair's REST name, so the record's key tells the
 * symbol. Captured 2025-11: `{"error":[],"result":{"XBTUSDT":[["105433.60000","0.00027625",1762795433.9717445,"b","l",
 * "",10218208]],"last":"1762820035982277754"}}`. Answers before 2021 have no trade id.
 * @see https://docs.kraken.com/api/docs/rest-api/get-recent-trades
 * @throws RejectedRecordError
 */
export function readRestTrades(frame: JsonObject, symbol: string): AnyTrade[] {
  const result = toObject(frame.result, 'result');
  const pair = Object.keys(result).find((key) => key !== 'last');
  if (pair === undefined) return [];
  return toArray(result[pair], 'trades').map((element) => {
    const row = toArray(element, 'trades[]');
    const trade = readTradeRow(row, symbol);
    return row[6] === undefined ? trade : { ...trade, tradeId: toId(row[6], 'trade_id') };
  });
}
