import type { CollectDeps } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { expect, test } from '@jest/globals';
import { configureBinance } from './config.ts';
import { discoverBinance, readListings } from './discovery.ts';

/** Cut down from https://fapi.binance.com/fapi/v1/exchangeInfo as documented. */
const usdm = {
  symbols: [
    {
      symbol: 'BTCUSDT',
      contractType: 'PERPETUAL',
      status: 'TRADING',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
      marginAsset: 'USDT',
      filters: [
        { filterType: 'PRICE_FILTER', tickSize: '0.10' },
        { filterType: 'LOT_SIZE', stepSize: '0.001' },
        { filterType: 'MIN_NOTIONAL', notional: '100' },
      ],
    },
    {
      symbol: 'BTCUSDT_240927',
      contractType: 'CURRENT_QUARTER',
      status: 'SETTLING',
      baseAsset: 'BTC',
      quoteAsset: 'USDT',
      marginAsset: 'USDT',
      filters: [],
    },
    { symbol: 'SOON', contractType: '', status: 'PENDING_TRADING', filters: [] },
    { symbol: 'BROKEN', contractType: 'PERPETUAL', status: 'TRADING' },
    'nonsense',
  ],
};

test('USD-M contracts become listings; malformed ones are left out and named', () => {
  const { listings, rejected } = readListings(Buffer.from(JSON.stringify(usdm)), 'binance-usdm');
  expect(listings).toEqual([
    {
      venue: 'binance-usdm',
      symbol: 'BTCUSDT',
      type: 'perpetual',
      base: 'BTC',
      quote: 'USDT',
      settle: 'USDT',
      tickSize: 0.1,
      lotSize: 0.001,
      minNotional: 100,
      makerFeeBps: 2,
      takerFeeBps: 5,
      status: 'trading',
      provenance: 'binance-usdm exchangeInfo, fees https://www.binance.com/en/fee/futureFee',
    },
    expect.objectContaining({ symbol: 'BTCUSDT_240927', type: 'future', status: 'delisted' }),
  ]);
  expect(rejected).toEqual([expect.stringContaining('BROKEN'), expect.stringContaining('?')]);
});

test('the answer goes to raw before it is read', async () => {
  const written: string[] = [];
  const origin = { endpoint: 'https://api.binance.com', connectionId: 'h', sequence: 0, receivedTime: 1 };
  const deps = {
    clock: new ManualClock(),
    signal: new AbortController().signal,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    sink: { message: (key: string, channel: string) => written.push(`${key} ${channel}`) },
    net: {
      http: ({ url }: { url: string }) => {
        written.push(url);
        return Promise.resolve({ status: 200, body: Buffer.from('<html>'), contentType: 'text/html', origin });
      },
    },
  } as unknown as CollectDeps;
  await expect(discoverBinance(configureBinance({}), deps)).rejects.toMatchObject({ code: 'frame_not_json' });
  expect(written).toEqual([
    'https://api.binance.com/api/v3/exchangeInfo?showPermissionSets=false',
    'exchangeInfo rest/exchangeInfo',
  ]);
});
