import { canonicalChain, isIsin, isMic } from '@alphapulse/market';
import { type Entities, type EntityKind, type Kind, topicOf } from '@alphapulse/registry';
import { addressIdentity } from '@alphapulse/registry/kinds.ts';
import type { Instrument, Mapping } from '@alphapulse/schemas';
import { UsageError } from '../usage-error.ts';
import type { RegistryReader } from './ports.ts';
import { resolveReference } from './reference.ts';

/** The filters of `find`, as their options are called. */
export const filterNames = [
  'venue',
  'symbol',
  'isin',
  'figi',
  'type',
  'chain',
  'address',
  'prefix',
  'instrument',
  'status',
  'mic',
  'base',
  'quote',
] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

type Findable = Entities & { mappings: Mapping };
export type FindableKind = keyof Findable;

/** A filter of a kind: makes the test of an entity from what was asked for. */
type Filter<T> = (wanted: string, context: FilterContext) => (entity: T) => boolean;

interface FilterContext {
  readonly reader: RegistryReader;
  readonly asOfUs: number;
  /** By what was known at this time; left out, by what is known now. */
  readonly knownAtUs?: number;
}

/** Compares one field. */
const is =
  <T>(field: (entity: T) => string | null): Filter<T> =>
  (wanted) =>
  (entity) =>
    field(entity) === wanted;

/** Compares a field of an enumeration; a value that it does not have is a mistake, not an empty list. */
const oneOf =
  <T>(kind: Kind, name: string, field: (entity: T) => string | null): Filter<T> =>
  (wanted) => {
    const symbols = enumSymbols(kind, name);
    if (!symbols.includes(wanted))
      throw new UsageError(`${wanted} is none of ${symbols.join(', ')} (${kind}, ${name})`);
    return (entity) => field(entity) === wanted;
  };

const begins =
  <T>(field: (entity: T) => string): Filter<T> =>
  (wanted) =>
  (entity) =>
    field(entity).toLowerCase().startsWith(wanted.toLowerCase());

const address =
  <T>(field: (entity: T) => string | null): Filter<T> =>
  (wanted) => {
    const identity = addressIdentity(wanted);
    return (entity) => addressIdentity(field(entity) ?? '') === identity;
  };

/** Compares a chain, by whichever of its names. */
const onChain =
  <T>(field: (entity: T) => string | null): Filter<T> =>
  (wanted) => {
    const chain = canonicalChain(wanted);
    return (entity) => field(entity) === chain;
  };

/** Compares the instrument that a record refers to. */
const instrument =
  <T>(field: (entity: T) => string): Filter<T> =>
  (wanted, { reader }) => {
    const id = resolveReference('instruments', [wanted], reader);
    return (entity) => field(entity) === id;
  };

