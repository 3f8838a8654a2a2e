import { KrakenBookFeed } from './kraken-book-feed.ts';
import { krakenRest } from './kraken-rest.ts';
import { krakenSymbol, rfc3339 } from './kraken-text.ts';
import { KrakenTicker } from './kraken-ticker.ts';
import type { MarketEvent, SimulatedPair, VenueMarket, VenueProtocol, VenueSession } from './protocol.ts';

type TradeEvent = Extract<MarketEvent, { kind: 'trade' }>;

const BOOK_DEPTHS = [10, 25, 100, 500, 1000];
const SNAPSHOT_TRADES = 50;

/**
 * Kraken spot as a client sees it: WebSocket v2 (channels trade, ticker, book, instrument) and the public REST calls.
 * @see https://docs.kraken.com/api/docs/category/websocket-api-v2/market-data
 */
export const krakenProtocol: VenueProtocol = {
  venue: 'kraken',
  http: ({ method, path, query }, market, nowUs) =>
    method === 'GET' || method === 'POST'
      ? krakenRest(path, query, market, nowUs)
      : { status: 405, body: '{"error":["EGeneral:Unknown method"]}' },
  connect: (_path, _query, market, send, nowUs) => new KrakenSession(market, send, nowUs),
};

type PairChannel = 'trade' | 'ticker' | 'book';

let connections = 0;

interface Params {
  readonly channel?: unknown;
  readonly symbol?: unknown;
  readonly depth?: unknown;
  readonly snapshot?: unknown;
  readonly event_trigger?: unknown;
}

/** What differs from one subscribed pair to the next. */
interface PairSubscriptions {
  trade: boolean;
  ticker: KrakenTicker | null;
  book: KrakenBookFeed | null;
}

class KrakenSession implements VenueSession {
  readonly #market: VenueMarket;
  readonly #sendText: (text: string) => void;
  readonly #nowUs: () => number;
  readonly #pairs = new Map<string, SimulatedPair>();
  readonly #subscriptions = new Map<SimulatedPair, PairSubscriptions>();
  #instruments = false;
  /** Heartbeats begin with the first subscription. */
  #subscribed = false;
  #quiet = true;

  constructor(market: VenueMarket, send: (text: string) => void, nowUs: () => number) {
    this.#market = market;
    this.#sendText = send;
    this.#nowUs = nowUs;
    for (const pair of market.pairs) this.#pairs.set(krakenSymbol(pair), pair);
    connections++;
    this.#send(
      `{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2","connection_id":${7_204_881_492_680_000 + connections}}]}`,
    );
  }

  message(text: string): void {
    const timeIn = rfc3339(this.#nowUs());
    const request = parsed(text);
    const { method, params, req_id: requestId } = request ?? {};
    const idText = Number.isSafeInteger(requestId) ? `"req_id":${String(requestId)},` : '';
    const times = () => `"time_in":"${timeIn}","time_out":"${rfc3339(this.#nowUs())}"`;
    const answer = (fields: string) => this.#send(`{${fields},${times()}}`);
    if (method === 'ping') {
      answer(`"method":"pong",${idText}"success":true`);
    } else if ((method === 'subscribe' || method === 'unsubscribe') && typeof params === 'object' && params !== null) {
      this.#request(method, params, idText, answer);
    } else {
      const error = request === null || method === undefined ? 'Malformed request' : 'Unsupported method';
      answer(`"error":"${error}",${methodText(method)}${idText}"success":false`);
    }
  }

  event(event: MarketEvent): void {
    const subscriptions = this.#subscriptions.get(event.pair);
    if (!subscriptions) return;
    const { ticker } = subscriptions;
    if (event.kind === 'trade') {
      ticker?.trade(event);
      if (subscriptions.trade) this.#send(tradesFrame('update', event.pair, [event]));
      if (ticker?.trigger === 'trades') this.#send(ticker.frame('update', event.timeUs));
      return;
    }
    const update = subscriptions.book?.update(event);
    if (update) this.#send(update);
    if (!ticker || !event.top.changed) return;
    ticker.top(event.top.bid, event.top.ask);
    if (ticker.trigger === 'bbo') this.#send(ticker.frame('update', event.timeUs));
  }

  /** A heartbeat where the last second brought nothing. */
  tick(): void {
    if (this.#quiet && this.#subscribed) this.#sendText('{"channel":"heartbeat"}');
    this.#quiet = true;
  }

  #send(text: string): void {
    this.#quiet = false;
    this.#sendText(text);
  }

  #request(
    method: 'subscribe' | 'unsubscribe',
    params: Params,
    idText: string,
    answer: (fields: string) => void,
  ): void {
    const { channel } = params;
    const fail = (error: string, symbol?: string) =>
      answer(
        `"error":${JSON.stringify(error)},"method":"${method}",${idText}"success":false${symbol === undefined ? '' : `,"symbol":${JSON.stringify(symbol)}`}`,
      );
    if (channel === 'instrument') {
      answer(
        `"method":"${method}",${idText}"result":{"channel":"instrument"${method === 'subscribe' ? ',"snapshot":true' : ''}},"success":true`,
      );
      this.#instruments = method === 'subscribe';
      this.#subscribed ||= this.#instruments;
      if (this.#instruments && params.snapshot !== false) this.#send(instrumentFrame(this.#market.pairs));
      return;
    }
    const error = refusal(params);
    if (error !== null) {
      fail(error);
      return;
    }
    // Kraken answers each symbol on its own, so that a wrong one does not spoil the others.
    for (const symbol of (params.symbol as unknown[]).map(String)) {
      const pair = this.#pairs.get(symbol);
      if (!pair) fail(`Currency pair not supported ${symbol}`, symbol);
      else if (method === 'unsubscribe') this.#unsubscribe(channel as PairChannel, pair, idText, answer, fail);
      else this.#subscribe(channel as PairChannel, pair, params, idText, answer, fail);
    }
  }

  #subscribe(
    channel: PairChannel,
    pair: SimulatedPair,
    params: Params,
    idText: string,
    answer: (fields: string) => void,
    fail: (error: string, symbol: string) => void,
  ): void {
    const symbol = krakenSymbol(pair);
    const subscriptions = this.#subscriptions.get(pair) ?? { trade: false, ticker: null, book: null };
    if (subscriptions[channel]) {
      fail('Already subscribed', symbol);
      return;
    }
    this.#subscriptions.set(pair, subscriptions);
    this.#subscribed = true;
    // A trade subscription sends no snapshot unless asked; the others send one unless told not to.
    const snapshot = channel === 'trade' ? params.snapshot === true : params.snapshot !== false;
    const ack = (options: string) =>
      answer(
        `"method":"subscribe",${idText}"result":{"channel":"${channel}",${options}"snapshot":${snapshot},"symbol":"${symbol}"},"success":true`,
      );
    switch (channel) {
      case 'trade': {
        subscriptions.trade = true;
        ack('');
        const trades = this.#market.trades(pair, 0, Number.MAX_SAFE_INTEGER).slice(-SNAPSHOT_TRADES);
        if (snapshot) this.#send(tradesFrame('snapshot', pair, trades));
        break;
      }
      case 'ticker': {
        const trigger = params.event_trigger === 'bbo' ? 'bbo' : 'trades';
        subscriptions.ticker = new KrakenTicker(this.#market, pair, trigger);
        ack(`"event_trigger":"${trigger}",`);
        if (snapshot) this.#send(subscriptions.ticker.frame('snapshot', this.#nowUs()));
        break;
      }
      case 'book': {
        subscriptions.book = new KrakenBookFeed(this.#market, pair, Number(params.depth ?? 10));
        ack(`"depth":${subscriptions.book.depth},`);
        if (snapshot) this.#send(subscriptions.book.snapshot(this.#nowUs()));
      }
    }
  }

  #unsubscribe(
    channel: PairChannel,
    pair: SimulatedPair,
    idText: string,
    answer: (fields: string) => void,
    fail: (error: string, symbol: string) => void,
  ): void {
    const symbol = krakenSymbol(pair);
    const subscriptions = this.#subscriptions.get(pair);
    const depth = subscriptions?.book?.depth;
    if (!subscriptions?.[channel]) {
      fail('Subscription Not Found', symbol);
      return;
    }
    if (channel === 'trade') subscriptions.trade = false;
    else subscriptions[channel] = null;
    const options = channel === 'book' ? `"depth":${depth},` : '';
    answer(
      `"method":"unsubscribe",${idText}"result":{"channel":"${channel}",${options}"symbol":"${symbol}"},"success":true`,
    );
  }
}

