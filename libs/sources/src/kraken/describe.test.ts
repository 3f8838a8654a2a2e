import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { describeContext, describeFrame } from './describe.ts';
import { restPair, symbolOfRestPair, v2Symbol } from './symbols.ts';

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const described = (text: string | Buffer) => {
  const { key, channel } = describeFrame(Buffer.from(text));
  return `${key} ${channel}`;
};

describe('where a frame belongs', () => {
  test('v2', () => {
    expect(fixture('v2-frames').frames.map(described)).toEqual([
      'status status',
      'BTC/USD control',
      'BTC/USD book',
      'heartbeat heartbeat',
      'BTC/USD book',
      'heartbeat heartbeat',
      'BTC/USD book',
      'BTC/USDT trade',
      'BTC/USD ohlc',
      'BTC/USD ticker',
    ]);
  });

  test('v1', () => {
    expect(fixture('v1-frames').frames.map(described)).toEqual([
      'status status',
      'WAVES/EUR control',
      'XMR/USD trade',
      'XMR/USD trade',
      'WAVES/EUR ticker',
      'XMR/USD book',
      'SC/EUR book',
      'XBT/USD spread',
      'heartbeat heartbeat',
    ]);
  });

  test.each([
    [
      '{"error":"Currency pair not supported BAD/PAIR","method":"subscribe","success":false,"symbol":"BAD/PAIR"}',
      'BAD/PAIR control',
    ],
    ['{"method":"pong","req_id":1,"time_in":"…"}', 'control control'],
    ['{"Error":"Exceeded msg rate"}', 'control control'],
    ['{"channel":"instrument","type":"snapshot","data":{"assets":[{"id":"USD"}]}}', 'instrument instrument'],
    ['{ "type":"update", "channel" : "trade", "data":[{"symbol" : "BTC/USD"}]}', 'BTC/USD trade'],
    ['{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bi', 'BTC/USD book'],
    ['{"channel":"trade","data":[{"symbol":"__proto__"}]}', 'trade trade'],
    ['{"channel":"__proto__"}', 'unscanned unscanned'],
    ['{"channel":"', 'unscanned unscanned'],
    ['[]', 'unscanned unscanned'],
    ['[1,2', 'unscanned unscanned'],
    ['', 'unscanned unscanned'],
    ['null', 'unscanned unscanned'],
    ['<html>', 'unscanned unscanned'],
  ])('%s', (text, expected) => expect(described(text)).toBe(expected));

  test('bytes that are no text, and a frame of ten megabytes', () => {
    expect(described(Buffer.from([0, 255, 1, 254]))).toBe('unscanned unscanned');
    expect(described(Buffer.alloc(10_000_000, '['))).toBe('unscanned unscanned');
  });

  test('HTTP answers go by their address', () => {
    const http = (requestUrl: string) => describeContext({ endpoint: '', payload: Buffer.alloc(0), requestUrl });
    expect(http('https://api.kraken.com/0/public/Trades?pair=XBTUSD&since=1')).toEqual({
      key: 'BTC/USD',
      channel: 'rest/Trades',
    });
    expect(http('https://api.kraken.com/0/public/AssetPairs')).toEqual({
      key: 'rest/AssetPairs',
      channel: 'rest/AssetPairs',
    });
  });
});

test('names of symbols', () => {
  expect(['XBT/USD', 'XDG/XBT', 'XTZ/EUR'].map(v2Symbol)).toEqual(['BTC/USD', 'DOGE/BTC', 'XTZ/EUR']);
  expect(['BTC/USD', 'DOGE/BTC', 'SOL/USDT'].map(restPair)).toEqual(['XBTUSD', 'XDGXBT', 'SOLUSDT']);
  expect(['XBTUSDT', 'XXBTZUSD', 'XETHXXBT', 'SOLUSDT', 'XDGUSD', 'BTC/USD', 'NOPE'].map(symbolOfRestPair)).toEqual([
    ...['BTC/USDT', 'BTC/USD', 'ETH/BTC', 'SOL/USDT', 'DOGE/USD', 'BTC/USD', 'NOPE'],
  ]);
});
