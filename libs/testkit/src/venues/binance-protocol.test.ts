import { describe, expect, test } from '@jest/globals';
import { binanceProtocol } from './binance-protocol.ts';
import type { MarketEvent, SimulatedPair, VenueMarket } from './protocol.ts';

const pair: SimulatedPair = { base: 'BTC', quote: 'USDT', pricePrecision: 2, sizePrecision: 5 };
const other: SimulatedPair = { base: 'ETH', quote: 'USDT', pricePrecision: 2, sizePrecision: 4 };
const startUs = 1_723_161_255_000_000;

function trade(tradeId: number, timeUs = startUs): Extract<MarketEvent, { kind: 'trade' }> {
  return { kind: 'trade', pair, tradeId, price: 61837.63, size: 0.02, side: 'sell', timeUs };
}

function change(firstUpdateId: number, lastUpdateId: number, timeUs: number, price = 61837.63, size = 1): MarketEvent {
  return {
    kind: 'book',
    pair,
    firstUpdateId,
    lastUpdateId,
    bids: [[price, size]],
    asks: [],
    top: { bid: [61837.63, 1], ask: [61837.64, 2.5], changed: true },
    timeUs,
  };
}

const newMarket = (): VenueMarket => ({
  venue: 'binance',
  pairs: [pair, other],
  book: () => ({ lastUpdateId: 42, bids: [[61837.63, 3.78826]], asks: [[61837.64, 1]] }),
  trades: (_pair, fromId, limit) =>
    [1, 2, 3]
      .map((id) => trade(id))
      .filter(({ tradeId }) => tradeId >= fromId)
      .slice(0, limit),
});

function connect(path: string, query = '', market = newMarket()) {
  const sent: string[] = [];
  const closed: string[] = [];
  const now = { us: startUs };
  const session = binanceProtocol.connect(
    path,
    new URLSearchParams(query),
    market,
    (text) => sent.push(text),
    () => now.us,
    (code, reason) => closed.push(`${code} ${reason}`),
  );
  return { session, sent, closed, now };
}

function get(pathAndQuery: string) {
  const url = new URL(pathAndQuery, 'http://localhost');
  return binanceProtocol.http({ method: 'GET', path: url.pathname, query: url.searchParams }, newMarket(), startUs);
}

describe('streams', () => {
  test('combined streams are wrapped, raw ones are not', () => {
    const combined = connect('/stream', 'streams=btcusdt@trade/ethusdt@trade');
    const raw = connect('/ws/btcusdt@trade');
    for (const { session } of [combined, raw]) session.event(trade(3735683259, 1_723_161_255_342_000));
    const data =
      '{"e":"trade","E":1723161255342,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}';
    expect(combined.sent).toEqual([`{"stream":"btcusdt@trade","data":${data}}`]);
    expect(raw.sent).toEqual([data]);
  });

  test('book tickers come when the top has changed, in the venue’s shape', () => {
    const { session, sent } = connect('/stream', 'streams=btcusdt@bookTicker');
    session.event(change(11, 12, startUs));
    session.event({ ...change(13, 13, startUs), top: { bid: [1, 1], ask: [2, 2], changed: false } } as MarketEvent);
    expect(sent).toEqual([
      '{"stream":"btcusdt@bookTicker","data":{"u":12,"s":"BTCUSDT","b":"61837.63000000","B":"1.00000000","a":"61837.64000000","A":"2.50000000"}}',
    ]);
  });

  test('depth gathers windows of 100 ms without a hole between them', () => {
    const { session, sent } = connect('/ws/btcusdt@depth@100ms');
    session.event(change(11, 12, startUs, 100));
    session.event(change(13, 15, startUs + 40_000, 101));
    session.event(change(16, 16, startUs + 99_000, 100, 0));
    session.event(change(17, 18, startUs + 100_000));
    session.event(change(19, 19, startUs + 350_000));
    expect(sent).toEqual([
      '{"e":"depthUpdate","E":1723161255099,"s":"BTCUSDT","U":11,"u":16,"b":[["101.00000000","1.00000000"],["100.00000000","0.00000000"]],"a":[]}',
      '{"e":"depthUpdate","E":1723161255100,"s":"BTCUSDT","U":17,"u":18,"b":[["61837.63000000","1.00000000"]],"a":[]}',
    ]);
    session.tick(startUs + 1_000_000);
    expect(sent).toHaveLength(2);
    session.tick(startUs + 2_000_000);
    expect(JSON.parse(sent[2] as string)).toMatchObject({ U: 19, u: 19 });
    session.tick(startUs + 3_000_000);
    expect(sent).toHaveLength(3);
  });

  test('a window is the same for a connection that came in its middle', () => {
    const shared = newMarket();
    const early = connect('/ws/btcusdt@depth@100ms', '', shared);
    const dispatch = (event: MarketEvent, ...to: (typeof early)[]) => {
      for (const { session } of to) session.event(event);
    };
    dispatch(change(11, 12, startUs), early);
    const late = connect('/ws/btcusdt@depth@100ms', '', shared);
    dispatch(change(13, 15, startUs + 40_000), early, late);
    dispatch(change(16, 17, startUs + 100_000), early, late);
    expect(late.sent).toEqual(early.sent);
    expect(JSON.parse(late.sent[0] as string)).toMatchObject({ U: 11, u: 15 });
    // After a time without listeners the window begins anew.
    const later = connect('/ws/btcusdt@depth@100ms', '', shared);
    dispatch(change(30, 31, startUs + 150_000), later);
    dispatch(change(32, 32, startUs + 200_000), later);
    expect(JSON.parse(later.sent[0] as string)).toMatchObject({ U: 30, u: 31 });
  });

  test('a later subscription does not cut an open window', () => {
    const { session, sent } = connect('/ws/btcusdt@depth@100ms');
    session.event(change(11, 12, startUs));
    session.message('{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}');
    session.event(change(13, 14, startUs + 100_000));
    expect(JSON.parse(sent[1] as string)).toMatchObject({ U: 11, u: 12 });
  });
});

