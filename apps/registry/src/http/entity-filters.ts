import { canonicalChain, isIsin, isMic } from '@alphapulse/market';
import type { Entities, EntityKind } from '@alphapulse/registry';
import { addressIdentity } from '@alphapulse/registry/kinds.ts';
import type { ViewPort } from './ports.ts';
import { requestError } from './problem.ts';

/** Fields a list can be filtered by. */
export const filterFields: { readonly [K in EntityKind]: readonly (keyof Entities[K] & string)[] } = {
  assets: ['code', 'kind'],
  instruments: [
    ...(['type', 'base', 'quote', 'settle', 'expiry', 'identity'] as const),
    ...(['isin', 'cusip', 'figi', 'ticker', 'chain', 'address'] as const),
  ],
  venues: ['name', 'kind', 'mic', 'country', 'status'],
  listings: ['venue', 'symbol', 'instrumentId', 'instrument', 'status'],
  synthetics: ['name', 'kind'],
  tokens: ['chain', 'address', 'symbol', 'asset'],
  pools: ['blockchain', 'poolAddress', 'dex', 'token0Id', 'token1Id'],
};

export type Wanted = Readonly<Record<string, string | number | boolean | undefined>>;

const chains = new Set(['chain', 'blockchain']);
const addresses = new Set(['address', 'poolAddress']);

/**
 * The test that the filters of a request make of a kind. Chains go by any of their names, addresses with or without
 * the capitals of EIP-55. @throws RejectedRecordError for an ISIN or MIC that is none: nothing could ever match it.
 */
export function filterOf<K extends EntityKind>(kind: K, wanted: Wanted): (entity: Entities[K]) => boolean {
  const tests = filterFields[kind].flatMap((field) => {
    const value = wanted[field];
    if (typeof value !== 'string') return [];
    const read = readerOf(field);
    const sought = read(value);
    return [(entity: Entities[K]) => read(entity[field] as string | null) === sought];
  });
  if (typeof wanted.isin === 'string') checkIsin(wanted.isin, 'isin');
  if (typeof wanted.mic === 'string') checkMic(wanted.mic, 'mic');
  return (entity) => tests.every((test) => test(entity));
}

/** Ids, in order, that can pass: an index spares the way through all of them. */
export function candidates(kind: EntityKind, view: ViewPort, wanted: Wanted, us: number): readonly string[] {
  const { venue, symbol, instrumentId, type, knownAt } = wanted;
  if (kind === 'listings') {
    // What was believed before a correction may have been otherwise: the indexes have what is known now.
    if (knownAt === undefined) {
      if (typeof venue === 'string' && typeof symbol === 'string') return idsOf([view.listing(venue, symbol, us)]);
      if (typeof instrumentId === 'string') return idsOf(view.listingsOf(instrumentId, us));
    }
    if (typeof venue === 'string') return view.listingIds(venue).sort();
  }
  if (kind === 'instruments' && typeof type === 'string') return view.instrumentsOfType(type);
  return view.ids(kind);
}

export function checkIsin(isin: string, path: string): void {
  if (!isIsin(isin))
    throw requestError('isin_invalid', path, `${path}: ${isin} is no ISO 6166 number, or its check digit is wrong`);
}

export function checkMic(mic: string, path: string): void {
  if (!isMic(mic)) throw requestError('mic_invalid', path, `${path}: ${mic} is not in the list of ISO 10383`);
}

function readerOf(field: string): (text: string | null) => string | null {
  if (chains.has(field)) return (text) => text && canonicalChain(text);
  if (addresses.has(field)) return (text) => text && addressIdentity(text);
  return (text) => text;
}

function idsOf(entities: readonly ({ readonly id: string } | undefined)[]): readonly string[] {
  return entities.flatMap((entity) => entity?.id ?? []).sort();
}
