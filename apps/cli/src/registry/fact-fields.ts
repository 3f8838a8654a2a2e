import type { EntityKind } from '@alphapulse/registry';
import type { Facts } from '@alphapulse/registry/statement.ts';

/** How a fact is written in a flag or a cell. */
export type FactType = 'text' | 'number' | 'time' | 'aliases' | 'tokens' | 'legs';

export interface FactField<Name extends string = string> {
  readonly name: Name;
  readonly type: FactType;
  readonly doc: string;
  /** No statement is one without it. */
  readonly required?: boolean;
  /** The fact can be taken back. */
  readonly nullable?: boolean;
}

type FieldsOf = { readonly [K in EntityKind]: readonly FactField<keyof Facts[K] & string>[] };

/** What can be said of each kind, in the order in which tables and files show it. */
export const factFields: FieldsOf = {
  assets: [
    { name: 'code', type: 'text', required: true, doc: 'our code, for example BTC' },
    { name: 'kind', type: 'text', doc: 'crypto, fiat, stablecoin, equity or other' },
    { name: 'name', type: 'text', nullable: true, doc: 'name, for example Bitcoin' },
    { name: 'aliases', type: 'aliases', doc: 'another code, VENUE:CODE; may be repeated' },
    { name: 'tokens', type: 'tokens', doc: 'token that is this asset, CHAIN:ADDRESS:DECIMALS; may be repeated' },
  ],
  venues: [
    { name: 'name', type: 'text', required: true, doc: 'short name used on events' },
    { name: 'kind', type: 'text', doc: 'exchange, dex, broker, chain or synthetic' },
    { name: 'mic', type: 'text', nullable: true, doc: 'ISO 10383 market identifier code' },
    { name: 'country', type: 'text', nullable: true, doc: 'ISO 3166-1 alpha-2' },
    { name: 'timeZone', type: 'text', nullable: true, doc: 'IANA time zone' },
    { name: 'status', type: 'text', doc: 'active or inactive' },
  ],
  tokens: [
    { name: 'chain', type: 'text', required: true, doc: 'chain, for example ethereum' },
    { name: 'address', type: 'text', required: true, doc: 'address on the chain' },
    { name: 'symbol', type: 'text', required: true, doc: 'symbol' },
    { name: 'name', type: 'text', doc: 'name' },
    { name: 'decimals', type: 'number', required: true, doc: 'decimals, 0 to 255' },
    { name: 'asset', type: 'text', nullable: true, doc: 'code of the asset that it is' },
  ],
  pools: [
    { name: 'blockchain', type: 'text', required: true, doc: 'chain' },
    { name: 'poolAddress', type: 'text', required: true, doc: 'address of the pool' },
    { name: 'dex', type: 'text', required: true, doc: 'protocol, for example uniswap-v3' },
    { name: 'token0', type: 'text', required: true, doc: 'address of the first token' },
    { name: 'token1', type: 'text', required: true, doc: 'address of the second token' },
    { name: 'feeTier', type: 'number', nullable: true, doc: 'fee in hundredths of a basis point' },
    { name: 'createdAt', type: 'time', required: true, doc: 'when it was created' },
  ],
  instruments: [
    { name: 'identity', type: 'text', required: true, doc: 'identity string, for example equity:isin:US0378331005' },
    { name: 'cusip', type: 'text', nullable: true, doc: 'CUSIP' },
    { name: 'figi', type: 'text', nullable: true, doc: 'composite FIGI' },
    { name: 'ticker', type: 'text', nullable: true, doc: 'ticker on its home exchange' },
    { name: 'name', type: 'text', nullable: true, doc: 'name' },
    { name: 'sector', type: 'text', nullable: true, doc: 'sector of the issuer' },
  ],
  listings: [
    { name: 'venue', type: 'text', required: true, doc: 'venue' },
    { name: 'symbol', type: 'text', required: true, doc: 'the venue’s symbol, as its feed writes it' },
    { name: 'instrument', type: 'text', required: true, doc: 'identity string of the instrument' },
    { name: 'tickSize', type: 'number', nullable: true, doc: 'price increment' },
    { name: 'lotSize', type: 'number', nullable: true, doc: 'size increment' },
    { name: 'minNotional', type: 'number', nullable: true, doc: 'least order value in the quote asset' },
    { name: 'makerFeeBps', type: 'number', nullable: true, doc: 'maker fee, basis points' },
    { name: 'takerFeeBps', type: 'number', nullable: true, doc: 'taker fee, basis points' },
    { name: 'status', type: 'text', doc: 'trading, halted, delisted or unknown' },
    { name: 'mapping', type: 'text', doc: 'how symbol and instrument were joined; default rule' },
  ],
  synthetics: [
    { name: 'name', type: 'text', required: true, doc: 'name: lower-case letters, digits and hyphens' },
    { name: 'kind', type: 'text', doc: 'spread, ratio, basket, index or formula' },
    { name: 'formula', type: 'text', doc: 'over the names of the legs, for example "a - 2 * b"' },
    {
      name: 'legs',
      type: 'legs',
      required: true,
      doc: 'NAME=INSTRUMENT[,weight=N][,venue=V]; once for each leg',
    },
  ],
};

/**
 * Order in which kinds are stated, so that what is referred to comes first. Instruments come before tokens, pools and
 * synthetics too, which would else make theirs with a provenance of their own.
 */
export const referenceOrder: readonly EntityKind[] = [
  'assets',
  'venues',
  'instruments',
  'tokens',
  'pools',
  'listings',
  'synthetics',
];
