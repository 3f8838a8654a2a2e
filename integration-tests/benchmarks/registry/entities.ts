import { type Entities, type EntityKind, identityOf, idOf } from '@alphapulse/registry';

export type BenchEntity = {
  readonly [K in EntityKind]: { readonly kind: K; readonly key: string; readonly value: Entities[K] };
}[EntityKind];

const venues = Array.from({ length: 60 }, (_, at) => `venue-${at}`);
const dexes = ['uniswap-v2', 'uniswap-v3', 'curve', 'balancer', 'sushiswap'];
const chains = ['ethereum', 'arbitrum', 'base', 'polygon', 'optimism'];
/** When everything was recorded, microseconds. */
export const benchTimeUs = 1_790_000_000_000_000;
const validity = { validFrom: 0, validTo: null, recordedTime: benchTimeUs, provenance: 'benchmark' } as const;

/** Of a hundred entities: instruments 45, listings 45, tokens 5, pools 5. */
const shares: readonly EntityKind[] = Array.from({ length: 20 }, (_, at) =>
  at === 18 ? 'tokens' : at === 19 ? 'pools' : at % 2 === 0 ? 'instruments' : 'listings',
);

/** The `number`-th entity of a registry of any size: a listing's instrument comes before it, a pool's tokens too. */
export function benchEntity(number: number): BenchEntity {
  const kind = shares[number % shares.length] as EntityKind;
  switch (kind) {
    case 'listings':
      return listing(number);
    case 'tokens':
      return token(number);
    case 'pools':
      return pool(number);
    default:
      return instrument(number);
  }
}

/** Venue and symbol of every listing among the first `count` entities. */
export function benchListings(count: number): { readonly venue: string; readonly symbol: string }[] {
  const listings: { venue: string; symbol: string }[] = [];
  for (let number = 0; number < count; number++)
    if (shares[number % shares.length] === 'listings') listings.push(symbolOf(number));
  return listings;
}

function symbolOf(number: number): { venue: string; symbol: string } {
  return { venue: venues[number % venues.length] as string, symbol: `A${number - 1}USDT` };
}

function identity(number: number): string {
  return `spot:A${number}/USDT`;
}

function instrument(number: number): BenchEntity {
  const value: Entities['instruments'] = {
    id: idOf(identity(number)),
    identity: identity(number),
    type: 'spot',
    base: `A${number}`,
    quote: 'USDT',
    ...{ settle: null, expiry: null, strike: null, right: null, isin: null, cusip: null, figi: null, ticker: null },
    ...{ name: null, sector: null, provider: null, code: null, chain: null, address: null },
    ...validity,
  };
  return { kind: 'instruments', key: value.id, value };
}

function listing(number: number): BenchEntity {
  const instrumentIdentity = identity(number - 1);
  const { venue, symbol } = symbolOf(number);
  const facts = {
    venue,
    symbol,
    instrumentId: idOf(instrumentIdentity),
    instrument: instrumentIdentity,
    tickSize: 0.01,
    lotSize: 0.000_1,
    minNotional: 5,
    makerFeeBps: 7.5,
    takerFeeBps: 10,
    status: 'trading',
    mapping: 'rule',
    source: venue,
    ...validity,
  } as const;
  const value: Entities['listings'] = { id: '', ...facts };
  const id = idOf(identityOf.listings(value));
  return { kind: 'listings', key: id, value: { ...value, id } };
}

function token(number: number): BenchEntity {
  const value: Entities['tokens'] = {
    id: '',
    chain: chains[number % chains.length] as string,
    address: address(number),
    symbol: `T${number}`,
    name: `Token ${number}`,
    decimals: 18,
    asset: null,
    ...validity,
  };
  const id = idOf(identityOf.tokens(value));
  return { kind: 'tokens', key: id, value: { ...value, id } };
}

function pool(number: number): BenchEntity {
  const blockchain = chains[(number - 1) % chains.length] as string;
  const value: Entities['pools'] = {
    id: '',
    token0Id: token(number - 1).key,
    token1Id: idOf(`token:${blockchain}:${address(18)}`),
    dex: dexes[number % dexes.length] as string,
    poolAddress: address(number),
    feeTier: 3_000,
    blockchain,
    createdAt: benchTimeUs,
    ...validity,
  };
  const id = idOf(identityOf.pools(value));
  return { kind: 'pools', key: id, value: { ...value, id } };
}

function address(number: number): string {
  return `0x${number.toString(16).padStart(40, '0')}`;
}
