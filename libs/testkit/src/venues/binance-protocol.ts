import { type DepthWindow, sharedDepthWindow } from './binance-depth-window.ts';
import { binanceHttp, binanceSymbol } from './binance-rest.ts';
import type { MarketEvent, SimulatedPair, VenueMarket, VenueProtocol, VenueSession } from './protocol.ts';

type Trade = Extract<MarketEvent, { kind: 'trade' }>;
type BookChange = Extract<MarketEvent, { kind: 'book' }>;

/** https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams */
const MAX_STREAMS = 1024;
const MAX_MESSAGES_PER_SECOND = 5;
const streamPattern = /^(?:[a-z0-9]{1,20}@|!)[A-Za-z0-9_@:+]{1,30}$/;

/** Binance spot market data as documented: WebSocket streams, raw and combined, and the REST API beside them. */
export const binanceProtocol: VenueProtocol = {
  venue: 'binance',
  pingMs: 20_000,
  http: binanceHttp,
  connect(path, query, market, send, nowUs, close = () => undefined) {
    const combined = path === '/stream' || path.startsWith('/stream/');
    const session = new BinanceSession(combined, market, send, nowUs, close);
    const named = combined ? query.get('streams') : path.startsWith('/ws/') ? path.slice('/ws/'.length) : null;
    session.subscribe((named ?? '').split('/').filter(isStream));
    return session;
  },
};

class BinanceSession implements VenueSession {
  #combined: boolean;
  readonly #market: VenueMarket;
  readonly #symbols: ReadonlySet<string>;
  readonly #send: (text: string) => void;
  readonly #nowUs: () => number;
  readonly #close: (code: number, reason: string) => void;
  readonly #streams = new Set<string>();
  #bySymbol = new Map<string, SymbolStreams>();
  /** The same by pair object, so that an event costs one lookup. */
  #byPair = new Map<SimulatedPair, SymbolStreams | undefined>();
  #second = 0;
  #messages = 0;

  constructor(
    combined: boolean,
    market: VenueMarket,
    send: (text: string) => void,
    nowUs: () => number,
    close: (code: number, reason: string) => void,
  ) {
    this.#combined = combined;
    this.#market = market;
    this.#symbols = new Set(market.pairs.map(binanceSymbol));
    this.#send = send;
    this.#nowUs = nowUs;
    this.#close = close;
  }

  message(text: string): void {
    const second = Math.floor(this.#nowUs() / 1_000_000);
    this.#messages = second === this.#second ? this.#messages + 1 : 1;
    this.#second = second;
    if (this.#messages > MAX_MESSAGES_PER_SECOND) this.#close(1008, 'Too many requests');
    else this.#send(this.#answer(text));
  }

  #answer(text: string): string {
    let request: unknown;
    try {
      request = JSON.parse(text);
    } catch {
      return '{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}';
    }
    if (typeof request !== 'object' || request === null) return refusal('missing field `method` at line 1 column 2');
    const { method, params, id } = request as { method?: unknown; params?: unknown; id?: unknown };
    if (method === undefined) return refusal(`missing field \`method\` at line 1 column ${text.length}`);
    if (!isRequestId(id)) return refusal('request ID must be an unsigned integer');
    const shownId = JSON.stringify(id);
    switch (method) {
      case 'SUBSCRIBE':
      case 'UNSUBSCRIBE': {
        if (!isStreamList(params)) return refusal('invalid stream');
        if (method === 'SUBSCRIBE') this.subscribe(params);
        else this.#unsubscribe(params);
        return `{"result":null,"id":${shownId}}`;
      }
      case 'LIST_SUBSCRIPTIONS':
        return `{"result":${JSON.stringify([...this.#streams])},"id":${shownId}}`;
      case 'SET_PROPERTY':
      case 'GET_PROPERTY':
        return this.#property(String(method), params, shownId);
      default:
        return refusal(
          `unknown variant \`${String(method).slice(0, 40)}\`, expected one of \`SUBSCRIBE\`, \`UNSUBSCRIBE\`, \`LIST_SUBSCRIPTIONS\`, \`SET_PROPERTY\`, \`GET_PROPERTY\` at line 1 column 28`,
        );
    }
  }

  #property(method: string, params: unknown, shownId: string): string {
    if (!Array.isArray(params) || typeof params[0] !== 'string') return refusal('property name must be a string');
    if (params[0] !== 'combined') return `{"code":0,"msg":"Unknown property","id":${shownId}}`;
    if (method === 'GET_PROPERTY') return `{"result":${this.#combined},"id":${shownId}}`;
    if (typeof params[1] !== 'boolean') return '{"code":1,"msg":"Invalid value type: expected Boolean"}';
    this.#combined = params[1];
    this.#index();
    return `{"result":null,"id":${shownId}}`;
  }

  subscribe(streams: readonly string[]): void {
    for (const stream of streams) this.#streams.add(stream);
    if (this.#streams.size > MAX_STREAMS) this.#close(1008, 'Too many streams');
    this.#index();
  }

  #unsubscribe(streams: readonly string[]): void {
    for (const stream of streams) this.#streams.delete(stream);
    this.#index();
  }