const filters: { readonly [K in FindableKind]: Readonly<Partial<Record<FilterName, Filter<Findable[K]>>>> } = {
  assets: {
    symbol: is(({ code }) => code),
    type: oneOf('assets', 'kind', ({ kind }) => kind),
    chain:
      (wanted) =>
      ({ tokens }) =>
        tokens.some(({ chain }) => chain === canonicalChain(wanted)),
    address:
      (wanted) =>
      ({ tokens }) =>
        tokens.some((token) => addressIdentity(token.address) === addressIdentity(wanted)),
    prefix: begins(({ code }) => code),
  },
  venues: {
    venue: is(({ name }) => name),
    type: oneOf('venues', 'kind', ({ kind }) => kind),
    status: oneOf('venues', 'status', ({ status }) => status),
    mic: (wanted) => {
      const mic = wanted.toUpperCase();
      if (!isMic(mic)) throw new UsageError(`--mic: ${wanted} is not in the list of ISO 10383 (mic_invalid)`);
      return (entity) => entity.mic === mic;
    },
    prefix: begins(({ name }) => name),
  },
  instruments: {
    venue:
      (wanted, { reader, asOfUs }) =>
      ({ id }) =>
        reader.listingsOf(id, asOfUs).some(({ venue }) => venue === wanted),
    symbol: is(({ ticker }) => ticker),
    isin: (wanted) => {
      const isin = wanted.toUpperCase();
      if (!isIsin(isin))
        throw new UsageError(`--isin: ${wanted} is no ISO 6166 number, or its check digit is wrong (isin_invalid)`);
      return (entity: Instrument) => entity.isin === isin;
    },
    figi: is(({ figi }) => figi),
    type: oneOf('instruments', 'type', ({ type }) => type),
    chain: onChain(({ chain }) => chain),
    address: address((entity) => entity.address),
    base: is(({ base }) => base),
    quote: is(({ quote }) => quote),
    prefix: begins(({ identity }) => identity),
  },
  listings: {
    venue: is(({ venue }) => venue),
    symbol: is(({ symbol }) => symbol),
    instrument: instrument(({ instrumentId }) => instrumentId),
    type: (wanted, context) => {
      const ofType = oneOf<{ type: string }>('instruments', 'type', ({ type }) => type)(wanted, context);
      return ({ instrument }) => ofType({ type: instrument.slice(0, instrument.indexOf(':')) });
    },
    status: oneOf('listings', 'status', ({ status }) => status),
    prefix: begins(({ symbol }) => symbol),
  },
  synthetics: {
    type: oneOf('synthetics', 'kind', ({ kind }) => kind),
    instrument: (wanted, { reader, asOfUs }) => {
      const id = resolveReference('instruments', [wanted], reader);
      const using = new Set(reader.syntheticsUsing(id, asOfUs).map((synthetic) => synthetic.id));
      return (entity) => using.has(entity.id);
    },
    prefix: begins(({ name }) => name),
  },
  tokens: {
    chain: onChain(({ chain }) => chain),
    address: address((entity) => entity.address),
    symbol: is(({ symbol }) => symbol),
    prefix: begins(({ symbol }) => symbol),
  },
  pools: {
    venue: is(({ dex }) => dex),
    chain: onChain(({ blockchain }) => blockchain),
    address: address(({ poolAddress }) => poolAddress),
    prefix: begins(({ dex }) => dex),
  },
  mappings: {
    status: oneOf('mappings', 'state', ({ state }) => state),
    instrument: instrument(({ id }) => id),
    venue:
      (wanted) =>
      ({ venues }) =>
        venues.some(({ venue }) => venue === wanted),
    prefix: begins((mapping) => mapping.instrument),
  },
};

/** Kinds that the filters of a kind look into, beside the kind itself. */
export function kindsRead(kind: FindableKind, wanted: Filters): Kind[] {
  const also: Kind[] = [];
  if (kind === 'instruments' && wanted.venue !== undefined) also.push('listings');
  if (kind !== 'instruments' && wanted.instrument !== undefined) also.push('instruments');
  return [kind, ...also];
}

/** Checks that a kind has these filters. @throws UsageError naming the kinds that have one it lacks. */
export function checkFilters(kind: FindableKind, wanted: Filters): void {
  for (const name of filterNames) {
    if (wanted[name] === undefined || filters[kind][name] !== undefined) continue;
    const having = (Object.keys(filters) as FindableKind[]).filter((each) => filters[each][name] !== undefined);
    throw new UsageError(`--${name} is no filter of ${kind}; it is one of ${having.join(', ')}`);
  }
}

/** Entities of a kind that pass all filters, as of a time, in the order of their ids; mappings are as they are now. */
export function* findEntities<K extends FindableKind>(
  kind: K,
  wanted: Filters,
  context: FilterContext,
): Generator<Findable[K]> {
  const tests = filterNames.flatMap((name) => {
    const filter = filters[kind][name] as Filter<Findable[K]> | undefined;
    const value = wanted[name];
    return value === undefined || filter === undefined ? [] : [filter(value, context)];
  });
  for (const entity of entities(kind, context)) if (tests.every((test) => test(entity))) yield entity;
}

function* entities<K extends FindableKind>(
  kind: K,
  { reader, asOfUs, knownAtUs }: FilterContext,
): Generator<Findable[K]> {
  if (kind === 'mappings') {
    yield* [...reader.mappings()].sort((a, b) => (a.id < b.id ? -1 : 1)) as Findable[K][];
    return;
  }
  for (const id of reader.ids(kind as EntityKind)) {
    const entity = reader.asOf(kind as EntityKind, id, asOfUs, knownAtUs);
    if (entity) yield entity as Findable[K];
  }
}

/** Values that an enumerated field of a kind can have, from its schema. */
export function enumSymbols(kind: Kind, field: string): readonly string[] {
  const { fields } = topicOf[kind].value.schema as unknown as { fields: readonly { name: string; type: unknown }[] };
  const type = fields.find(({ name }) => name === field)?.type as { symbols?: readonly string[] } | undefined;
  return type?.symbols ?? [];
}
