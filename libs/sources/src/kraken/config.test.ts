import { FatalError } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import { krakenDefaults } from './config.ts';
import { kraken } from './source.ts';

describe('configuration', () => {
  test('nothing given is the defaults, and they are valid', () => {
    expect(kraken.configure({})).toEqual(krakenDefaults);
    expect(JSON.parse(JSON.stringify(krakenDefaults))).toEqual(krakenDefaults);
  });

  test('a given field counts', () => {
    const config = kraken.configure({ symbols: ['BTC/EUR'], bookDepth: 100, restEndpoint: 'http://127.0.0.1:9/' });
    expect(config).toEqual({
      ...krakenDefaults,
      symbols: ['BTC/EUR'],
      bookDepth: 100,
      restEndpoint: 'http://127.0.0.1:9',
    });
  });

  test.each([
    ['symbols', { symbols: [] }],
    ['symbols', { symbols: ['BTCUSD'] }],
    ['symbols', { symbols: 'BTC/USD' }],
    ['channels', { channels: ['level3'] }],
    ['bookDepth', { bookDepth: 50 }],
    ['tickerTrigger', { tickerTrigger: 'always' }],
    ['ohlcMinutes', { ohlcMinutes: 2 }],
    ['symbolsPerConnection', { symbolsPerConnection: 0 }],
    ['wsEndpoints', { wsEndpoints: ['https://ws.kraken.com/v2'] }],
    ['restEndpoint', { restEndpoint: 'api.kraken.com' }],
    ['staleMs', { staleMs: -1 }],
    ['rollOverMs', { rollOverMs: 1.5 }],
    ['listV1Symbols', { listV1Symbols: 'yes' }],
    ['depth', { depth: 10 }],
    ['toString', JSON.parse('{"toString":1}')],
    ['configuration', null],
    ['configuration', []],
  ])('%s is named when it is wrong', (field, input) => {
    let error: unknown;
    try {
      kraken.configure(input);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(FatalError);
    expect(error).toMatchObject({ code: 'config_invalid', details: { field } });
  });

  test('a plan puts each symbol, with all its channels, on one connection', () => {
    const symbols = Array.from({ length: 95 }, (_, at) => `A${at}/USD`);
    const tasks = kraken.plan(kraken.configure({ symbols: [...symbols, 'A0/USD'] }));
    expect(tasks.map((task) => task.symbols.length)).toEqual([40, 40, 15]);
    expect(tasks.flatMap((task) => task.symbols)).toEqual(symbols);
    expect(tasks.map((task) => task.channels.includes('instrument'))).toEqual([true, false, false]);
    for (const task of tasks) expect(kraken.configure(task)).toEqual(task);
  });
});
