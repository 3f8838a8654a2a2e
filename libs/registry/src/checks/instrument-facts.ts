import { type Identity, normaliseIdentity, parseIdentity } from '@alphapulse/market';
import type { Instrument } from '@alphapulse/schemas';
import { AssetNeed } from './asset-need.ts';
import type { FactsOf, Need, NeedOf } from './checked.ts';
import { shown } from './fact-checks.ts';
import { refuse } from './refuse.ts';

/** Identities of things that are traded. */
export type InstrumentIdentity = Extract<Identity, { type: Instrument['type'] }>;

/** An instrument by its identity, parsed and as its canonical string. */
export interface NamedInstrument {
  readonly text: string;
  readonly identity: InstrumentIdentity;
}

/** What can be said of an instrument beyond its identity. */
export type InstrumentDetails = Pick<Instrument, 'cusip' | 'figi' | 'ticker' | 'name' | 'sector'>;

const noDetails: InstrumentDetails = { cusip: null, figi: null, ticker: null, name: null, sector: null };

/** The instrument that a statement names. */
export function checkInstrumentIdentity(path: string, value: unknown): NamedInstrument {
  if (typeof value !== 'string') return refuse('identity_invalid', path, `must be an identity, not ${shown(value)}`);
  const text = normaliseIdentity(value);
  const identity = text === null ? null : parseIdentity(text);
  if (text === null || identity === null) return refuseIdentity(path, value);
  if (identity.type === 'asset' || identity.type === 'venue' || identity.type === 'listing')
    return refuse('identity_invalid', path, `names no instrument: ${shown(value)}`);
  return { text, identity };
}

function refuseIdentity(path: string, value: string): never {
  const type = /^\s*([a-z]+)\s*:/i.exec(value)?.[1]?.toLowerCase();
  if (type === 'equity' || type === 'etf')
    return refuse('isin_invalid', path, `not ${type}:isin: and an ISIN with its check digit: ${shown(value)}`);
  if (type === 'token' || type === 'pool')
    return refuse('address_invalid', path, `not ${type}:CHAIN:ADDRESS with an address of the chain: ${shown(value)}`);
  return refuse('identity_invalid', path, `not an identity string: ${shown(value)}`);
}

/** An instrument's facts: what follows from its identity, and what is known beyond. */
export function instrumentFacts(
  { text, identity }: NamedInstrument,
  { cusip, figi, ticker, name, sector }: InstrumentDetails = noDetails,
): FactsOf<'instruments'> {
  const part: Partial<Record<string, string>> = identity;
  return {
    identity: text,
    type: identity.type,
    base: part.base ?? null,
    quote: part.quote ?? null,
    settle: part.settle ?? null,
    expiry: part.expiry ?? null,
    strike: part.strike ?? null,
    right: part.right ?? null,
    isin: part.isin ?? null,
    ...{ cusip, figi, ticker, name, sector },
    provider: part.provider ?? null,
    code: part.code ?? null,
    chain: part.chain ?? null,
    address: part.address ?? null,
  };
}

/** The instrument with its assets, where a statement about something else names it. */
export function instrumentNeeds(named: NamedInstrument, provenance: string): Need[] {
  return [...instrumentAssets(named.identity, provenance), new InstrumentNeed(named, provenance)];
}

class InstrumentNeed implements NeedOf<'instruments'> {
  readonly kind = 'instruments';
  readonly provenance: string;
  readonly memo: string;
  readonly #named: NamedInstrument;

  constructor(named: NamedInstrument, provenance: string) {
    this.provenance = provenance;
    this.memo = `instrument ${named.text}`;
    this.#named = named;
  }

  identity(): string {
    return this.#named.text;
  }

  first(): FactsOf<'instruments'> {
    return instrumentFacts(this.#named);
  }
}

/** The assets that a pair is made of. */
export function instrumentAssets(identity: InstrumentIdentity, provenance: string): Need[] {
  if (!('base' in identity)) return [];
  const needs: Need[] = [new AssetNeed(identity.base, provenance)];
  if (identity.quote !== identity.base) needs.push(new AssetNeed(identity.quote, provenance));
  if ('settle' in identity && identity.settle !== identity.base && identity.settle !== identity.quote)
    needs.push(new AssetNeed(identity.settle, provenance));
  return needs;
}
