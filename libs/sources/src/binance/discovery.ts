import { type CollectDeps, type ListingSeen, RejectedRecordError } from '@alphapulse/core';
import { toNumber } from '../shared/numbers.ts';
import { parseJson } from '../shared/parse-json.ts';
import { isObject, type JsonObject, toArray, toObject, toText } from '../shared/shapes.ts';
import type { BinanceConfig } from './config.ts';
import { listingsRequest } from './rest.ts';
import { type BinanceVenue, venueOf } from './venue.ts';

/**
 * Fees of the lowest tier, which exchangeInfo does not tell, in basis points.
 * Spot: https://www.binance.com/en/fee/trading, USD-M: https://www.binance.com/en/fee/futureFee
 */
const fees: Readonly<Record<BinanceVenue, { maker: number; taker: number; url: string }>> = {
  binance: { maker: 10, taker: 10, url: 'https://www.binance.com/en/fee/trading' },
  'binance-us': { maker: 10, taker: 10, url: 'https://www.binance.us/fees' },
  'binance-usdm': { maker: 2, taker: 5, url: 'https://www.binance.com/en/fee/futureFee' },
};

const statuses: Readonly<Record<string, ListingSeen['status']>> = {
  TRADING: 'trading',
  PRE_TRADING: 'halted',
  POST_TRADING: 'halted',
  END_OF_DAY: 'halted',
  HALT: 'halted',
  AUCTION_MATCH: 'halted',
  // Spot symbols stay listed as BREAK when they are paused and after they have been taken off.
  BREAK: 'halted',
  PENDING_TRADING: 'halted',
  PRE_SETTLE: 'halted',
  SETTLING: 'delisted',
  PRE_DELIVERING: 'halted',
  DELIVERING: 'delisted',
  DELIVERED: 'delisted',
  CLOSE: 'delisted',
};

/** Reads all listings once; the answer goes to raw under the key `exchangeInfo`. */
export async function discoverBinance(config: BinanceConfig, deps: CollectDeps): Promise<ListingSeen[]> {
  const response = await deps.net.http(listingsRequest(config), deps.signal);
  deps.sink.message('exchangeInfo', 'rest/exchangeInfo', response.origin, response.body, response.contentType);
  const venue = config.market === 'usdm' ? 'binance-usdm' : venueOf(config.restEndpoint);
  const { listings, rejected } = readListings(response.body, venue);
  if (rejected.length > 0) {
    deps.log.warn({ source: 'binance', rejected: rejected.slice(0, 10), count: rejected.length }, 'listings left out');
  }
  return listings;
}

/**
 * Listings of an exchangeInfo body. One that does not have the documented shape is left out and named in `rejected`.
 * https://developers.binance.com/docs/binance-spot-api-docs/rest-api/general-endpoints#exchange-information
 * @throws RejectedRecordError when the body as a whole is none.
 */
export function readListings(body: Buffer, venue: BinanceVenue): { listings: ListingSeen[]; rejected: string[] } {
  const listings: ListingSeen[] = [];
  const rejected: string[] = [];
  for (const entry of toArray(toObject(parseJson(body), 'body').symbols, 'symbols')) {
    try {
      const listing = readListing(toObject(entry, 'symbol'), venue);
      if (listing) listings.push(listing);
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      const symbol = isObject(entry) ? String(entry.symbol).slice(0, 40) : '?';
      rejected.push(`${symbol}: ${error.message}`);
    }
  }
  return { listings, rejected };
}

function readListing(entry: JsonObject, venue: BinanceVenue): ListingSeen | undefined {
  const type = venue === 'binance-usdm' ? contractType(entry.contractType) : 'spot';
  if (type === undefined) return undefined;
  const filters = new Map<unknown, JsonObject>();
  for (const filter of toArray(entry.filters ?? [], 'filters')) {
    if (isObject(filter)) filters.set(filter.filterType, filter);
  }
  const notional = filters.get('NOTIONAL') ?? filters.get('MIN_NOTIONAL');
  const tickSize = positive(filters.get('PRICE_FILTER')?.tickSize, 'tickSize');
  const lotSize = positive(filters.get('LOT_SIZE')?.stepSize, 'stepSize');
  // USD-M calls it `notional`.
  const minNotional = positive(notional?.minNotional ?? notional?.notional, 'minNotional');
  const status = toText(entry.status ?? entry.contractStatus, 'status');
  const fee = fees[venue];
  return {
    venue,
    symbol: toText(entry.symbol, 'symbol'),
    type,
    base: toText(entry.baseAsset, 'baseAsset'),
    quote: toText(entry.quoteAsset, 'quoteAsset'),
    ...(type === 'spot' ? {} : { settle: toText(entry.marginAsset, 'marginAsset') }),
    ...(tickSize === undefined ? {} : { tickSize }),
    ...(lotSize === undefined ? {} : { lotSize }),
    ...(minNotional === undefined ? {} : { minNotional }),
    makerFeeBps: fee.maker,
    takerFeeBps: fee.taker,
    status: Object.hasOwn(statuses, status) ? (statuses[status] ?? 'unknown') : 'unknown',
    provenance: `${venue} exchangeInfo, fees ${fee.url}`,
  };
}

/** Contracts announced but not yet dated have no type; they are no listing yet. */
function contractType(value: unknown): 'perpetual' | 'future' | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.endsWith('PERPETUAL') ? 'perpetual' : 'future';
}

/** Zero means that the venue sets no such limit. */
function positive(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  const number = toNumber(value, field);
  return number > 0 ? number : undefined;
}
