import { type CollectDeps, type ListingSeen, RetriableError } from '@alphapulse/core';
import { canonicalAsset } from '@alphapulse/market';
import { toNumber } from '../shared/numbers.ts';
import { parseJson } from '../shared/parse-json.ts';
import { isObject, type JsonObject, toArray, toObject } from '../shared/shapes.ts';
import { REST_BUCKET } from './backfill.ts';
import type { KrakenConfig } from './config.ts';
import { v2Symbol } from './symbols.ts';

/** Kraken's fees below every discount, for pairs that state none. @see https://www.kraken.com/features/fee-schedule */
const DEFAULT_TAKER_BPS = 40;
const DEFAULT_MAKER_BPS = 25;

/**
 * Lists all spot pairs by `GET /0/public/AssetPairs`; the answer goes to raw as `rest/AssetPairs`.
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs
 */
export async function discoverKraken(config: KrakenConfig, deps: CollectDeps): Promise<ListingSeen[]> {
  const url = `${config.restEndpoint}/0/public/AssetPairs`;
  const response = await deps.net.http({ url, bucket: REST_BUCKET }, deps.signal);
  deps.sink.message('rest/AssetPairs', 'rest/AssetPairs', response.origin, response.body, response.contentType);
  const answer = toObject(parseJson(response.body), 'answer');
  const errors = toArray(answer.error, 'error');
  if (errors.length > 0) {
    const limited = errors.some((error) => /rate limit|too many requests/i.test(String(error)));
    throw new RetriableError(
      limited ? 'venue_rate_limited' : 'venue_unavailable',
      `kraken: AssetPairs: ${String(errors[0])}`,
    );
  }
  return listingsOf(toObject(answer.result, 'result'), config.listV1Symbols);
}

/**
 * The listings of an AssetPairs result. A pair whose facts cannot be read is listed without them; pairs without a
 * `wsname` (dark pools) have no feed and are left out.
 */
export function listingsOf(pairs: JsonObject, v1Symbols: boolean): ListingSeen[] {
  return Object.values(pairs).flatMap((pair) => {
    if (!isObject(pair) || typeof pair.wsname !== 'string') return [];
    const [wireBase, wireQuote, more] = pair.wsname.split('/');
    if (!wireBase || !wireQuote || more !== undefined) return [];
    // The symbol is the feed's, the assets are ours: Kraken's LUNA is our LUNC.
    const facts = factsOf(pair, canonicalAsset('kraken', wireBase), canonicalAsset('kraken', wireQuote));
    const listing = { symbol: v2Symbol(pair.wsname), ...facts };
    return v1Symbols && pair.wsname !== listing.symbol ? [listing, { ...listing, symbol: pair.wsname }] : [listing];
  });
}

function factsOf(pair: JsonObject, base: string, quote: string): Omit<ListingSeen, 'symbol'> {
  const tickSize = optional(pair.tick_size) ?? powerOfTen(pair.pair_decimals);
  const lotSize = powerOfTen(pair.lot_decimals);
  const minNotional = optional(pair.costmin);
  return {
    venue: 'kraken',
    type: 'spot',
    base,
    quote,
    ...(typeof pair.base === 'string' && pair.base !== base ? { venueBase: pair.base } : {}),
    ...(typeof pair.quote === 'string' && pair.quote !== quote ? { venueQuote: pair.quote } : {}),
    ...(tickSize === undefined ? {} : { tickSize }),
    ...(lotSize === undefined ? {} : { lotSize }),
    ...(minNotional === undefined ? {} : { minNotional }),
    makerFeeBps: firstTierBps(pair.fees_maker) ?? DEFAULT_MAKER_BPS,
    takerFeeBps: firstTierBps(pair.fees) ?? DEFAULT_TAKER_BPS,
    status: statusOf(pair.status),
    provenance: 'kraken AssetPairs',
  };
}

/** Answers before 2022 state no status and list only what trades. */
function statusOf(status: unknown): ListingSeen['status'] {
  switch (status) {
    case undefined:
    case 'online':
    case 'limit_only':
    case 'reduce_only':
      return 'trading';
    case 'post_only':
    case 'cancel_only':
    case 'maintenance':
    case 'work_in_progress':
      return 'halted';
    case 'delisted':
      return 'delisted';
    default:
      return 'unknown';
  }
}

/** `[[0, 0.26], …]`: volume and fee in percent; the first tier is what everyone pays. */
function firstTierBps(tiers: unknown): number | undefined {
  const first: unknown = Array.isArray(tiers) ? tiers[0] : undefined;
  const percent: unknown = Array.isArray(first) ? first[1] : undefined;
  return typeof percent === 'number' && percent >= 0 && percent < 100 ? Math.round(percent * 10_000) / 100 : undefined;
}

function powerOfTen(decimals: unknown): number | undefined {
  return typeof decimals === 'number' && Number.isInteger(decimals) && decimals >= 0 && decimals <= 20
    ? Number(`1e-${decimals}`)
    : undefined;
}

function optional(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = toNumber(value, 'AssetPairs');
  return number > 0 ? number : undefined;
}