describe('requests', () => {
  test.each([
    ['{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":7}', '{"result":null,"id":7}'],
    ['{"method":"SUBSCRIBE","params":["nosuch@trade"],"id":"a1"}', '{"result":null,"id":"a1"}'],
    ['{"method":"SUBSCRIBE","params":["btcusdt"],"id":1}', '{"code":2,"msg":"Invalid request: invalid stream"}'],
    ['{"method":"UNSUBSCRIBE","params":["ethusdt@trade"],"id":null}', '{"result":null,"id":null}'],
    ['{"method":"LIST_SUBSCRIPTIONS","id":3}', '{"result":["ethusdt@trade"],"id":3}'],
    ['{"method":"GET_PROPERTY","params":["combined"],"id":3}', '{"result":true,"id":3}'],
    [
      '{"method":"SET_PROPERTY","params":["combined",1],"id":3}',
      '{"code":1,"msg":"Invalid value type: expected Boolean"}',
    ],
    ['{"method":"GET_PROPERTY","params":["x"],"id":3}', '{"code":0,"msg":"Unknown property","id":3}'],
    [
      '{"method":"SUBSCRIBE","params":["a@b"],"id":{}}',
      '{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}',
    ],
    ['{"id":1}', expect.stringContaining('missing field `method`')],
    ['{"method":"BUY","id":1}', expect.stringContaining('unknown variant `BUY`')],
    ['nonsense', expect.stringContaining('"code":3')],
    ['null', expect.stringContaining('"code":2')],
  ])('%s', (request, answer) => {
    const { session, sent } = connect('/stream', 'streams=ethusdt@trade');
    session.message(request);
    expect(sent).toEqual([answer]);
  });

  test('what is unsubscribed stays silent', () => {
    const { session, sent } = connect('/stream', 'streams=btcusdt@trade');
    session.message('{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":1}');
    session.event(trade(1));
    expect(sent).toEqual(['{"result":null,"id":1}']);
  });

  test('more than five messages a second end the connection', () => {
    const { session, closed, now } = connect('/stream');
    const ask = (times: number) => {
      for (let at = 0; at < times; at++) session.message('{"method":"LIST_SUBSCRIPTIONS","id":1}');
    };
    ask(5);
    now.us += 1_000_000;
    ask(5);
    expect(closed).toEqual([]);
    ask(1);
    expect(closed).toEqual(['1008 Too many requests']);
  });
});

describe('REST', () => {
  test('market data', () => {
    expect(get('/api/v3/ping').body).toBe('{}');
    expect(get('/api/v3/time').body).toBe('{"serverTime":1723161255000}');
    expect(get('/api/v3/depth?symbol=BTCUSDT&limit=5').body).toBe(
      '{"lastUpdateId":42,"bids":[["61837.63000000","3.78826000"]],"asks":[["61837.64000000","1.00000000"]]}',
    );
    const trades = get('/api/v3/historicalTrades?symbol=BTCUSDT&fromId=2&limit=1').body;
    expect(JSON.parse(trades)).toEqual([
      {
        id: 2,
        price: '61837.63000000',
        qty: '0.02000000',
        quoteQty: '1236.75260000',
        time: 1723161255000,
        isBuyerMaker: true,
        isBestMatch: true,
      },
    ]);
    const newest = JSON.parse(get('/api/v3/trades?symbol=BTCUSDT&limit=2').body) as { id: number }[];
    expect(newest.map(({ id }) => id)).toEqual([2, 3]);
    const info = JSON.parse(get('/api/v3/exchangeInfo?symbols=["ETHUSDT"]').body) as { symbols: object[] };
    expect(info.symbols).toEqual([expect.objectContaining({ symbol: 'ETHUSDT', baseAsset: 'ETH', status: 'TRADING' })]);
  });

  test.each([
    ['/api/v3/depth?symbol=NOSUCH', 400, '{"code":-1121,"msg":"Invalid symbol."}'],
    ['/api/v3/depth', 400, expect.stringContaining('"code":-1102')],
    ['/api/v3/depth?symbol=btcusdt', 400, expect.stringContaining('"code":-1100')],
    ['/api/v3/depth?symbol=BTCUSDT&limit=x', 400, expect.stringContaining('"code":-1100')],
    ['/api/v3/exchangeInfo?symbol=NOSUCH', 400, expect.stringContaining('"code":-1121')],
    ['/api/v3/exchangeInfo?symbols=[', 400, expect.stringContaining('"code":-1100')],
    ['/api/v3/surprise', 404, expect.stringContaining('404')],
    ['/constructor', 404, expect.stringContaining('404')],
  ])('%s', (path, status, body) => {
    expect(get(path)).toMatchObject({ status, body });
  });
});