/** What is wrong with a request, whatever the symbol; null when nothing is. */
function refusal({ channel, symbol, depth = 10, event_trigger: trigger = 'trades' }: Params): string | null {
  if (channel !== 'trade' && channel !== 'ticker' && channel !== 'book') return 'Channel not supported';
  if (channel === 'book' && !BOOK_DEPTHS.includes(depth as number)) return 'Subscription depth not supported';
  if (channel === 'ticker' && trigger !== 'bbo' && trigger !== 'trades') return 'Event trigger not supported';
  return Array.isArray(symbol) && symbol.length > 0 ? null : 'Symbol(s) not found';
}

function parsed(text: string): { method?: unknown; params?: Params; req_id?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function methodText(method: unknown): string {
  return typeof method === 'string' ? `"method":${JSON.stringify(method.slice(0, 40))},` : '';
}

function tradesFrame(type: 'snapshot' | 'update', pair: SimulatedPair, trades: readonly TradeEvent[]): string {
  const { pricePrecision, sizePrecision } = pair;
  const symbol = krakenSymbol(pair);
  let data = '';
  for (const { side, price, size, tradeId, timeUs } of trades) {
    if (data !== '') data += ',';
    data += `{"symbol":"${symbol}","side":"${side}","price":${price.toFixed(pricePrecision)},"qty":${size.toFixed(sizePrecision)},"ord_type":"market","trade_id":${tradeId},"timestamp":"${rfc3339(timeUs)}"}`;
  }
  return `{"channel":"trade","type":"${type}","data":[${data}]}`;
}

/** @see https://docs.kraken.com/api/docs/websocket-v2/instrument */
function instrumentFrame(pairs: readonly SimulatedPair[]): string {
  const assets = [...new Set(pairs.flatMap(({ base, quote }) => [base, quote]))];
  const assetTexts = assets.map(
    (id) =>
      `{"id":"${id}","status":"enabled","precision":10,"precision_display":5,"borrowable":false,"collateral_value":0.00}`,
  );
  const pairTexts = pairs.map((pair) => {
    const increment = (decimals: number) => (10 ** -decimals).toFixed(decimals);
    const priceIncrement = increment(pair.pricePrecision);
    return `{"symbol":"${krakenSymbol(pair)}","base":"${pair.base}","quote":"${pair.quote}","status":"online","qty_precision":${pair.sizePrecision},"qty_increment":${increment(pair.sizePrecision)},"price_precision":${pair.pricePrecision},"cost_precision":5,"marginable":false,"has_index":true,"cost_min":0.50,"tick_size":${priceIncrement},"price_increment":${priceIncrement},"qty_min":0.00010000}`;
  });
  return `{"channel":"instrument","type":"snapshot","data":{"assets":[${assetTexts.join(',')}],"pairs":[${pairTexts.join(',')}]}}`;
}
