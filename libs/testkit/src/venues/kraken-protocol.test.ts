import { crc32 } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { krakenProtocol } from './kraken-protocol.ts';
import { MarketModel } from './market-model.ts';
import type { MarketEvent, VenueMarket, VenueSession } from './protocol.ts';

const startUs = 1_700_000_000_000_000;

type Frame = Record<string, unknown> & { channel?: string; data: never };

let model: MarketModel;
let market: VenueMarket;
let nowUs: number;
let texts: string[];
let session: VenueSession;

beforeEach(() => {
  model = new MarketModel({ seed: 3, startUs, dislocations: false });
  market = model.venues.get('kraken') as VenueMarket;
  nowUs = startUs;
  texts = [];
  session = connect(texts);
});

function connect(into: string[]): VenueSession {
  return krakenProtocol.connect(
    '/v2',
    new URLSearchParams(),
    market,
    (text) => into.push(text),
    () => nowUs,
  );
}

function request(method: string, params?: object, requestId?: unknown): Frame[] {
  const before = texts.length;
  session.message(
    JSON.stringify({ method, ...(params && { params }), ...(requestId !== undefined && { req_id: requestId }) }),
  );
  return texts.slice(before).map((text) => JSON.parse(text));
}

function run(steps: number): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (let step = 0; step < steps; step++) {
    nowUs += 1234;
    model.step(nowUs, (venue, event) => {
      if (venue !== 'kraken') return;
      events.push(event);
      session.event(event);
    });
  }
  return events;
}

function rest(path: string): { error: string[]; result: Record<string, never> } {
  const url = new URL(path, 'http://venue');
  const { status, body } = krakenProtocol.http(
    { method: 'GET', path: url.pathname, query: url.searchParams },
    market,
    nowUs,
  );
  expect(status).toBe(200);
  return JSON.parse(body);
}

const pairOf = (symbol: string) => market.pairs.find(({ base, quote }) => `${base}/${quote}` === symbol) as never;

describe('requests', () => {
  test('the status comes first', () => {
    expect(texts).toHaveLength(1);
    expect(JSON.parse(texts[0] ?? '')).toMatchObject({
      channel: 'status',
      type: 'update',
      data: [{ system: 'online', api_version: 'v2', version: '2.0.10' }],
    });
  });

  test('each symbol is answered on its own, with the request’s id', () => {
    const frames = request('subscribe', { channel: 'book', symbol: ['BTC/USD', 'BAD/PAIR', 'ETH/BTC'], depth: 25 }, 17);
    expect(frames).toMatchObject([
      {
        method: 'subscribe',
        req_id: 17,
        result: { channel: 'book', depth: 25, snapshot: true, symbol: 'BTC/USD' },
        success: true,
        time_in: '2023-11-14T22:13:20.000000Z',
        time_out: '2023-11-14T22:13:20.000000Z',
      },
      { channel: 'book', type: 'snapshot', data: [{ symbol: 'BTC/USD' }] },
      {
        error: 'Currency pair not supported BAD/PAIR',
        method: 'subscribe',
        req_id: 17,
        success: false,
        symbol: 'BAD/PAIR',
      },
      { success: true, result: { symbol: 'ETH/BTC' } },
      { channel: 'book', type: 'snapshot', data: [{ symbol: 'ETH/BTC' }] },
    ]);
    expect(texts[3]).toContain(
      '"error":"Currency pair not supported BAD/PAIR","method":"subscribe","req_id":17,"success":false',
    );
  });

  test('acknowledgements of the other channels', () => {
    expect(request('subscribe', { channel: 'trade', symbol: ['BTC/USD'] })).toMatchObject([
      { success: true, result: { channel: 'trade', snapshot: false, symbol: 'BTC/USD' } },
    ]);
    expect(request('subscribe', { channel: 'ticker', symbol: ['BTC/USD'], event_trigger: 'bbo' })).toMatchObject([
      { success: true, result: { channel: 'ticker', event_trigger: 'bbo', snapshot: true, symbol: 'BTC/USD' } },
      { channel: 'ticker', type: 'snapshot' },
    ]);
    const [ack, instruments] = request('subscribe', { channel: 'instrument' });
    expect(ack).toMatchObject({ success: true, result: { channel: 'instrument', snapshot: true } });
    expect(instruments).toMatchObject({ channel: 'instrument', type: 'snapshot' });
    const { pairs } = (instruments as Frame).data as unknown as { pairs: Record<string, unknown>[] };
    expect(pairs).toHaveLength(market.pairs.length);
    expect(pairs[0]).toMatchObject({
      symbol: 'BTC/USD',
      base: 'BTC',
      quote: 'USD',
      price_precision: 1,
      price_increment: 0.1,
    });
  });

  test.each([
    ['Subscription depth not supported', { channel: 'book', symbol: ['BTC/USD'], depth: 11 }],
    ['Channel not supported', { channel: 'books', symbol: ['BTC/USD'] }],
    ['Event trigger not supported', { channel: 'ticker', symbol: ['BTC/USD'], event_trigger: 'x' }],
    ['Symbol(s) not found', { channel: 'trade' }],
  ])('%s', (error, params) => {
    expect(request('subscribe', params)).toMatchObject([{ error, success: false }]);
  });

  test('subscribing twice, and unsubscribing what is not subscribed', () => {
    const params = { channel: 'trade', symbol: ['BTC/USD'] };
    expect(request('unsubscribe', params)).toMatchObject([{ error: 'Subscription Not Found', method: 'unsubscribe' }]);
    request('subscribe', params);
    expect(request('subscribe', params)).toMatchObject([{ error: 'Already subscribed', symbol: 'BTC/USD' }]);
    expect(request('unsubscribe', params)).toMatchObject([{ method: 'unsubscribe', success: true }]);
    const before = texts.length;
    run(200);
    expect(texts).toHaveLength(before);
  });

  test('ping and nonsense', () => {
    expect(request('ping', undefined, 5)).toMatchObject([{ method: 'pong', req_id: 5 }]);
    expect(request('dance')).toMatchObject([{ error: 'Unsupported method', method: 'dance', success: false }]);
    for (const text of [
      '',
      'nonsense',
      '[]',
      'null',
      '1',
      '{"method":"subscribe"}',
      '{"method":"subscribe","params":null}',
    ])
      session.message(text);
    expect(texts.slice(-7).every((text) => JSON.parse(text).success === false)).toBe(true);
  });

  test('a heartbeat comes in each second without data, once something is subscribed', () => {
    session.tick(nowUs);
    session.tick(nowUs);
    expect(texts).toHaveLength(1);
    request('subscribe', { channel: 'trade', symbol: ['BTC/USD'] });
    session.tick(nowUs);
    session.tick(nowUs);
    session.tick(nowUs);
    expect(texts.slice(2)).toEqual(['{"channel":"heartbeat"}', '{"channel":"heartbeat"}']);
  });
});

