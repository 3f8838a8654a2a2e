import { expect, test } from '@jest/globals';
import { shownEndpoint } from './shown-endpoint.ts';

test.each([
  'wss://stream.binance.com:9443',
  'wss://stream.binance.com:9443/stream?streams=btcusdt@trade/btcusdt@depth@100ms',
  'wss://ws.kraken.com/v2',
  'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=5000',
])('%s stays as it is', (address) => {
  expect(shownEndpoint(address)).toBe(address);
});

test.each([
  ['wss://me:hunter2@host/feed', 'wss://host/feed'],
  ['wss://host/feed?apiKey=abc&symbol=X', 'wss://host/feed?apiKey=***&symbol=X'],
  ['https://host/?x=1&signature=abcdef', 'https://host/?x=1&signature=***'],
  ['wss://host/ws?listenKey=abc', 'wss://host/ws?listenKey=***'],
  ['wss://mainnet.infura.io/ws/v3/0123456789abcdef0123456789abcdef', 'wss://mainnet.infura.io/ws/v3/***'],
  ['https://host/?q=pqia91ma19a5s61cv6a81va65sdf19v8', 'https://host/?q=***'],
  ['not an address', '(invalid address)'],
])('%s is shown as %s', (address, shown) => {
  expect(shownEndpoint(address)).toBe(shown);
});
