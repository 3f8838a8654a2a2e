import type {
  CollectDeps,
  GapSeen,
  HttpRequest,
  HttpResponse,
  MessageOrigin,
  VenueConnection,
  WebSocketOptions,
} from '@alphapulse/core';
import { RetriableError } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { collectBinance } from './collect.ts';
import { type BinanceConfig, configureBinance } from './config.ts';

interface Sent {
  readonly method: string;
  readonly params: string[];
  readonly id: number;
}

/** A venue at the other end of a fake Net: the test says what comes in, and sees what was asked, written and missed. */
class Bench {
  readonly clock = new ManualClock();
  readonly raw: { key: string; channel: string; text: string }[] = [];
  readonly gaps: (GapSeen & { how?: string })[] = [];
  readonly requests: string[] = [];
  readonly warnings: string[] = [];
  readonly #stop = new AbortController();
  readonly #pendingHttp: { url: string; resolve(body: string): void; reject(error: Error): void }[] = [];
  #options: WebSocketOptions | undefined;
  #sequence = 0;
  readonly done: Promise<void>;

  constructor(config: Partial<BinanceConfig>) {
    const deps: CollectDeps = {
      clock: this.clock,
      signal: this.#stop.signal,
      log: {
        debug: () => undefined,
        info: () => undefined,
        warn: (fields, message) => this.warnings.push(`${message} ${JSON.stringify(fields)}`),
        error: () => undefined,
      },
      sink: {
        full: false,
        drained: () => Promise.resolve(),
        message: (key, channel, _from, payload) => this.raw.push({ key, channel, text: payload.toString() }),
        gap: (seen) => {
          const gap: GapSeen & { how?: string } = { ...seen };
          this.gaps.push(gap);
          return { resolve: (how) => Object.assign(gap, { how }) };
        },
      },
      net: {
        webSocket: (options, signal) => {
          this.#options = options;
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
        },
        http: (request, signal) => this.#http(request, signal),
      },
    };
    this.done = collectBinance(configureBinance(config), deps);
  }

  #http(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
    this.requests.push(request.url);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new RetriableError('venue_unavailable', 'aborted')));
      this.#pendingHttp.push({
        url: request.url,
        resolve: (body) =>
          resolve({ status: 200, body: Buffer.from(body), contentType: 'application/json', origin: this.#origin() }),
        reject,
      });
    });
  }

  #origin(): MessageOrigin {
    return {
      endpoint: 'wss://stream.binance.com:9443/stream',
      connectionId: 'c',
      sequence: this.#sequence++,
      receivedTime: this.clock.nowUs(),
    };
  }

  open(overlapping = false): TestConnection {
    const connection = new TestConnection(`c${this.#sequence++}`);
    this.#options?.onOpen(connection, overlapping);
    return connection;
  }

  close(connection: TestConnection): void {
    connection.open = false;
    this.#options?.onClose?.(connection, 'gone');
  }

  goStale(connection: TestConnection, channel: string): void {
    this.#options?.onStale?.(connection, channel);
  }

  receive(connection: TestConnection, text: string | Buffer): void {
    this.#options?.onMessage(connection, Buffer.from(text), this.#origin());
  }

  /** Answers the oldest waiting request whose URL has `part`. */
  async answer(part: string, body: string | Error): Promise<void> {
    const at = this.#pendingHttp.findIndex(({ url }) => url.includes(part));
    const request = this.#pendingHttp.splice(at, 1)[0];
    if (at < 0 || request === undefined) throw new Error(`no request for ${part}, only ${this.requests.join(' ')}`);
    if (body instanceof Error) request.reject(body);
    else request.resolve(body);
    await settle();
  }

  get waiting(): number {
    return this.#pendingHttp.length;
  }

  channels(key: string): string[] {
    return this.raw.filter((message) => message.key === key).map(({ channel }) => channel);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.done;
  }
}

