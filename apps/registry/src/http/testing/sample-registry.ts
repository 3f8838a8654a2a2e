import { idOf, supersededKey, topicOf, versionKey } from '@alphapulse/registry';
import type { MemoryLog } from '@alphapulse/registry/testing/memory-log.ts';
import type { Asset, Instrument, Listing, Mapping, Pool, Synthetic, Token, Venue } from '@alphapulse/schemas';

const hour = 3_600_000_000;
/** When the samples begin; microseconds. */
export const startUs = Date.parse('2026-03-01T00:00:00Z') * 1_000;

const since = { validFrom: 0, validTo: null, recordedTime: startUs, provenance: 'test' };
const noFacts = {
  ...{ base: null, quote: null, settle: null, expiry: null, strike: null, right: null, isin: null, cusip: null },
  ...{ figi: null, ticker: null, name: null, sector: null, provider: null, code: null, chain: null, address: null },
};

const instrument = (identity: string, type: Instrument['type'], facts: Partial<Instrument> = {}): Instrument => ({
  ...{ id: idOf(identity), identity, type, ...noFacts, ...since },
  ...facts,
});
const listing = (venue: string, symbol: string, identity: string, facts: Partial<Listing> = {}): Listing => ({
  ...{ id: idOf(`listing:${venue}:${symbol}`), venue, symbol, instrumentId: idOf(identity), instrument: identity },
  ...{ tickSize: 0.01, lotSize: 0.001, minNotional: null, makerFeeBps: null, takerFeeBps: 10, status: 'trading' },
  ...{ mapping: 'rule', source: venue, ...since, ...facts },
});
const venue = (name: string, facts: Partial<Venue> = {}): Venue => ({
  ...{ id: idOf(`venue:${name}`), name, kind: 'exchange', mic: null, country: null, timeZone: 'UTC' },
  ...{ status: 'active', ...since, ...facts },
});
const asset = (code: string, kind: Asset['kind']): Asset => ({
  ...{ id: idOf(`asset:${code}`), code, kind, name: null, aliases: [`kraken:X${code}`], tokens: [], ...since },
});
const token = (address: string, symbol: string, decimals: number): Token => ({
  ...{ id: idOf(`token:ethereum:${address.toLowerCase()}`), chain: 'ethereum', address, symbol, name: symbol },
  ...{ decimals, asset: symbol, ...since },
});
const synthetic = (name: string, legs: readonly string[]): Synthetic => ({
  ...{ id: idOf(`synthetic:${name}`), name, kind: 'formula', formula: 'leg0 - 1', ...since },
  legs: legs.map((identity, at) => ({ name: `leg${at}`, instrumentId: idOf(identity), weight: 1, venue: null })),
});

export const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
export const weth = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';
export const apple = instrument('equity:isin:US0378331005', 'equity', {
  ...{ isin: 'US0378331005', cusip: '037833100', figi: 'BBG000B9XRY4', ticker: 'AAPL', name: 'Apple Inc.' },
});
export const bitcoinListing = listing('binance', 'BTCUSDT', 'spot:BTC/USDT');
const usdcToken = token(usdc, 'USDC', 6);
const wethToken = token(weth, 'WETH', 18);

export const samples = {
  instruments: [
    instrument('spot:BTC/USDT', 'spot', { base: 'BTC', quote: 'USDT' }),
    ...Array.from({ length: 7 }, (_, at) => instrument(`spot:C${at}/USDT`, 'spot', { base: `C${at}`, quote: 'USDT' })),
    apple,
    instrument('synthetic:btc-premium', 'synthetic'),
    instrument('synthetic:premium-index', 'synthetic'),
  ],
  listings: [
    listing('kraken', 'BTC/USDT', 'spot:BTC/USDT', { takerFeeBps: 26 }),
    ...Array.from({ length: 7 }, (_, at) => listing('binance', `C${at}USDT`, `spot:C${at}/USDT`)),
    listing('xnas', 'AAPL', 'equity:isin:US0378331005', { source: 'csv' }),
  ],
  venues: [venue('binance'), venue('kraken', { country: 'US' }), venue('xnas', { mic: 'XNAS', country: 'US' })],
  assets: [asset('BTC', 'crypto'), asset('USDT', 'stablecoin')],
  tokens: [usdcToken, wethToken],
  synthetics: [synthetic('btc-premium', ['spot:BTC/USDT']), synthetic('premium-index', ['synthetic:btc-premium'])],
};

export const pool: Pool = {
  ...{ id: idOf('pool:ethereum:0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640'), dex: 'uniswap-v3', feeTier: 500 },
  ...{ token0Id: usdcToken.id, token1Id: wethToken.id, blockchain: 'ethereum', createdAt: startUs, ...since },
  poolAddress: '0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640',
};

const mapping: Mapping = {
  ...{ id: idOf('spot:C1/USDT'), instrument: 'spot:C1/USDT', state: 'suspect', limitBps: 500 },
  ...{ reason: 'binance is 9,000 bps from the others', sinceTime: startUs, receivedTime: startUs + hour },
  venues: [{ venue: 'binance', symbol: 'C1USDT', midPrice: 1, deviationBps: 9_000, suspect: true }],
};

/**
 * A small registry with all kinds. The Bitcoin listing of binance has a fee of 10 from the first, of 7.5 from an hour
 * after the start, recorded then; what was believed of the first hour before (9) was corrected half an hour in.
 */
export function fillSamples(log: MemoryLog): void {
  for (const [kind, entities] of Object.entries(samples))
    for (const entity of entities) log.append(topicOf[kind as keyof typeof samples], entity.id, entity);
  log.append(topicOf.pools, pool.id, pool);
  const { id } = bitcoinListing;
  const first = { ...bitcoinListing, validTo: startUs + hour };
  const corrected = { ...first, recordedTime: startUs + hour / 2 };
  const believed = { ...bitcoinListing, takerFeeBps: 9 };
  log.append(topicOf.listings, supersededKey(id, 0, startUs), believed);
  log.append(topicOf.listings, versionKey(id, 0), corrected);
  log.append(topicOf.listings, id, {
    ...bitcoinListing,
    ...{ takerFeeBps: 7.5, validFrom: startUs + hour, recordedTime: startUs + hour },
  });
  log.append(topicOf.mappings, mapping.id, mapping);
  for (const rejected of ['asset:BAD', 'asset:WORSE'])
    log.append(topicOf.collisions, idOf('asset:BTC'), {
      ...{ id: idOf('asset:BTC'), existingIdentity: 'asset:BTC', rejectedIdentity: rejected, entity: 'assets' },
      detectedTime: startUs,
    });
}
