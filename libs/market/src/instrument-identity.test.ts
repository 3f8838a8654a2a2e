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
const address = fc.oneof(
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: 40, maxLength: 40 }).map((hex) => `0x${hex.join('')}`),
  fc.constant('So11111111111111111111111111111111111111112'),
);
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
    strike: fc.constantFrom('60000', '0.5', '12.25'),
    right: fc.constantFrom('C' as const, 'P' as const),
  }),
  fc.record({
    type: fc.constantFrom('equity' as const, 'etf' as const),
    isin: fc.constantFrom('US0378331005', 'IE00B4L5Y983'),
  }),
  fc.record({ type: fc.constantFrom('index' as const, 'indicator' as const), provider: name, code: verbatim }),
  fc.record({ type: fc.constantFrom('token' as const, 'pool' as const), chain: name, address }),
  fc.record({ type: fc.constant('synthetic' as const), name }),
  fc.record({ type: fc.constant('asset' as const), code: asset }),
  fc.record({ type: fc.constant('venue' as const), name }),
  fc.record({ type: fc.constant('listing' as const), venue: name, symbol: verbatim }),
);

/** Writes a canonical string as somebody careless might, where its parts allow it. */
const careless = (text: string): string => {
  const type = text.slice(0, text.indexOf(':'));
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
      fc.constantFrom('spot', 'asset', 'listing', 'token', 'VENUE', 'equity'),
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
