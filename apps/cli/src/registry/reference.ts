import { type Identity, isIsin, normaliseIdentity } from '@alphapulse/market';
import { type EntityKind, idOf } from '@alphapulse/registry';
import { UsageError } from '../usage-error.ts';
import { oneOfKind } from './kind-argument.ts';
import type { RegistryReader } from './ports.ts';

/** Kinds by the type their identity strings begin with. */
const kindsOfType: Readonly<Record<Identity['type'], readonly EntityKind[]>> = {
  spot: ['instruments'],
  perpetual: ['instruments'],
  future: ['instruments'],
  option: ['instruments'],
  equity: ['instruments'],
  etf: ['instruments'],
  index: ['instruments'],
  indicator: ['instruments'],
  token: ['tokens', 'instruments'],
  pool: ['pools', 'instruments'],
  synthetic: ['synthetics', 'instruments'],
  asset: ['assets'],
  venue: ['venues'],
  listing: ['listings'],
};

/** What people call an entity of a kind, made an identity string. */
const natural: Readonly<Record<EntityKind, (name: string) => string>> = {
  assets: (name) => `asset:${name}`,
  venues: (name) => `venue:${name}`,
  instruments: (name) => `spot:${name}`,
  listings: (name) => `listing:${name}`,
  synthetics: (name) => `synthetic:${name}`,
  tokens: (name) => `token:${name}`,
  pools: (name) => `pool:${name}`,
};

/** How an entity of a kind can be named, for help and error messages. */
export const waysToName: Readonly<Record<EntityKind, string>> = {
  assets: 'BTC, asset:BTC',
  venues: 'kraken, venue:kraken',
  instruments: 'BTC/USDT, US0378331005, spot:BTC/USDT',
  listings: 'kraken BTC/USD, listing:kraken:BTC/USD',
  synthetics: 'btc-basis, synthetic:btc-basis',
  tokens: 'ethereum 0x…, token:ethereum:0x…',
  pools: 'ethereum 0x…, pool:ethereum:0x…',
};

/**
 * The id of the entity that words name: an id or the unique beginning of one (six digits or more), an identity string,
 * or a natural name such as `BTC`, `kraken BTC/USD` or an ISIN. An identity need not be registered to have an id.
 * @throws UsageError for what names nothing of the kind, or several.
 */
export function resolveReference(kind: EntityKind, words: readonly string[], reader: RegistryReader): string {
  const text = words
    .map((word) => word.trim())
    .join(':')
    // Tables shorten ids so; what is copied from one works.
    .replace(/…$/, '');
  if (/^[0-9a-f]{32}$/.test(text)) return text;

  const named = identityId(kind, text, reader);
  if (named !== undefined && isKnown(kind, named, reader)) return named;
  if (/^[0-9a-f]{6,31}$/.test(text)) {
    const ids = idsBeginning(kind, text, reader);
    if (ids.length === 1) return ids[0] as string;
    if (ids.length > 1)
      throw new UsageError(`${text} begins ${ids.length} ids of ${kind}; give more digits of the one you mean`);
  }
  if (named !== undefined) return named;
  throw new UsageError(`${text} names no ${kind.slice(0, -1)}; give an id, or for example ${waysToName[kind]}`);
}

function identityId(kind: EntityKind, text: string, reader: RegistryReader): string | undefined {
  if (kind === 'instruments' && isIsin(text.toUpperCase()))
    return reader.instrumentByIsin(text.toUpperCase())?.id ?? idOf(`equity:isin:${text.toUpperCase()}`);
  const type = text.slice(0, Math.max(0, text.indexOf(':'))).toLowerCase();
  if (Object.hasOwn(kindsOfType, type)) {
    const identity = normaliseIdentity(text);
    if (identity !== null) {
      const kinds = kindsOfType[type as Identity['type']];
      if (!kinds.includes(kind))
        throw new UsageError(`${identity} is ${kinds.map(oneOfKind).join(' or ')}, not ${oneOfKind(kind)}`);
      return idOf(identity);
    }
  }
  const identity = normaliseIdentity(natural[kind](text));
  return identity === null ? undefined : idOf(identity);
}

function isKnown(kind: EntityKind, id: string, reader: RegistryReader): boolean {
  return reader.history(kind, id).length > 0;
}

function idsBeginning(kind: EntityKind, prefix: string, reader: RegistryReader): string[] {
  const ids = reader.ids(kind);
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) < prefix) low = middle + 1;
    else high = middle;
  }
  const found: string[] = [];
  for (let at = low; at < ids.length && (ids[at] as string).startsWith(prefix); at++) found.push(ids[at] as string);
  return found;
}
