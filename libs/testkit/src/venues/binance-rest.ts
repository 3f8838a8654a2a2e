import type { BookSide, SimulatedPair, VenueHttpResponse, VenueMarket } from './protocol.ts';

/** The venue's symbol of a pair. */
export function binanceSymbol(pair: SimulatedPair): string {
  return `${pair.base}${pair.quote}`;
}

/** Levels as the venue writes them: `[["61837.63000000","3.78826000"]]`. */
export function levelsText(levels: BookSide): string {
  let text = '[';
  for (let at = 0; at < levels.length; at++) {
    const [price, size] = levels[at] as readonly [number, number];
    text += `${at === 0 ? '' : ','}["${price.toFixed(8)}","${size.toFixed(8)}"]`;
  }
  return `${text}]`;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** An error as the venue answers it. https://developers.binance.com/docs/binance-spot-api-docs/errors */
class VenueError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Market data over REST. https://developers.binance.com/docs/binance-spot-api-docs/rest-api */
export function binanceHttp(request: Request, market: VenueMarket, nowUs: number): VenueHttpResponse {
  const answer = request.method === 'GET' ? answers[request.path] : undefined;
  if (answer === undefined || !Object.hasOwn(answers, request.path)) {
    return { status: 404, body: '<html><body>404 Not found</body></html>', headers: { 'content-type': 'text/html' } };
  }
  const headers = { 'content-type': 'application/json;charset=UTF-8' };
  try {
    return { status: 200, body: answer(request.query, market, nowUs), headers };
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    return { status: 400, body: JSON.stringify({ code: error.code, msg: error.message }), headers };
  }
}

type Answer = (query: URLSearchParams, market: VenueMarket, nowUs: number) => string;

const answers: Readonly<Record<string, Answer>> = {
  '/api/v3/ping': () => '{}',
  '/api/v3/time': (_query, _market, nowUs) => `{"serverTime":${Math.floor(nowUs / 1000)}}`,
  '/api/v3/exchangeInfo': exchangeInfo,
  '/api/v3/depth': depth,
  '/api/v3/historicalTrades': historicalTrades,
  '/api/v3/trades': (query, market) => historicalTrades(without(query, 'fromId'), market),
  '/api/v3/aggTrades': aggTrades,
};

function depth(query: URLSearchParams, market: VenueMarket): string {
  const pair = pairOf(query, market);
  const limit = wholeOf(query, 'limit') ?? 100;
  if (limit === 0)
    throw new VenueError(-1100, "Illegal characters found in parameter 'limit'; legal range is '^[0-9]{1,20}$'.");
  const book = market.book(pair, Math.min(limit, 5000));
  return `{"lastUpdateId":${book.lastUpdateId},"bids":${levelsText(book.bids)},"asks":${levelsText(book.asks)}}`;
}

function tradesOf(query: URLSearchParams, market: VenueMarket): ReturnType<VenueMarket['trades']> {
  const pair = pairOf(query, market);
  const limit = Math.min(wholeOf(query, 'limit') ?? 500, 1000);
  const fromId = wholeOf(query, 'fromId');
  if (fromId !== undefined) return market.trades(pair, fromId, limit);
  return market.trades(pair, 0, Number.MAX_SAFE_INTEGER).slice(-limit);
}

function historicalTrades(query: URLSearchParams, market: VenueMarket): string {
  const rows = tradesOf(query, market).map(({ tradeId, price, size, side, timeUs }) => {
    const amounts = `"price":"${price.toFixed(8)}","qty":"${size.toFixed(8)}","quoteQty":"${(price * size).toFixed(8)}"`;
    const rest = `"time":${Math.floor(timeUs / 1000)},"isBuyerMaker":${side === 'sell'},"isBestMatch":true`;
    return `{"id":${tradeId},${amounts},${rest}}`;
  });
  return `[${rows.join(',')}]`;
}

function aggTrades(query: URLSearchParams, market: VenueMarket): string {
  const rows = tradesOf(query, market).map(({ tradeId, price, size, side, timeUs }) => {
    const amounts = `"a":${tradeId},"p":"${price.toFixed(8)}","q":"${size.toFixed(8)}","f":${tradeId},"l":${tradeId}`;
    return `{${amounts},"T":${Math.floor(timeUs / 1000)},"m":${side === 'sell'},"M":true}`;
  });
  return `[${rows.join(',')}]`;
}

function exchangeInfo(query: URLSearchParams, market: VenueMarket, nowUs: number): string {
  let { pairs } = market;
  if (query.has('symbol')) pairs = [pairOf(query, market)];
  else if (query.has('symbols')) pairs = symbolsOf(query).map((symbol) => findPair(symbol, market));
  return JSON.stringify({
    timezone: 'UTC',
    serverTime: Math.floor(nowUs / 1000),
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 },
      { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 61000 },
    ],
    exchangeFilters: [],
    symbols: pairs.map(listing),
  });
}

function listing(pair: SimulatedPair): object {
  const tickSize = (10 ** -pair.pricePrecision).toFixed(8);
  const stepSize = (10 ** -pair.sizePrecision).toFixed(8);
  return {
    symbol: binanceSymbol(pair),
    status: 'TRADING',
    baseAsset: pair.base,
    baseAssetPrecision: 8,
    quoteAsset: pair.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT'],
    icebergAllowed: true,
    ocoAllowed: true,
    quoteOrderQtyMarketAllowed: true,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: tickSize, maxPrice: '1000000.00000000', tickSize },
      { filterType: 'LOT_SIZE', minQty: stepSize, maxQty: '9000000.00000000', stepSize },
      { filterType: 'NOTIONAL', minNotional: '5.00000000', applyMinToMarket: true, maxNotional: '9000000.00000000' },
    ],
    permissions: ['SPOT'],
  };
}

function pairOf(query: URLSearchParams, market: VenueMarket): SimulatedPair {
  const symbol = query.get('symbol');
  if (symbol === null || symbol === '') {
    throw new VenueError(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
  }
  return findPair(symbol, market);
}

function findPair(symbol: string, market: VenueMarket): SimulatedPair {
  if (!/^[A-Z0-9-_.]{1,20}$/.test(symbol)) {
    throw new VenueError(
      -1100,
      "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.",
    );
  }
  const pair = market.pairs.find((candidate) => binanceSymbol(candidate) === symbol);
  if (pair === undefined) throw new VenueError(-1121, 'Invalid symbol.');
  return pair;
}

function symbolsOf(query: URLSearchParams): string[] {
  const text = query.get('symbols') ?? '';
  if (!/^\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}")*\]$/.test(text)) {
    throw new VenueError(
      -1100,
      'Illegal characters found in parameter \'symbols\'; legal range is \'^\\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}){0,1}\\]$\'.',
    );
  }
  return JSON.parse(text) as string[];
}

function wholeOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[0-9]{1,20}$/.test(text)) {
    throw new VenueError(-1100, `Illegal characters found in parameter '${name}'; legal range is '^[0-9]{1,20}$'.`);
  }
  return Number(text);
}

function without(query: URLSearchParams, name: string): URLSearchParams {
  const rest = new URLSearchParams(query);
  rest.delete(name);
  return rest;
}
