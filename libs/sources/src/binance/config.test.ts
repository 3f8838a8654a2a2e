import { FatalError } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import { binanceDefaults, configureBinance, planBinance } from './config.ts';

describe('configureBinance', () => {
  test('what is left out has its default, by market', () => {
    expect(configureBinance({})).toEqual(binanceDefaults);
    expect(configureBinance({ market: 'usdm', symbols: ['btcusdt', 'BTCUSDT'] })).toMatchObject({
      symbols: ['BTCUSDT'],
      wsEndpoints: ['wss://fstream.binance.com'],
      restEndpoint: 'https://fapi.binance.com',
    });
    expect(configureBinance(configureBinance({ channels: ['kline_1m'] }))).toMatchObject({ channels: ['kline_1m'] });
  });

  test.each([
    [null, 'binance'],
    [{ market: 'coinm' }, 'market'],
    [{ symbols: [] }, 'symbols'],
    [{ symbols: ['BTC/USDT'] }, 'symbols'],
    [{ channels: ['depth5'] }, 'channels'],
    [{ channels: ['kline_2m'] }, 'channels'],
    [{ channels: ['1m'] }, 'channels'],
    [{ wsEndpoints: ['http://x'] }, 'wsEndpoints'],
    [{ restEndpoint: 'ws://x' }, 'restEndpoint'],
    [{ depthLimit: 7 }, 'depthLimit'],
    [{ market: 'usdm', depthLimit: 5000 }, 'depthLimit'],
    [{ streamsPerConnection: 1025 }, 'streamsPerConnection'],
    [{ rollOverMs: 25 * 3_600_000 }, 'rollOverMs'],
    [{ staleMs: -1 }, 'staleMs'],
    [{ backfillLimit: 1.5 }, 'backfillLimit'],
    [{ surprise: 1 }, 'surprise'],
  ])('%j is refused, naming %s', (input, field) => {
    expect(() => configureBinance(input)).toThrow(FatalError);
    expect(() => configureBinance(input)).toThrow(field);
  });
});

test('a task is one connection’s worth, and a symbol’s channels stay together', () => {
  const symbols = Array.from({ length: 7 }, (_, at) => `S${at}USDT`);
  const tasks = planBinance(configureBinance({ symbols, streamsPerConnection: 8 }));
  expect(tasks.map((task) => task.symbols.length)).toEqual([2, 2, 2, 1]);
  expect(tasks.flatMap((task) => task.symbols)).toEqual(symbols);
});