class TestConnection implements VenueConnection {
  readonly id: string;
  readonly endpoint = 'wss://stream.binance.com:9443/stream';
  open = true;
  retired = false;
  readonly sent: Sent[] = [];
  readonly aliveChannels = new Set<string>();
  constructor(id: string) {
    this.id = id;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  alive(channel: string): void {
    this.aliveChannels.add(channel);
  }
  reconnect(): void {
    this.open = false;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const trade = (symbol: string, id: number) =>
  `{"stream":"${symbol.toLowerCase()}@trade","data":{"e":"trade","E":1,"s":"${symbol}","t":${id},"p":"1","q":"1","T":1,"m":true,"M":true}}`;
const diff = (symbol: string, first: number, last: number) =>
  `{"stream":"${symbol.toLowerCase()}@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"${symbol}","U":${first},"u":${last},"b":[],"a":[]}}`;
const quote = (symbol: string) =>
  `{"stream":"${symbol.toLowerCase()}@bookTicker","data":{"u":1,"s":"${symbol}","b":"1","B":"1","a":"2","A":"1"}}`;
const book = (last: number) => `{"lastUpdateId":${last},"bids":[],"asks":[]}`;
const page = (...ids: number[]) => JSON.stringify(ids.map((id) => ({ id, price: '1', qty: '1', time: 1 })));

let bench: Bench;
afterEach(() => bench.stop());

/** Two symbols, subscribed, both books in sync at 20, last trade 5. */
async function running(): Promise<TestConnection> {
  bench = new Bench({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  const connection = bench.open();
  bench.receive(connection, '{"result":null,"id":1}');
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
    bench.receive(connection, diff(symbol, 11, 20));
    bench.receive(connection, trade(symbol, 5));
    await bench.answer(`depth?symbol=${symbol}`, book(20));
  }
  return connection;
}

describe('subscribing', () => {
  test('all channels of all symbols, in one message', () => {
    bench = new Bench({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    const { sent } = bench.open();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method: 'SUBSCRIBE', id: 1 });
    expect(sent[0]?.params).toEqual([
      'btcusdt@trade',
      'btcusdt@bookTicker',
      'btcusdt@depth@100ms',
      'ethusdt@trade',
      'ethusdt@bookTicker',
      'ethusdt@depth@100ms',
    ]);
  });

  test.each([
    ['with its id', '{"error":{"code":2,"msg":"Invalid request"},"id":1}', '{"error":{"code":2,"msg":"no"},"id":3}'],
    ['without id', '{"code":2,"msg":"Invalid request"}', '{"code":2,"msg":"no"}'],
  ])('a batch refused %s is tried symbol by symbol, and only the bad one is left out', (_name, first, second) => {
    bench = new Bench({ symbols: ['BTCUSDT', 'NOSUCH', 'ETHUSDT'] });
    const connection = bench.open();
    bench.receive(connection, first);
    expect(connection.sent.slice(1).map(({ params }) => params[0])).toEqual([
      'btcusdt@trade',
      'nosuch@trade',
      'ethusdt@trade',
    ]);
    bench.receive(connection, '{"result":null,"id":2}');
    bench.receive(connection, second);
    bench.receive(connection, '{"result":null,"id":4}');
    bench.receive(connection, trade('ETHUSDT', 1));
    expect(connection.sent).toHaveLength(4);
    expect(bench.warnings).toEqual([expect.stringContaining('"symbol":"NOSUCH"')]);
    expect(bench.channels('control')).toHaveLength(4);
    expect(bench.channels('ETHUSDT')).toEqual(['trade']);
  });

  test('a symbol that REST does not know is given up, the others go on', async () => {
    bench = new Bench({ symbols: ['BTCUSDT', 'NOSUCH'] });
    const connection = bench.open();
    bench.receive(connection, diff('NOSUCH', 1, 2));
    bench.receive(connection, diff('BTCUSDT', 1, 2));
    const details = { status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' };
    await bench.answer('NOSUCH', new RetriableError('venue_refused', 'HTTP 400', { details }));
    await bench.answer('BTCUSDT', book(2));
    bench.receive(connection, diff('NOSUCH', 9, 10));
    expect(bench.waiting).toBe(0);
    expect(bench.channels('BTCUSDT')).toEqual(['depth', 'rest/depth']);
  });

  test('a symbol that stays silent is reported', async () => {
    bench = new Bench({ symbols: ['BTCUSDT', 'NOSUCH'] });
    bench.receive(bench.open(), trade('BTCUSDT', 1));
    await bench.clock.advance(120_000);
    expect(bench.warnings).toEqual([expect.stringContaining('"symbols":["NOSUCH"]')]);
  });

  test('a stream gone quiet is taken up anew, and the gap closes with its next frame', async () => {
    const connection = await running();
    expect([...connection.aliveChannels]).toEqual(['depth:BTCUSDT', 'depth:ETHUSDT']);
    bench.goStale(connection, 'depth:BTCUSDT');
    expect(connection.sent.slice(1)).toMatchObject([
      { method: 'UNSUBSCRIBE', params: ['btcusdt@depth@100ms'] },
      { method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms'] },
    ]);
    bench.receive(connection, diff('ETHUSDT', 21, 22));
    expect(bench.gaps).toEqual([expect.objectContaining({ cause: 'stale', channel: 'depth', symbol: 'BTCUSDT' })]);
    expect(bench.gaps[0]?.how).toBeUndefined();
    bench.receive(connection, diff('BTCUSDT', 21, 22));
    expect(bench.gaps[0]?.how).toBe('resubscribe');
  });
});

describe('raw', () => {
  test('every frame is written, whatever it is', () => {
    bench = new Bench({ symbols: ['BTCUSDT'] });
    const connection = bench.open();
    const frames = [
      quote('BTCUSDT'),
      '{"stream":"btcusdt@trade","data":{"t":',
      '{"stream":"btcusdt@surprise","data":{}}',
      'Service Unavailable',
      '{"id":1}',
      '',
      '{"stream":"',
      '{"stream":"!miniTicker@arr","data":[]}',
      '{"stream":"btcusdt@trade","data":{"e":"trade","t":123456789012345678901234567890,"p":"1"}}',
    ];
    for (const text of frames) bench.receive(connection, text);
    bench.receive(connection, Buffer.from([0xff, 0x00, 0xfe]));
    expect(bench.raw.map(({ text }) => text).slice(0, -1)).toEqual(frames);
    expect(bench.raw.map(({ key, channel }) => `${key} ${channel}`)).toEqual([
      'BTCUSDT bookTicker',
      'BTCUSDT trade',
      'BTCUSDT surprise',
      'unscanned unscanned',
      'control control',
      'unscanned unscanned',
      'unscanned unscanned',
      '!miniTicker@arr miniTicker',
      'BTCUSDT trade',
      'unscanned unscanned',
    ]);
    expect(bench.gaps).toEqual([]);
  });
});

describe('books', () => {
  test('the first snapshot is asked for after the first diff, again while it is older', async () => {
    bench = new Bench({ symbols: ['BTCUSDT'] });
    const connection = bench.open();
    expect(bench.requests).toEqual([]);
    bench.receive(connection, diff('BTCUSDT', 11, 20));
    bench.receive(connection, diff('BTCUSDT', 21, 22));
    expect(bench.requests).toEqual(['https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000']);
    await bench.answer('depth', book(9));
    expect(bench.requests).toHaveLength(1);
    await bench.clock.advance(500);
    await bench.answer('depth', book(21));
    await bench.clock.advance(60_000);
    expect(bench.requests).toHaveLength(2);
    expect(bench.channels('BTCUSDT')).toEqual(['depth', 'depth', 'rest/depth', 'rest/depth']);
    expect(bench.gaps).toEqual([]);
  });

  test('a hole makes a gap and a new snapshot of that symbol alone', async () => {
    const connection = await running();
    const before = bench.requests.length;
    bench.receive(connection, diff('ETHUSDT', 21, 22));
    bench.receive(connection, diff('BTCUSDT', 25, 30));
    bench.receive(connection, diff('BTCUSDT', 31, 32));
    expect(bench.gaps).toHaveLength(1);
    expect(bench.gaps[0]).toMatchObject({
      source: 'binance',
      venue: 'binance',
      channel: 'depth',
      symbol: 'BTCUSDT',
      cause: 'sequence',
      fromSequence: 21,
      toSequence: 24,
    });
    expect(bench.requests.slice(before)).toEqual([expect.stringContaining('depth?symbol=BTCUSDT')]);
    await bench.answer('depth?symbol=BTCUSDT', book(29));
    expect(bench.gaps[0]?.how).toBeUndefined();
    await bench.clock.advance(500);
    await bench.answer('depth?symbol=BTCUSDT', book(30));
    expect(bench.gaps[0]?.how).toBe('snapshot');
    expect(bench.waiting).toBe(0);
  });

  test('a request that fails is made again after a pause', async () => {
    bench = new Bench({ symbols: ['BTCUSDT'] });
    const connection = bench.open();
    bench.receive(connection, diff('BTCUSDT', 11, 20));
    const busy = new RetriableError('venue_rate_limited', 'HTTP 429', { retryAfterMs: 7000 });
    await bench.answer('depth', busy);
    await bench.clock.advance(6_999);
    expect(bench.waiting).toBe(0);
    await bench.clock.advance(1);
    await bench.answer('depth', book(20));
    expect(bench.channels('BTCUSDT')).toEqual(['depth', 'rest/depth']);
  });

  test('books are snapshotted anew from time to time', async () => {
    const connection = await running();
    expect(connection.open).toBe(true);
    const before = bench.requests.length;
    await bench.clock.advance(1_800_000);
    expect(bench.requests.slice(before)).toEqual([expect.stringContaining('depth?symbol=BTCUSDT')]);
  });
});

describe('trades', () => {
  test('a hole is back-filled by REST, page by page', async () => {
    const connection = await running();
    bench.receive(connection, trade('BTCUSDT', 6));
    bench.receive(connection, trade('BTCUSDT', 10));
    expect(bench.gaps).toEqual([
      expect.objectContaining({ channel: 'trade', cause: 'sequence', fromSequence: 7, toSequence: 9 }),
    ]);
    expect(bench.requests.at(-1)).toBe(
      'https://api.binance.com/api/v3/historicalTrades?symbol=BTCUSDT&limit=1000&fromId=7',
    );
    // The venue's trade store lags: the newest are not there yet.
    await bench.answer('historicalTrades', page(7, 8));
    expect(bench.gaps[0]?.how).toBeUndefined();
    await bench.clock.advance(1000);
    expect(bench.requests.at(-1)).toContain('fromId=9');
    await bench.answer('historicalTrades', page(9, 10, 11));
    expect(bench.gaps[0]?.how).toBe('backfill');
    expect(bench.channels('BTCUSDT').filter((channel) => channel === 'rest/historicalTrades')).toHaveLength(2);
  });

  test('duplicates and the other symbol are no hole', async () => {
    const connection = await running();
    for (const id of [6, 6, 5, 7]) bench.receive(connection, trade('BTCUSDT', id));
    bench.receive(connection, trade('ETHUSDT', 6));
    expect(bench.gaps).toEqual([]);
  });

  test('a refused back-fill leaves the gap recorded as not healed', async () => {
    const connection = await running();
    bench.receive(connection, trade('BTCUSDT', 10));
    await bench.answer('historicalTrades', new RetriableError('venue_refused', 'HTTP 401'));
    expect(bench.gaps[0]?.how).toBe('none');
  });
});

describe('connections', () => {
  test('a lost one is a gap of each symbol with data, healed by snapshot and back-fill on the next', async () => {
    const first = await running();
    bench.close(first);
    expect(bench.gaps.map(({ symbol, channel, cause }) => [symbol, channel, cause])).toEqual([
      ['BTCUSDT', '*', 'disconnect'],
      ['ETHUSDT', '*', 'disconnect'],
    ]);
    const second = bench.open();
    expect(second.sent).toHaveLength(1);
    expect(bench.requests.at(-1)).toContain('historicalTrades?symbol=ETHUSDT&limit=1000&fromId=6');
    bench.receive(second, trade('BTCUSDT', 9));
    bench.receive(second, diff('BTCUSDT', 30, 31));
    await bench.answer('historicalTrades?symbol=BTCUSDT', page(6, 7, 8, 9));
    expect(bench.gaps[0]?.how).toBeUndefined();
    await bench.answer('depth?symbol=BTCUSDT', book(31));
    expect(bench.gaps.map(({ how }) => how)).toEqual(['backfill', undefined]);
    // A symbol that had no trades meanwhile and whose book goes on without a hole.
    await bench.answer('historicalTrades?symbol=ETHUSDT', page());
    bench.receive(second, diff('ETHUSDT', 21, 22));
    await bench.answer('depth?symbol=ETHUSDT', book(22));
    expect(bench.gaps.map(({ how }) => how)).toEqual(['backfill', 'backfill']);
    expect(bench.gaps).toHaveLength(2);
  });

  test('an overlapping roll-over is no gap, and the frames of both are written', async () => {
    const first = await running();
    const second = bench.open(true);
    expect(second.sent).toHaveLength(1);
    for (const connection of [first, second]) {
      bench.receive(connection, trade('BTCUSDT', 6));
      bench.receive(connection, diff('BTCUSDT', 21, 22));
    }
    first.retired = true;
    bench.receive(second, trade('BTCUSDT', 7));
    expect(bench.gaps).toEqual([]);
    expect(bench.raw.filter(({ text }) => text.includes('"t":6'))).toHaveLength(2);
  });

  test('losing the successor while the old one carries on is no gap', async () => {
    const first = await running();
    const second = bench.open(true);
    bench.close(second);
    expect(bench.gaps).toEqual([]);
    bench.close(first);
    expect(bench.gaps).toHaveLength(2);
  });

  test('a venue that counts anew after a reconnection is followed', async () => {
    const first = await running();
    bench.close(first);
    const second = bench.open();
    bench.receive(second, trade('BTCUSDT', 1));
    bench.receive(second, diff('BTCUSDT', 3, 4));
    await bench.answer('historicalTrades?symbol=BTCUSDT', page());
    await bench.answer('depth?symbol=BTCUSDT', book(4));
    expect(bench.gaps[0]?.how).toBe('backfill');
    bench.receive(second, trade('BTCUSDT', 3));
    expect(bench.gaps.at(-1)).toMatchObject({ channel: 'trade', fromSequence: 2, toSequence: 2 });
  });
});

test('a bug while healing stops the collector instead of vanishing', async () => {
  const connection = await running();
  bench.receive(connection, diff('BTCUSDT', 25, 30));
  const { done } = bench;
  const failed = expect(done).rejects.toThrow('a bug');
  await bench.answer('depth?symbol=BTCUSDT', new TypeError('a bug'));
  await failed;
  bench = new Bench({ symbols: ['BTCUSDT'] });
});
