import type { Asset, Instrument, Listing, Synthetic, Token } from '@alphapulse/schemas';

/** Entities with plausible facts, for unit tests; what matters to a test it says itself. */
const validity = { validFrom: 0, validTo: null, recordedTime: 0, provenance: 'test' };

export function listingOf(facts: Partial<Listing> & { readonly id: string }): Listing {
  return {
    venue: 'kraken',
    symbol: 'BTC/USD',
    instrumentId: 'ff',
    instrument: 'spot:BTC/USD',
    tickSize: 0.1,
    lotSize: null,
    minNotional: null,
    makerFeeBps: null,
    takerFeeBps: null,
    status: 'trading',
    mapping: 'rule',
    source: 'kraken',
    ...validity,
    ...facts,
  };
}

export function instrumentOf(facts: Partial<Instrument> & { readonly id: string }): Instrument {
  return {
    identity: 'spot:BTC/USD',
    type: 'spot',
    base: 'BTC',
    quote: 'USD',
    settle: null,
    expiry: null,
    strike: null,
    right: null,
    isin: null,
    cusip: null,
    figi: null,
    ticker: null,
    name: null,
    sector: null,
    provider: null,
    code: null,
    chain: null,
    address: null,
    ...validity,
    ...facts,
  };
}

export function assetOf(facts: Partial<Asset> & { readonly id: string }): Asset {
  return { code: 'BTC', kind: 'crypto', name: null, aliases: [], tokens: [], ...validity, ...facts };
}

export function tokenOf(facts: Partial<Token> & { readonly id: string }): Token {
  return {
    chain: 'ethereum',
    address: '0x0000000000000000000000000000000000000001',
    symbol: 'ONE',
    name: 'One',
    decimals: 18,
    asset: null,
    ...validity,
    ...facts,
  };
}

/** `legs` are ids. */
export function syntheticOf(
  facts: Omit<Partial<Synthetic>, 'legs'> & { readonly id: string; readonly legs: readonly string[] },
): Synthetic {
  const legs = facts.legs.map((instrumentId, at) => ({ name: `l${at}`, instrumentId, weight: 1, venue: null }));
  return { name: facts.id, kind: 'formula', formula: 'l0', ...validity, ...facts, legs };
}
