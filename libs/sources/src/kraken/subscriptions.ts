import type { KrakenChannel, KrakenConfig } from './config.ts';

/** Symbols named in one request; the venue answers each on its own. */
const SYMBOLS_PER_REQUEST = 50;
/** Answers come within seconds; older requests are forgotten. */
const REMEMBERED_REQUESTS = 1000;

/** A request sent to the venue, to know what its answer is about. */
export interface SentRequest {
  readonly channel: KrakenChannel;
  readonly symbols: readonly string[];
}

/** The requests of one connection. @see https://docs.kraken.com/api/docs/websocket-v2/book */
export class Requests {
  readonly #config: KrakenConfig;
  readonly #send: (text: string) => void;
  readonly #sent = new Map<number, SentRequest>();
  #nextId = 1;

  constructor(config: KrakenConfig, send: (text: string) => void) {
    this.#config = config;
    this.#send = send;
  }

  subscribe(channel: KrakenChannel, symbols: readonly string[]): void {
    this.#request('subscribe', channel, symbols, subscribeOptions(channel, this.#config));
  }

  unsubscribe(channel: KrakenChannel, symbols: readonly string[]): void {
    const options = channel === 'book' ? { depth: this.#config.bookDepth } : {};
    this.#request('unsubscribe', channel, symbols, options);
  }

  get(requestId: number | null): SentRequest | undefined {
    return requestId === null ? undefined : this.#sent.get(requestId);
  }

  #request(method: string, channel: KrakenChannel, symbols: readonly string[], options: object): void {
    for (let at = 0; at === 0 || at < symbols.length; at += SYMBOLS_PER_REQUEST) {
      const part = symbols.slice(at, at + SYMBOLS_PER_REQUEST);
      const requestId = this.#nextId++;
      this.#sent.set(requestId, { channel, symbols: part });
      this.#sent.delete(requestId - REMEMBERED_REQUESTS);
      const params = { channel, ...(part.length > 0 ? { symbol: part } : {}), ...options };
      this.#send(JSON.stringify({ method, params, req_id: requestId }));
    }
  }
}

function subscribeOptions(channel: KrakenChannel, config: KrakenConfig): object {
  switch (channel) {
    case 'book':
      return { depth: config.bookDepth, snapshot: true };
    case 'ticker':
      return { event_trigger: config.tickerTrigger, snapshot: true };
    case 'trade':
      return { snapshot: false };
    case 'ohlc':
      return { interval: config.ohlcMinutes, snapshot: false };
    case 'instrument':
      return { snapshot: true };
  }
}
