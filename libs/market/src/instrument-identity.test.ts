import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  assetIdentity,
  instrumentIdentityOf,
  listingIdentity,
  perpetualIdentity,
  spotIdentity,
  venueIdentity,
} from './identities.ts';
import { type Identity, normaliseIdentity, parseIdentity, printIdentity } from './instrument-identity.ts';

const asset = fc.constantFrom('BTC', 'USDT', '1INCH', '币安人生', 'XBT.M', 'USD', '$WIF');
const name = fc.constantFrom('binance', 'kraken', 'binance-usdm', 'fred');
const verbatim = fc.constantFrom('BTCUSDT', 'BTC/USD', 'tBTC:UST', 'a_b', 'PI_XBTUSD');
const evmAddress = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 40, maxLength: 40 })
  .map((hex) => `0x${hex.join('')}`);
const solanaAddress = fc.constantFrom(
  'So11111111111111111111111111111111111111112',
  'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
  '11111111111111111111111111111111',
);
const onChain = fc.oneof(
  fc.record({ chain: fc.constantFrom('ethereum', 'polygon', 'arbitrum', 'base', 'unheard-of'), address: evmAddress }),
  fc.record({ chain: fc.constant('solana'), address: solanaAddress }),
  fc.record({ chain: fc.constant('tron'), address: fc.constant('TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t') }),
);
/** Numbers without needless zeros, as strikes are printed. */
const strike = fc
  .tuple(fc.nat({ max: 10_000_000 }), fc.nat({ max: 9999 }))
  .filter(([whole, fraction]) => whole > 0 || fraction > 0)
  .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(4, '0')}`.replace(/\.?0+$/, ''));
const usdc = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48';
const expiry = fc.constantFrom('20260327', '20240229', '20301231');
const pair = { base: asset, quote: asset };
const identity: fc.Arbitrary<Identity> = fc.oneof(
  fc.record({ type: fc.constant('spot' as const), ...pair }),
  fc.record({ type: fc.constant('perpetual' as const), ...pair, settle: asset }),
  fc.record({ type: fc.constant('future' as const), ...pair, settle: asset, expiry }),
  fc.record({
    type: fc.constant('option' as const),
    ...pair,
    settle: asset,
    expiry,
    strike,
    right: fc.constantFrom('C' as const, 'P' as const),
  }),
  fc.record({
    type: fc.constantFrom('equity' as const, 'etf' as const),
    isin: fc.constantFrom('US0378331005', 'IE00B4L5Y983'),
  }),
  fc.record({ type: fc.constantFrom('index' as const, 'indicator' as const), provider: name, code: verbatim }),
  fc.tuple(fc.constantFrom('token' as const, 'pool' as const), onChain).map(([type, where]) => ({ type, ...where })),
  fc.record({ type: fc.constant('synthetic' as const), name }),
  fc.record({ type: fc.constant('asset' as const), code: asset }),
  fc.record({ type: fc.constant('venue' as const), name }),
  fc.record({ type: fc.constant('listing' as const), venue: name, symbol: verbatim }),
);

/** Writes a canonical string as somebody careless might, where its parts allow it. */
const careless = (text: string): string => {
  const type = text.slice(0, text.indexOf(':'));
  if (type === 'future' || type === 'option') {
    const [kind, pair, settle, expiry, strike, right] = text.split(':');
    const day = expiry?.replace(/(....)(..)(..)/, '$1-$2-$3');
    const rest = strike ? [`00${strike}${strike.includes('.') ? '00' : '.0'}`, right === 'C' ? 'call' : 'Put'] : [];
    return [kind?.toUpperCase(), pair?.replace('/', ' / '), ` ${settle}`, day, ...rest].join(' : ');
  }
  if (['index', 'indicator', 'listing', 'token', 'pool'].includes(type)) {
    const [kind, second, ...rest] = text.split(':');
    return ` ${kind?.toUpperCase()} : ${second?.toUpperCase()} :${rest.join(':')}\n`;
  }
  return ` ${text.replace(/[a-zA-Z]/g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase())).replaceAll(':', ' : ')} `;
};

describe('identity strings', () => {
  test('parsing what was printed gives the same identity', () => {
    fc.assert(fc.property(identity, (each) => expect(parseIdentity(printIdentity(each))).toEqual(each)));
  });

  test('printing what was parsed gives the same string', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), identity.map(printIdentity).map(careless)), (text) => {
        const parsed = parseIdentity(text);
        if (parsed) expect(printIdentity(parsed)).toBe(text);
      }),
    );
  });

  test('normalising leads to the canonical string and twice is once', () => {
    fc.assert(
      fc.property(identity, (each) => {
        const text = printIdentity(each);
        expect(normaliseIdentity(text)).toBe(text);
        expect(normaliseIdentity(careless(text))).toBe(text);
      }),
    );
    const anything = fc.tuple(
      fc.constantFrom('spot', 'asset', 'listing', 'index', 'token', 'pool', 'VENUE', 'equity', 'option', 'future'),
      fc.string({ unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(anything, ([type, rest]) => {
        const once = normaliseIdentity(`${type}:${rest}`);
        if (once !== null) {
          expect(normaliseIdentity(once)).toBe(once);
          expect(parseIdentity(once)).not.toBeNull();
        }
      }),
    );
  });

  test('different identities have different strings', () => {
    fc.assert(
      fc.property(identity, identity, (one, other) => {
        const [text, otherText] = [printIdentity(one), printIdentity(other)];
        expect(text === otherText).toBe(
          JSON.stringify(parseIdentity(text)) === JSON.stringify(parseIdentity(otherText)),
        );
      }),
    );
  });

  test.each([
    ['option:BTC/USD:BTC:2026-03-27:060000.50:call', 'option:BTC/USD:BTC:20260327:60000.5:C'],
    ['option:BTC/USD:BTC:20260327:.5:P', 'option:BTC/USD:BTC:20260327:0.5:P'],
    ['token:Ethereum:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', `token:ethereum:${usdc}`],
    [`token:ETH:${usdc.toUpperCase()}`, `token:ethereum:${usdc}`],
    [`pool:arbitrum-one:${usdc}`, `pool:arbitrum:${usdc}`],
    [
      'token:sol:So11111111111111111111111111111111111111112',
      'token:solana:So11111111111111111111111111111111111111112',
    ],
    ['ETF:ISIN:ie00b4l5y983', 'etf:isin:IE00B4L5Y983'],
    ['index:SPGlobal:SPX', 'index:spglobal:SPX'],
    ['indicator:FRED:CPIAUCSL', 'indicator:fred:CPIAUCSL'],
    ['Synthetic:BTC-Basis', 'synthetic:btc-basis'],
  ])('%s is %s', (written, canonical) => expect(normaliseIdentity(written)).toBe(canonical));

  test.each([
    'option:BTC/USD:BTC:20260327:0:C',
    'option:BTC/USD:BTC:20260327:1e5:C',
    'option:BTC/USD:BTC:20260327:-5:C',
    'option:BTC/USD:BTC:20260327:60000',
    'option:BTC/USD:BTC:20260327:60000:C:x',
    'future:BTC/USD:BTC:20260229',
    // A checksum that is wrong, an address of another chain, base58 of 31 bytes.
    'token:ethereum:0xa0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
    'token:ethereum:So11111111111111111111111111111111111111112',
    `token:solana:${usdc}`,
    'token:solana:1111111111111111111111111111111',
    'index:spglobal:S\u200BPX',
    'index:spglobal:',
    'synthetic:a b',
  ])('%s is no identity however it is written', (text) => expect(normaliseIdentity(text)).toBeNull());

  test.each([
    'spot:BTC',
    'spot:btc/USDT',
    'spot:BTC/USDT:USDT',
    'spot:BTC/ USDT',
    'perpetual:BTC/USDT',
    'future:BTC/USD:BTC:20260230',
    'option:BTC/USD:BTC:20260327:060:C',
    'equity:isin:US0378331006',
    'token:ethereum:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
    'token:ethereum:0x12',
    'token:eth:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
    'option:BTC/USD:BTC:20260327:60000.50:C',
    'listing:binance:',
    'venue:Kraken',
    '__proto__:x',
    'constructor:x',
    '',
    ':',
  ])('%s is not canonical', (text) => expect(parseIdentity(text)).toBeNull());

  test('the usual ones', () => {
    expect(spotIdentity('BTC', 'USDT')).toBe('spot:BTC/USDT');
    expect(perpetualIdentity('BTC', 'USDT', 'USDT')).toBe('perpetual:BTC/USDT:USDT');
    expect(listingIdentity('kraken', 'BTC/USD')).toBe('listing:kraken:BTC/USD');
    expect([venueIdentity('kraken'), assetIdentity('BTC')]).toEqual(['venue:kraken', 'asset:BTC']);
    expect(normaliseIdentity('token:Ethereum:0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48')).toBe(
      'token:ethereum:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
    );
    expect(() => spotIdentity('BTC/X', 'USDT')).toThrow(RangeError);
    expect(() => assetIdentity('btc')).toThrow(RangeError);
  });

  test('a listing states its instrument, or too little', () => {
    expect(instrumentIdentityOf({ type: 'spot', base: 'BTC', quote: 'USD' })).toBe('spot:BTC/USD');
    expect(instrumentIdentityOf({ type: 'perpetual', base: 'BTC', quote: 'USDT' })).toBeNull();
    expect(instrumentIdentityOf({ type: 'perpetual', base: 'BTC', quote: 'USDT', settle: 'USDT' })).toBe(
      'perpetual:BTC/USDT:USDT',
    );
    expect(instrumentIdentityOf({ type: 'future', base: 'BTC', quote: 'USD', settle: 'BTC' })).toBeNull();
    expect(instrumentIdentityOf({ type: 'future', base: 'BTC', quote: 'USD', settle: 'BTC', expiry: '20260327' })).toBe(
      'future:BTC/USD:BTC:20260327',
    );
  });
});
