import type { ListingSeen } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import { canonicalAsset } from './asset-aliases.ts';
import { AssetOverrides, curatedOverrides, parseAssetOverrides } from './asset-overrides.ts';
import { mapAsset } from './map-asset.ts';
import { overrideListing } from './override-listing.ts';
import { scaledAsset } from './scaled-asset.ts';

const header = 'venue,code,symbol,asset,validFrom,reason,source';
const parse = (...rows: string[]) => parseAssetOverrides([header, ...rows].join('\n'), 'mine.csv');
const us = (day: string) => Date.parse(day) * 1000;

describe('mapping of assets', () => {
  test('by rule unless an override says otherwise', () => {
    expect(mapAsset('kraken', 'XXBT')).toEqual({ asset: 'BTC', how: 'rule' });
    expect(mapAsset('bybit', 'NEIRO')).toMatchObject({ asset: 'NEIROETH', how: 'override' });
    expect(mapAsset('binance', 'NEIRO')).toEqual({ asset: 'NEIRO', how: 'rule' });
    expect(mapAsset('bybit', 'NEIRO', AssetOverrides.none)).toEqual({ asset: 'NEIRO', how: 'rule' });
    expect(mapAsset('coinbase', ' cgld ')).toMatchObject({ asset: 'CELO', how: 'override' });
  });

  test('as of a time: a ticker that is given to another asset', () => {
    const luna = (at: string) => mapAsset('binance', 'LUNA', curatedOverrides(), { atUs: us(at) }).asset;
    expect([
      luna('2021-01-01'),
      luna('2022-05-31T05:59:59Z'),
      luna('2022-05-31T06:00:00Z'),
      luna('2026-01-01'),
    ]).toEqual(['LUNC', 'LUNC', 'LUNA', 'LUNA']);
  });

  test('a symbol goes before a code, and a file replaces what we ship, key by key', () => {
    const mine = parse(
      'bybit,NEIRO,,NEIRO-OLD,,ours,',
      'bybit,,NEIROUSDT,NEIRO,,this pair only,https://example.org/x',
      '# a comment',
    );
    const all = curatedOverrides().with(mine);
    expect(mapAsset('bybit', 'NEIRO', all)).toEqual({ asset: 'NEIRO-OLD', how: 'override', reason: 'ours' });
    expect(mapAsset('bybit', 'NEIRO', all, { symbol: 'NEIROUSDT' })).toMatchObject({ asset: 'NEIRO' });
    expect(mapAsset('coinbase', 'CGLD', all).asset).toBe('CELO');
    const cleared = curatedOverrides().with(parse('binance,LUNA,,LUNA,,only the new one here,'));
    expect(mapAsset('binance', 'LUNA', cleared, { atUs: 0 })).toMatchObject({ asset: 'LUNA' });
  });

  test('what is shipped differs from the rules, or ends an override', () => {
    const keys = curatedOverrides().rows.map((row) => `${row.venue} ${row.code ?? row.symbol}`);
    for (const row of curatedOverrides().rows) {
      expect(row.source).not.toBeNull();
      const byRule = row.code === null ? null : canonicalAsset(row.venue, row.code);
      const ends = keys.filter((key) => key === `${row.venue} ${row.code}`).length > 1 && row.validFrom > 0;
      expect(row.asset !== byRule || ends).toBe(true);
    }
  });
});

describe('overrides files', () => {
  test.each([
    ['no header', '', 'mine.csv:1: the file has no header'],
    ['a misspelt column', 'venue,code,symbol,asset,valid_from,reason,source', 'mine.csv:1: valid_from: not a column'],
    ['a missing column', 'venue,code,symbol,asset,reason,source', 'mine.csv:1: validFrom: the column is missing'],
    ['a doubled column', `${header},code`, 'mine.csv:1: code: the column is there twice'],
    ['a venue', `# why\n\n${header}\nBinance,A,,B,,r,`, 'mine.csv:4: venue: not a venue'],
    ['code and symbol', `${header}\nbinance,A,ABUSD,B,,r,`, 'mine.csv:2: code: either a code or a symbol'],
    ['neither', `${header}\nbinance,,,B,,r,`, 'mine.csv:2: code: either a code or a symbol'],
    ['an asset', `${header}\nbinance,A,,b/c,,r,`, "mine.csv:2: asset: not an asset code: 'b/c'"],
    ['no reason', `${header}\nbinance,A,,B,,,`, 'mine.csv:2: reason: an override without'],
    ['a day', `${header}\nbinance,A,,B,2022-13-01,r,`, 'mine.csv:2: validFrom: not a day'],
    ['a time without zone', `${header}\nbinance,A,,B,2022-05-31T06:00,r,`, 'mine.csv:2: validFrom: not a day'],
    ['a source', `${header}\nbinance,A,,B,,r,somewhere`, 'mine.csv:2: source: not an address'],
    ['the same twice', `${header}\nbinance,A,,B,,r,\nbinance,a,,C,,r,`, 'mine.csv:3: says the same thing as line 2'],
    ['too few cells', `${header}\nbinance,A,,B`, 'mine.csv:2: '],
    ['an open quote', `${header}\nbinance,A,,B,,"r,`, 'mine.csv:'],
  ])('%s is refused with its place', (_, csv, message) => {
    expect(() => parseAssetOverrides(csv, 'mine.csv')).toThrow(
      expect.objectContaining({ code: 'reference_file_invalid', message: expect.stringContaining(message) }),
    );
  });

  test('takes columns in any order, quotes, Windows line ends and a byte order mark', () => {
    const csv = '\uFEFFreason,source,asset,code,venue,symbol,validFrom\r\n"a, b",,X,Y,kraken,,2024-01-02\r\n';
    expect(parseAssetOverrides(csv, 'f').rows).toEqual([
      {
        venue: 'kraken',
        code: 'Y',
        symbol: null,
        asset: 'X',
        validFrom: us('2024-01-02'),
        reason: 'a, b',
        source: null,
      },
    ]);
  });
});