  /** Streams of symbols the venue does not have are accepted and stay silent, as on the venue. */
  #index(): void {
    const before = this.#bySymbol;
    this.#bySymbol = new Map();
    this.#byPair = new Map();
    for (const stream of this.#streams) {
      const at = stream.indexOf('@');
      const symbol = stream.slice(0, at).toUpperCase();
      if (!this.#symbols.has(symbol)) continue;
      const streams = this.#bySymbol.get(symbol) ?? new SymbolStreams(symbol, this.#market, this.#send);
      this.#bySymbol.set(symbol, streams);
      streams.add(stream.slice(at + 1), this.#combined ? `{"stream":"${stream}","data":` : '', before.get(symbol));
    }
  }

  event(event: MarketEvent): void {
    let streams = this.#byPair.get(event.pair);
    if (streams === undefined) {
      if (this.#byPair.has(event.pair)) return;
      streams = this.#bySymbol.get(binanceSymbol(event.pair));
      this.#byPair.set(event.pair, streams);
    }
    if (event.kind === 'trade') streams?.trade(event);
    else streams?.book(event);
  }

  /** Sends depth windows that nothing has followed. */
  tick(nowUs: number): void {
    for (const streams of this.#bySymbol.values()) streams.tick(nowUs);
  }
}

/** What one connection has subscribed of a symbol; frames are concatenated, which is several times faster than JSON. */
class SymbolStreams {
  readonly #symbol: string;
  readonly #send: (text: string) => void;
  #trade: string | undefined;
  #aggTrade: string | undefined;
  #bookTicker: string | undefined;
  readonly #depths: DepthSubscription[] = [];
  readonly #market: VenueMarket;

  constructor(symbol: string, market: VenueMarket, send: (text: string) => void) {
    this.#symbol = symbol;
    this.#market = market;
    this.#send = send;
  }

  /** `wrapper` opens the combined form and is empty for the raw one; `before` is what it was subscribed as so far. */
  add(channel: string, wrapper: string, before: SymbolStreams | undefined): void {
    if (channel === 'trade') this.#trade = wrapper;
    else if (channel === 'aggTrade') this.#aggTrade = wrapper;
    else if (channel === 'bookTicker') this.#bookTicker = wrapper;
    else if (channel === 'depth@100ms' || channel === 'depth') {
      const window = sharedDepthWindow(this.#market, this.#symbol, channel);
      const sent = before?.depths.find((depth) => depth.window === window)?.sent ?? window.closed;
      this.#depths.push({ window, wrapper, sent });
    }
  }

  get depths(): readonly DepthSubscription[] {
    return this.#depths;
  }

  trade({ tradeId, price, size, side, timeUs }: Trade): void {
    const ms = Math.floor(timeUs / 1000);
    // The buyer is the maker when the aggressor sells.
    const rest = `"p":"${price.toFixed(8)}","q":"${size.toFixed(8)}"`;
    const end = `"T":${ms},"m":${side === 'sell'},"M":true}`;
    if (this.#trade !== undefined) {
      const data = `{"e":"trade","E":${ms},"s":"${this.#symbol}","t":${tradeId},${rest},${end}`;
      this.#send(wrapped(this.#trade, data));
    }
    if (this.#aggTrade !== undefined) {
      const ids = `"a":${tradeId},${rest},"f":${tradeId},"l":${tradeId}`;
      this.#send(wrapped(this.#aggTrade, `{"e":"aggTrade","E":${ms},"s":"${this.#symbol}",${ids},${end}`));
    }
  }

  book(change: BookChange): void {
    for (const depth of this.#depths) {
      depth.window.feed(change);
      this.#sendClosed(depth);
    }
    if (this.#bookTicker !== undefined && change.top.changed) {
      const { bid, ask } = change.top;
      const bidText = `"b":"${bid[0].toFixed(8)}","B":"${bid[1].toFixed(8)}"`;
      const askText = `"a":"${ask[0].toFixed(8)}","A":"${ask[1].toFixed(8)}"`;
      const data = `{"u":${change.lastUpdateId},"s":"${this.#symbol}",${bidText},${askText}}`;
      this.#send(wrapped(this.#bookTicker, data));
    }
  }

  tick(nowUs: number): void {
    for (const depth of this.#depths) {
      depth.window.tick(nowUs);
      this.#sendClosed(depth);
    }
  }

  #sendClosed(depth: DepthSubscription): void {
    if (depth.window.closed === depth.sent) return;
    depth.sent = depth.window.closed;
    this.#send(wrapped(depth.wrapper, depth.window.frame));
  }
}

interface DepthSubscription {
  readonly window: DepthWindow;
  readonly wrapper: string;
  /** The shared window's count of closed ones up to which this connection has been served. */
  sent: number;
}

function wrapped(wrapper: string, data: string): string {
  return wrapper === '' ? data : `${wrapper}${data}}`;
}

function refusal(reason: string): string {
  return JSON.stringify({ code: 2, msg: `Invalid request: ${reason}` });
}

function isRequestId(id: unknown): id is number | string | null {
  return id === null || Number.isSafeInteger(id) || (typeof id === 'string' && /^[A-Za-z0-9]{1,36}$/.test(id));
}

function isStreamList(params: unknown): params is string[] {
  return Array.isArray(params) && params.length > 0 && params.every(isStream);
}

function isStream(stream: unknown): stream is string {
  return typeof stream === 'string' && streamPattern.test(stream);
}
