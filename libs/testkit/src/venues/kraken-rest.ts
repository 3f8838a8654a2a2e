import { krakenSymbol } from './kraken-text.ts';
import type { BookSide, MarketEvent, SimulatedPair, VenueHttpResponse, VenueMarket } from './protocol.ts';

type TradeEvent = Extract<MarketEvent, { kind: 'trade' }>;

/** REST and v1 write some assets otherwise. */
const ALT_CODES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };
/** The venue's first assets have four letters: X before crypto, Z before fiat. */
const LEGACY_CRYPTO = new Set(['XBT', 'XDG', 'ETH', 'ETC', 'LTC', 'MLN', 'REP', 'XLM', 'XMR', 'XRP', 'ZEC']);
const LEGACY_FIAT = new Set(['USD', 'EUR', 'GBP', 'JPY', 'CAD', 'AUD']);
const PAGE_TRADES = 1000;

const altCode = (code: string) => ALT_CODES[code] ?? code;

function assetCode(code: string): string {
  const alt = altCode(code);
  if (LEGACY_CRYPTO.has(alt)) return `X${alt}`;
  return LEGACY_FIAT.has(alt) ? `Z${alt}` : alt;
}

const altName = ({ base, quote }: SimulatedPair) => altCode(base) + altCode(quote);

/** Key of a pair in results: `XXBTZUSD` where both assets are of the first ones, else the altname. */
function pairKey(pair: SimulatedPair): string {
  const base = assetCode(pair.base);
  const quote = assetCode(pair.quote);
  const legacy = base !== altCode(pair.base) && quote !== altCode(pair.quote);
  return legacy ? base + quote : altName(pair);
}

/**
 * The public REST calls, always with status 200 and an array of errors.
 * @see https://docs.kraken.com/api/docs/category/rest-api/market-data
 */
export function krakenRest(
  path: string,
  query: URLSearchParams,
  market: VenueMarket,
  nowUs: number,
): VenueHttpResponse {
  switch (path) {
    case '/0/public/Time': {
      const unixtime = Math.floor(nowUs / 1_000_000);
      return result({ unixtime, rfc1123: new Date(unixtime * 1000).toUTCString() });
    }
    case '/0/public/AssetPairs': {
      const pairs = query.has('pair') ? findPairs(market, query.get('pair') ?? '') : market.pairs;
      return pairs ? result(Object.fromEntries(pairs.map((pair) => [pairKey(pair), assetPair(pair)]))) : unknownPair();
    }
    case '/0/public/Depth': {
      const pair = findPairs(market, query.get('pair') ?? '')?.[0];
      const count = Number(query.get('count') ?? 100);
      if (!pair) return unknownPair();
      if (!Number.isInteger(count) || count < 1 || count > 500) return failure('EGeneral:Invalid arguments');
      const { bids, asks } = market.book(pair, count);
      const second = Math.floor(nowUs / 1_000_000);
      return result({
        [pairKey(pair)]: { asks: depthSide(asks, pair, second), bids: depthSide(bids, pair, second) },
      });
    }
    case '/0/public/Trades':
      return trades(query, market);
    default:
      return failure('EGeneral:Unknown method');
  }
}

function trades(query: URLSearchParams, market: VenueMarket): VenueHttpResponse {
  const pair = findPairs(market, query.get('pair') ?? '')?.[0];
  if (!pair) return unknownPair();
  const since = query.get('since');
  const count = Number(query.get('count') ?? PAGE_TRADES);
  if ((since !== null && !/^\d{1,20}$/.test(since)) || !Number.isInteger(count) || count < 1 || count > PAGE_TRADES)
    return failure('EGeneral:Invalid arguments');
  const all = market.trades(pair, 0, Number.MAX_SAFE_INTEGER);
  const sinceUs = since === null ? null : sinceMicros(since);
  const page = sinceUs === null ? all.slice(-count) : all.filter(({ timeUs }) => timeUs > sinceUs).slice(0, count);
  const last = page[page.length - 1];
  return result({
    [pairKey(pair)]: page.map((trade) => tradeRow(trade, pair)),
    last: last ? `${Math.floor(last.timeUs)}000` : (since ?? '0'),
  });
}

/** `since` counts seconds or nanoseconds, told apart by its length as the venue does. */
function sinceMicros(since: string): number {
  return since.length > 12 ? Number(since) / 1000 : Number(since) * 1_000_000;
}

function tradeRow(trade: TradeEvent, pair: SimulatedPair): unknown[] {
  return [
    // REST prints five decimals at least, whatever the pair's precision.
    trade.price.toFixed(Math.max(5, pair.pricePrecision)),
    trade.size.toFixed(8),
    trade.timeUs / 1_000_000,
    trade.side === 'buy' ? 'b' : 's',
    'm',
    '',
    trade.tradeId,
  ];
}

function depthSide(side: BookSide, pair: SimulatedPair, second: number): unknown[] {
  return side.map(([price, size]) => [price.toFixed(Math.max(5, pair.pricePrecision)), size.toFixed(3), second]);
}

function assetPair(pair: SimulatedPair): object {
  const { base, quote, pricePrecision, sizePrecision } = pair;
  return {
    altname: altName(pair),
    wsname: `${altCode(base)}/${altCode(quote)}`,
    aclass_base: 'currency',
    base: assetCode(base),
    aclass_quote: 'currency',
    quote: assetCode(quote),
    lot: 'unit',
    cost_decimals: 5,
    pair_decimals: pricePrecision,
    lot_decimals: sizePrecision,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [
      [0, 0.4],
      [10_000, 0.35],
      [50_000, 0.24],
    ],
    fees_maker: [
      [0, 0.25],
      [10_000, 0.2],
      [50_000, 0.14],
    ],
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: '0.0001',
    costmin: '0.5',
    tick_size: (10 ** -pricePrecision).toFixed(pricePrecision),
    status: 'online',
  };
}

/** Pairs by any of their names, separated by commas; undefined when one is unknown. */
function findPairs(market: VenueMarket, names: string): SimulatedPair[] | undefined {
  const found = names
    .split(',')
    .map((name) =>
      market.pairs.find((pair) =>
        [altName(pair), pairKey(pair), krakenSymbol(pair), `${pair.base}${pair.quote}`].includes(name),
      ),
    );
  return found.every((pair) => pair !== undefined) ? found : undefined;
}

function result(value: object): VenueHttpResponse {
  return { status: 200, body: JSON.stringify({ error: [], result: value }) };
}

function failure(error: string): VenueHttpResponse {
  return { status: 200, body: JSON.stringify({ error: [error] }) };
}

function unknownPair(): VenueHttpResponse {
  return failure('EQuery:Unknown asset pair');
}
