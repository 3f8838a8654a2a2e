import { describe, expect, test } from '@jest/globals';
import { aliasesOf, canonicalAsset } from './asset-aliases.ts';
import { assetKind } from './asset-kind.ts';
import { isIsin } from './isin.ts';
import { usdValueOf } from './usd-value.ts';

describe('assets', () => {
  test.each([
    ['kraken', 'XBT', 'BTC'],
    ['kraken', 'XXBT', 'BTC'],
    ['kraken', 'xdg', 'DOGE'],
    ['kraken', 'ZUSD', 'USD'],
    ['kraken', 'XTZ', 'XTZ'],
    ['kraken', 'ZRX', 'ZRX'],
    ['kraken', 'LUNA', 'LUNC'],
    ['binance', 'LUNA', 'LUNA'],
    ['bitmex', 'XBT', 'BTC'],
    ['binance', 'XDG', 'XDG'],
    ['binance', 'constructor', 'CONSTRUCTOR'],
  ])('%s calls it %s, we %s', (venue, code, ours) => expect(canonicalAsset(venue, code)).toBe(ours));

  test('the aliases of an asset can be listed', () => {
    expect(aliasesOf('BTC')).toEqual(['*:XBT', 'kraken:XXBT']);
    expect(aliasesOf('SOL')).toEqual([]);
  });

  test('kinds and dollar values go by rule', () => {
    expect(['BTC', 'EUR', 'USDT', 'EURC', 'MNT'].map(assetKind)).toEqual([
      'crypto',
      'fiat',
      'stablecoin',
      'stablecoin',
      'crypto',
    ]);
    expect(['USD', 'USDT', 'PYUSD', 'BTC', 'EUR', 'UST', 'USTC'].map(usdValueOf)).toEqual([
      1,
      1,
      1,
      null,
      null,
      null,
      null,
    ]);
  });

  test('ISINs carry their check digit', () => {
    for (const right of ['US0378331005', 'IE00B4L5Y983', 'DE0007164600', 'GB0002634946'])
      expect(isIsin(right)).toBe(true);
    for (const wrong of ['US0378331006', 'US037833100', 'us0378331005', 'US03783310055', ''])
      expect(isIsin(wrong)).toBe(false);
  });
});