describe('the feed', () => {
  interface WireBook {
    symbol: string;
    bids: { price: string; qty: string }[];
    asks: { price: string; qty: string }[];
    checksum: string;
  }

  /** A client as Kraken's documentation tells to write one; numbers kept as text. */
  class Client {
    readonly sides = { bids: new Map<string, string>(), asks: new Map<string, string>() };
    messages = 0;

    take(text: string, depth: number): void {
      const quoted = text.replace(/:(-?[\d.]+)(?=[,}\]])/g, ':"$1"');
      const { channel, type, data } = JSON.parse(quoted) as { channel: string; type: string; data: WireBook[] };
      if (channel !== 'book') return;
      this.messages++;
      const [book] = data as [WireBook];
      for (const name of ['bids', 'asks'] as const) {
        const side = this.sides[name];
        if (type === 'snapshot') side.clear();
        for (const { price, qty } of book[name]) {
          if (Number(qty) === 0) expect(side.delete(price)).toBe(true);
          else side.set(price, qty);
        }
        for (const price of this.sorted(name).slice(depth)) side.delete(price);
      }
      const top = (name: 'bids' | 'asks') =>
        this.sorted(name)
          .slice(0, 10)
          .flatMap((price) => [price, this.sides[name].get(price) ?? ''])
          .map((digits) => digits.replace('.', '').replace(/^0+/, ''))
          .join('');
      expect(crc32(top('asks') + top('bids'))).toBe(Number(book.checksum));
    }

    sorted(name: 'bids' | 'asks'): string[] {
      const direction = name === 'bids' ? -1 : 1;
      return [...this.sides[name].keys()].sort((a, b) => (Number(a) - Number(b)) * direction);
    }
  }

  test.each([10, 25, 100])('books of depth %d: the documented client keeps the venue’s book', (depth) => {
    const client = new Client();
    request('subscribe', { channel: 'book', symbol: ['BTC/USD'], depth });
    run(1500);
    for (const text of texts) if (text.startsWith('{"channel":"book"')) client.take(text, depth);
    expect(client.messages).toBeGreaterThan(50);
    const { bids, asks } = market.book(pairOf('BTC/USD'), depth);
    expect(client.sorted('bids').map(Number)).toEqual(bids.map(([price]) => price));
    expect(client.sorted('asks').map((price) => [Number(price), Number(client.sides.asks.get(price))])).toEqual(asks);
  });

  test('numbers have the pair’s precision; frames carry the market’s time', () => {
    request('subscribe', { channel: 'trade', symbol: ['BTC/USD'] });
    const trades = run(600).filter((event) => event.kind === 'trade' && event.pair === pairOf('BTC/USD'));
    const frames = texts.filter((text) => text.startsWith('{"channel":"trade"'));
    expect(frames).toHaveLength(trades.length);
    for (const [at, frame] of frames.entries()) {
      expect(frame).toMatch(
        /^\{"channel":"trade","type":"update","data":\[\{"symbol":"BTC\/USD","side":"(buy|sell)","price":\d+\.\d,"qty":\d+\.\d{8},"ord_type":"market","trade_id":\d+,"timestamp":"2023-11-14T22:13:2\d\.\d{6}Z"\}\]\}$/,
      );
      expect(JSON.parse(frame).data[0].trade_id).toBe((trades[at] as { tradeId: number }).tradeId);
    }
  });

  test('a ticker on bbo comes whenever the best prices change, and only then', () => {
    request('subscribe', { channel: 'ticker', symbol: ['ETH/USD'], event_trigger: 'bbo', snapshot: false });
    const before = texts.length;
    const tops = run(800).flatMap((event) =>
      event.kind === 'book' && event.pair === pairOf('ETH/USD') && event.top.changed ? [event.top] : [],
    );
    const tickers = texts.slice(before).map((text) => JSON.parse(text).data[0]);
    expect(tickers.map(({ bid, bid_qty, ask, ask_qty }) => ({ bid: [bid, bid_qty], ask: [ask, ask_qty] }))).toEqual(
      tops.map(({ bid, ask }) => ({ bid: [...bid], ask: [...ask] })),
    );
    for (const { low, high, last, vwap } of tickers) {
      expect(low <= last && last <= high).toBe(true);
      expect(low <= vwap && vwap <= high).toBe(true);
    }
  });

  test('two clients see the same book; one that comes later too', () => {
    request('subscribe', { channel: 'book', symbol: ['BTC/USD'] });
    run(300);
    const later: string[] = [];
    const second = connect(later);
    second.message('{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"]}}');
    const before = texts.length;
    for (const event of run(300)) second.event(event);
    // Its events came after those of the first; what they say is the same.
    expect(later.slice(3)).toEqual(texts.slice(before));
  });
});

