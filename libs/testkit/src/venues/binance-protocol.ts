import { binanceHttp, binanceSymbol, levelsText } from './binance-rest.ts';
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
      const streams = this.#bySymbol.get(symbol) ?? new SymbolStreams(symbol, this.#send);
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
  tick(): void {
    for (const streams of this.#bySymbol.values()) streams.tick();
  }
}

/** What one connection has subscribed of a symbol; frames are concatenated, which is several times faster than JSON. */
class SymbolStreams {
  readonly #symbol: string;
  readonly #send: (text: string) => void;
  #trade: string | undefined;
  #aggTrade: string | undefined;
  #bookTicker: string | undefined;
  readonly #depths = new Map<string, DepthWindow>();

  constructor(symbol: string, send: (text: string) => void) {
    this.#symbol = symbol;
    this.#send = send;
  }

  /** `wrapper` opens the combined form and is empty for the raw one; open windows go on from `before`. */
  add(channel: string, wrapper: string, before: SymbolStreams | undefined): void {
    if (channel === 'trade') this.#trade = wrapper;
    else if (channel === 'aggTrade') this.#aggTrade = wrapper;
    else if (channel === 'bookTicker') this.#bookTicker = wrapper;
    else if (channel === 'depth@100ms' || channel === 'depth') {
      const lengthUs = channel === 'depth' ? 1_000_000 : 100_000;
      const open = before === undefined ? undefined : before.#depths.get(channel);
      this.#depths.set(channel, new DepthWindow(lengthUs, wrapper, open));
    }
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
    for (const window of this.#depths.values()) {
      if (window.isOver(change.timeUs)) this.#send(window.flush(this.#symbol));
      window.add(change);
    }
    if (this.#bookTicker !== undefined && change.top.changed) {
      const { bid, ask } = change.top;
      const bidText = `"b":"${bid[0].toFixed(8)}","B":"${bid[1].toFixed(8)}"`;
      const askText = `"a":"${ask[0].toFixed(8)}","A":"${ask[1].toFixed(8)}"`;
      const data = `{"u":${change.lastUpdateId},"s":"${this.#symbol}",${bidText},${askText}}`;
      this.#send(wrapped(this.#bookTicker, data));
    }
  }

  tick(): void {
    for (const window of this.#depths.values()) if (window.isQuiet()) this.#send(window.flush(this.#symbol));
  }
}

/**
 * Book changes of one window, merged into one depthUpdate whose U and u leave no hole.
 * Windows follow the market's time, so a market played twice gives the same frames, whatever the machine does.
 */
class DepthWindow {
  readonly #lengthUs: number;
  readonly #wrapper: string;
  #endUs = 0;
  #first = 0;
  #last = 0;
  #timeUs = 0;
  #open = false;
  #grownSinceTick = false;
  #bids = new Map<number, number>();
  #asks = new Map<number, number>();

  constructor(lengthUs: number, wrapper: string, before?: DepthWindow) {
    this.#lengthUs = lengthUs;
    this.#wrapper = wrapper;
    if (before === undefined) return;
    this.#endUs = before.#endUs;
    this.#first = before.#first;
    this.#last = before.#last;
    this.#timeUs = before.#timeUs;
    this.#open = before.#open;
    this.#bids = before.#bids;
    this.#asks = before.#asks;
  }

  isOver(timeUs: number): boolean {
    return this.#open && timeUs >= this.#endUs;
  }

  /** True when a whole tick has brought nothing to an open window. */
  isQuiet(): boolean {
    const quiet = this.#open && !this.#grownSinceTick;
    this.#grownSinceTick = false;
    return quiet;
  }

  add(change: BookChange): void {
    if (!this.#open) {
      this.#open = true;
      this.#first = change.firstUpdateId;
      this.#endUs = (Math.floor(change.timeUs / this.#lengthUs) + 1) * this.#lengthUs;
    }
    this.#grownSinceTick = true;
    this.#last = change.lastUpdateId;
    this.#timeUs = change.timeUs;
    for (const [price, size] of change.bids) this.#bids.set(price, size);
    for (const [price, size] of change.asks) this.#asks.set(price, size);
  }

  flush(symbol: string): string {
    const ms = Math.floor(this.#timeUs / 1000);
    const bids = levelsText([...this.#bids].sort((a, b) => b[0] - a[0]));
    const asks = levelsText([...this.#asks].sort((a, b) => a[0] - b[0]));
    this.#open = false;
    this.#bids.clear();
    this.#asks.clear();
    const ids = `"U":${this.#first},"u":${this.#last}`;
    return wrapped(this.#wrapper, `{"e":"depthUpdate","E":${ms},"s":"${symbol}",${ids},"b":${bids},"a":${asks}}`);
  }
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
