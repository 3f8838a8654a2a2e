import { assetIdentity, type Identity, normaliseIdentity, parseIdentity, printIdentity } from '@alphapulse/market';
import type { Instrument } from '@alphapulse/schemas';
import { assetNeed } from './asset-need.ts';
import type { FactsOf, Need } from './checked.ts';
import { shown } from './fact-checks.ts';
import { refuse } from './refuse.ts';

/** Identities of things that are traded. */
export type InstrumentIdentity = Extract<Identity, { type: Instrument['type'] }>;

/** The canonical identity of an instrument that a statement names. */
export function checkInstrumentIdentity(path: string, value: unknown): InstrumentIdentity {
  if (typeof value !== 'string') return refuse('identity_invalid', path, `must be an identity, not ${shown(value)}`);
  const identity = parseIdentity(normaliseIdentity(value) ?? '');
  if (identity === null) return refuseIdentity(path, value);
  if (identity.type === 'asset' || identity.type === 'venue' || identity.type === 'listing')
    return refuse('identity_invalid', path, `names no instrument: ${shown(value)}`);
  return identity;
}

function refuseIdentity(path: string, value: string): never {
  const type = /^\s*([a-z]+)\s*:/i.exec(value)?.[1]?.toLowerCase();
  if (type === 'equity' || type === 'etf')
    return refuse('isin_invalid', path, `not ${type}:isin: and an ISIN with its check digit: ${shown(value)}`);
  if (type === 'token' || type === 'pool')
    return refuse('address_invalid', path, `not ${type}:CHAIN:ADDRESS with an address of the chain: ${shown(value)}`);
  return refuse('identity_invalid', path, `not an identity string: ${shown(value)}`);
}

/** What follows from an instrument's identity; everything else of it is not known. */
export function factsOfIdentity(identity: InstrumentIdentity): FactsOf<'instruments'> {
  const unknown = {
    ...{ base: null, quote: null, settle: null, expiry: null, strike: null, right: null, isin: null },
    ...{ cusip: null, figi: null, ticker: null, name: null, sector: null },
    ...{ provider: null, code: null, chain: null, address: null },
  };
  const { type } = identity;
  const facts = { ...unknown, identity: printIdentity(identity), type };
  // A synthetic's name is in its identity; that of an instrument is what a security or index is called.
  return identity.type === 'synthetic' ? facts : { ...facts, ...identity };
}

/** The instrument with its assets, where a statement about something else names it. */
export function instrumentNeeds(identity: InstrumentIdentity, provenance: string): Need[] {
  const text = printIdentity(identity);
  return [
    ...instrumentAssets(identity, provenance),
    {
      kind: 'instruments',
      identity: text,
      provenance,
      memo: `instrument ${text}`,
      first: () => factsOfIdentity(identity),
    },
  ];
}

/** The assets that a pair is made of. */
export function instrumentAssets(identity: InstrumentIdentity, provenance: string): Need[] {
  if (!('base' in identity)) return [];
  const codes = new Set([identity.base, identity.quote, ...('settle' in identity ? [identity.settle] : [])]);
  return [...codes].map((code) => assetNeed(assetIdentity(code), code, provenance));
}