describe('overrides of a listing', () => {
  const listing: ListingSeen = {
    venue: 'bybit',
    symbol: 'NEIROUSDT',
    type: 'perpetual',
    base: 'NEIRO',
    quote: 'USDT',
    settle: 'USDT',
    status: 'trading',
    provenance: 'test',
  };
  const now = us('2026-01-01');

  test('change the asset, keep the venue’s code, and say why', () => {
    const { listing: changed, mapping } = overrideListing(listing, now);
    expect(changed).toEqual({ ...listing, base: 'NEIROETH', venueBase: 'NEIRO' });
    expect(mapping).toMatch(/^override: The token 0xee2a/);
  });

  test('leave others as they are', () => {
    const other = { ...listing, venue: 'binance' };
    expect(overrideListing(other, now)).toEqual({ listing: other, mapping: 'rule' });
    expect(overrideListing(other, now).listing).toBe(other);
  });

  test('are of the venue’s code, not of ours', () => {
    const overrides = parse('kraken,LUNA,,X1,,the old coin,', 'kraken,LUNA2,,X2,,the new coin,');
    const luna2 = { ...listing, venue: 'kraken', base: 'LUNA', venueBase: 'LUNA2' };
    const luna = { ...listing, venue: 'kraken', base: 'LUNC', venueBase: 'LUNA' };
    expect(overrideListing(luna2, now, overrides).listing.base).toBe('X2');
    expect(overrideListing(luna, now, overrides).listing.base).toBe('X1');
  });

  test('reach quote and settlement', () => {
    const overrides = parse('bybit,USDT,,USDT-B,,another dollar,', 'bybit,USDC,,USDC-B,,a third,');
    const quote = overrideListing(listing, now, overrides);
    expect(quote.listing).toMatchObject({ quote: 'USDT-B', venueQuote: 'USDT', settle: 'USDT-B' });
    expect(quote.mapping).toBe('override: another dollar');
    expect(overrideListing({ ...listing, settle: 'USDC' }, now, overrides)).toMatchObject({
      listing: { settle: 'USDC-B', quote: 'USDT-B' },
      mapping: 'override: another dollar; a third',
    });
    const inverse = { ...listing, base: 'NEIRO', quote: 'USD', settle: 'NEIRO' };
    expect(overrideListing(inverse, now).listing).toMatchObject({ base: 'NEIROETH', settle: 'NEIROETH' });
  });
});

describe('scaled codes', () => {
  test('are assets of their own, and say of how many units', () => {
    for (const code of ['1000SHIB', '1000PEPE', '1MBABYDOGE', 'SHIB1000', '10000SATS']) {
      for (const venue of ['binance', 'binance-usdm', 'bybit']) expect(mapAsset(venue, code).asset).toBe(code);
    }
    expect(['1000SHIB', '10000SATS', '1000000MOG', '1MBABYDOGE', 'SHIB1000'].map(scaledAsset)).toEqual([
      { unit: 'SHIB', factor: 1000 },
      { unit: 'SATS', factor: 10_000 },
      { unit: 'MOG', factor: 1_000_000 },
      { unit: 'BABYDOGE', factor: 1_000_000 },
      { unit: 'SHIB', factor: 1000 },
    ]);
    expect(['1INCH', 'SHIB', '100X', '1000', 'C98', 'B20', '1M', '2000SHIB'].map(scaledAsset)).toEqual(
      Array.from({ length: 8 }, () => null),
    );
  });
});
