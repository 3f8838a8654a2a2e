import type {
  CollectDeps,
  GapHow,
  GapSeen,
  HttpRequest,
  HttpResponse,
  Log,
  MessageOrigin,
  Net,
  RawRecord,
  VenueConnection,
  WebSocketOptions,
} from '@alphapulse/core';
import { krakenProtocol, ManualClock, MarketModel, type VenueMarket, type VenueSession } from '@alphapulse/testkit';
import type { KrakenConfig } from '../config.ts';
import { krakenDefaults } from '../config.ts';
import { kraken } from '../source.ts';

export interface SunkMessage {
  readonly key: string;
  readonly channel: string;
  readonly from: MessageOrigin;
  readonly payload: Buffer;
}

interface SunkGap extends GapSeen {
  resolved: GapHow | null;
}

/** One client connection to the simulated venue. */
export class LocalConnection implements VenueConnection {
  readonly id: string;
  readonly endpoint = 'wss://ws.kraken.com/v2';
  open = true;
  retired = false;
  readonly sent: string[] = [];
  readonly lively = new Set<string>();
  session: VenueSession | null = null;
  sequence = 0;

  constructor(id: string) {
    this.id = id;
  }

  send(text: string): void {
    this.sent.push(text);
    this.session?.message(text);
  }

  alive(channel: string): void {
    this.lively.add(channel);
  }

  reconnect(): void {
    this.open = false;
  }

  /** Requests sent for a channel, as `subscribe BTC/USD,ETH/USD`. */
  requests(channel: string): string[] {
    return this.sent
      .map((text) => JSON.parse(text) as { method: string; params?: { channel: string; symbol?: string[] } })
      .filter(({ params }) => params?.channel === channel)
      .map(({ method, params }) => `${method} ${params?.symbol?.join(',') ?? ''}`.trim());
  }
}

/**
 * A collector of Kraken with everything around it in memory: the venue's protocol over a simulated market, a network
 * the test opens and cuts, a sink that remembers. Time stands still until told.
 */
export class LocalKraken {
  readonly clock = new ManualClock();
  readonly model: MarketModel;
  readonly market: VenueMarket;
  readonly messages: SunkMessage[] = [];
  readonly gaps: SunkGap[] = [];
  readonly logged: Record<string, unknown>[] = [];
  readonly urls: string[] = [];
  /** Frames for which this returns null are lost on the way; others may be changed. */
  wire: (frame: string) => string | null = (frame) => frame;
  /** Answers an HTTP request instead of the venue. */
  answer: (request: HttpRequest) => string | null = () => null;
  readonly config: KrakenConfig;
  readonly #connections: LocalConnection[] = [];
  readonly #abort = new AbortController();
  #options: WebSocketOptions | null = null;
  #running: Promise<void> | null = null;

  constructor(config: Partial<KrakenConfig> = {}) {
    this.config = { ...krakenDefaults, symbols: ['BTC/USD', 'ETH/USDT'], ...config };
    this.model = new MarketModel({ seed: 7, startUs: this.clock.nowUs(), dislocations: false });
    this.market = this.model.venues.get('kraken') as VenueMarket;
  }

  get deps(): CollectDeps {
    const note = (fields: object) => this.logged.push({ ...fields });
    const log: Log = { debug: note, info: note, warn: note, error: note };
    const net: Net = {
      webSocket: (options, signal) => {
        this.#options = options;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
      http: async (request) => this.#http(request),
    };
    return {
      clock: this.clock,
      net,
      log,
      signal: this.#abort.signal,
      sink: {
        message: (key, channel, from, payload) => this.messages.push({ key, channel, from, payload }),
        full: false,
        drained: async () => undefined,
        gap: (gap) => {
          const sunk: SunkGap = { ...gap, resolved: null };
          this.gaps.push(sunk);
          return {
            resolve: (how) => {
              sunk.resolved = how;
            },
          };
        },
      },
    };
  }

  start(): void {
    this.#running = kraken.collect(this.config, this.deps);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** Opens a connection. */
  open(overlapping = false): LocalConnection {
    const connection = new LocalConnection(`c${this.#connections.length + 1}`);
    this.#connections.push(connection);
    connection.session = krakenProtocol.connect(
      '/v2',
      new URLSearchParams(),
      this.market,
      // As over a network: what the venue sends arrives later, in order.
      (text) => queueMicrotask(() => this.receive(connection, text)),
      () => this.clock.nowUs(),
    );
    this.#options?.onOpen(connection, overlapping);
    return connection;
  }

  receive(connection: LocalConnection, frame: string | Buffer): void {
    const passed = typeof frame === 'string' ? this.wire(frame) : frame;
    if (passed === null || !connection.open) return;
    const { endpoint, id: connectionId } = connection;
    const origin = { endpoint, connectionId, sequence: connection.sequence++, receivedTime: this.clock.nowUs() };
    this.#options?.onMessage(connection, Buffer.from(passed), origin);
  }

  cut(connection: LocalConnection, reason = 'reset'): void {
    connection.open = false;
    this.#options?.onClose?.(connection, reason);
  }

  stale(connection: LocalConnection, channel: string): void {
    this.#options?.onStale?.(connection, channel);
  }

  /** Lets the market do so many things, a millisecond apart. */
  async trade(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.clock.advance(1);
      this.model.step(this.clock.nowUs(), (venue, event) => {
        if (venue !== 'kraken') return;
        for (const connection of this.#connections) if (connection.open) connection.session?.event(event);
      });
    }
    await this.settle();
  }

  /** Lets time pass, second by second, and everything that waits for it happen. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1000);
      await this.settle();
    }
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The raw log as the parser of one partition sees it. */
  records(): RawRecord[] {
    return this.messages.map(({ key, channel, from, payload }, offset) => ({
      key,
      channel,
      source: 'kraken',
      endpoint: from.endpoint,
      connectionId: from.connectionId,
      receivedTime: from.receivedTime,
      payload,
      origin: { topic: 'raw.kraken', partition: 0, offset },
    }));
  }

  gapsAs(): string[] {
    return this.gaps.map(
      ({ channel, symbol, cause, resolved }) => `${channel} ${symbol} ${cause} ${resolved ?? 'open'}`,
    );
  }

  #http(request: HttpRequest): HttpResponse {
    this.urls.push(request.url);
    const url = new URL(request.url);
    const body =
      this.answer(request) ??
      krakenProtocol.http(
        { method: 'GET', path: url.pathname, query: url.searchParams },
        this.market,
        this.clock.nowUs(),
      ).body;
    const origin = { endpoint: url.origin, connectionId: 'http', sequence: this.urls.length, receivedTime: 0 };
    return {
      status: 200,
      body: Buffer.from(body),
      contentType: 'application/json',
      origin: { ...origin, receivedTime: this.clock.nowUs() },
    };
  }
}