describe('REST', () => {
  test('AssetPairs, with the venue’s old names', () => {
    const { error, result } = rest('/0/public/AssetPairs');
    expect(error).toEqual([]);
    expect(Object.keys(result)).toHaveLength(market.pairs.length);
    expect(result.XXBTZUSD).toMatchObject({
      altname: 'XBTUSD',
      wsname: 'XBT/USD',
      base: 'XXBT',
      quote: 'ZUSD',
      pair_decimals: 1,
      lot_decimals: 8,
      tick_size: '0.1',
      status: 'online',
    });
    expect(result.XDGUSDT).toMatchObject({ wsname: 'XDG/USDT', base: 'XXDG', quote: 'USDT' });
    expect(Object.keys(rest('/0/public/AssetPairs?pair=XBTUSD,ETH/BTC').result)).toEqual(['XXBTZUSD', 'XETHXXBT']);
  });

  test('Trades since a time, oldest first, in pages', () => {
    run(4000);
    const all = market.trades(pairOf('BTC/USD'), 0, Number.MAX_SAFE_INTEGER);
    const { XXBTZUSD: rows, last } = rest('/0/public/Trades?pair=XBTUSD').result as unknown as {
      XXBTZUSD: [string, string, number, string, string, string, number][];
      last: string;
    };
    expect(rows.map((row) => row[6])).toEqual(all.slice(-1000).map(({ tradeId }) => tradeId));
    expect(rows[0]?.[0]).toMatch(/^\d+\.\d{5}$/);
    expect(last).toBe(`${all[all.length - 1]?.timeUs}000`);
    const since = all[20]?.timeUs;
    const page = rest(`/0/public/Trades?pair=BTC/USD&since=${since}000&count=5`).result as unknown as typeof rest;
    expect((page as unknown as { XXBTZUSD: unknown[][] }).XXBTZUSD.map((row) => row[6])).toEqual(
      all.slice(21, 26).map(({ tradeId }) => tradeId),
    );
  });

  test('Depth, Time and errors', () => {
    const depth = rest('/0/public/Depth?pair=XBTUSD&count=3').result.XXBTZUSD as unknown as {
      bids: string[][];
      asks: string[][];
    };
    expect([depth.bids.length, depth.asks.length]).toEqual([3, 3]);
    expect(Number(depth.bids[0]?.[0])).toBeLessThan(Number(depth.asks[0]?.[0]));
    expect(rest('/0/public/Time').result).toEqual({
      unixtime: 1_700_000_000,
      rfc1123: 'Tue, 14 Nov 2023 22:13:20 GMT',
    });
    expect(rest('/0/public/Trades?pair=NOPE').error).toEqual(['EQuery:Unknown asset pair']);
    expect(rest('/0/public/Trades?pair=XBTUSD&since=x').error).toEqual(['EGeneral:Invalid arguments']);
    expect(rest('/0/public/Depth?pair=XBTUSD&count=0').error).toEqual(['EGeneral:Invalid arguments']);
    expect(rest('/0/public/Nothing').error).toEqual(['EGeneral:Unknown method']);
  });
});
