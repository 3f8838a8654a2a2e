import { type EntityKind, entityKinds, type Facts } from '@alphapulse/registry';
import { entityName, fieldSchema } from './entity-schemas.ts';
import type { JsonSchema } from './json-schema.ts';

/** Statements of one request. */
export const maxStatements = 1_000;
/** Characters of any text; how long a name may be the registrar says. */
const maxText = 10_000;

type RequiredKeys<T> = { [F in keyof T]-?: T extends Record<F, T[F]> ? F : never }[keyof T];
type Schemas<F extends PropertyKey> = { readonly [Name in F]: JsonSchema };

/** The compiler holds these to `Facts`: a fact that is added there and not here does not compile. */
type FactSchemas<T> = {
  readonly required: Schemas<RequiredKeys<T>>;
  readonly optional: Schemas<Exclude<keyof T, RequiredKeys<T>>>;
};

/**
 * Shapes only. What a fact can be (an ISIN's check digit, a formula's names) the registrar judges, with a code of its
 * own, the same for all who state something.
 */
const facts: { readonly [K in EntityKind]: FactSchemas<Facts[K]> } = {
  assets: {
    required: { code: fact('assets', 'code') },
    optional: {
      kind: fact('assets', 'kind'),
      name: fact('assets', 'name'),
      aliases: {
        ...fact('assets', 'aliases'),
        items: text(),
        maxItems: 1_000,
        description: 'As `<venue>:<code>`; added to those known.',
      },
      tokens: {
        type: 'array',
        maxItems: 1_000,
        description: 'The asset on chains; added to those known, by chain and address.',
        items: shape(
          { chain: text('Chain.'), address: text('Address on the chain.'), decimals: { type: 'number' } },
          {},
        ),
      },
    },
  },
  venues: {
    required: { name: fact('venues', 'name') },
    optional: {
      kind: fact('venues', 'kind'),
      mic: fact('venues', 'mic'),
      country: fact('venues', 'country'),
      timeZone: fact('venues', 'timeZone'),
      status: fact('venues', 'status'),
    },
  },
  instruments: {
    required: {
      identity: text('Identity string, normalised before it is used, for example `spot:BTC/USDT`, `equity:isin:…`.'),
    },
    optional: {
      cusip: fact('instruments', 'cusip'),
      figi: fact('instruments', 'figi'),
      ticker: fact('instruments', 'ticker'),
      name: fact('instruments', 'name'),
      sector: fact('instruments', 'sector'),
    },
  },
  listings: {
    required: {
      venue: fact('listings', 'venue'),
      symbol: fact('listings', 'symbol'),
      instrument: text('Identity string of the instrument; it is registered too when it is new.'),
    },
    optional: {
      tickSize: fact('listings', 'tickSize'),
      lotSize: fact('listings', 'lotSize'),
      minNotional: fact('listings', 'minNotional'),
      makerFeeBps: fact('listings', 'makerFeeBps'),
      takerFeeBps: fact('listings', 'takerFeeBps'),
      status: fact('listings', 'status'),
      mapping: fact('listings', 'mapping'),
    },
  },
  synthetics: {
    required: {
      name: fact('synthetics', 'name'),
      legs: {
        type: 'array',
        minItems: 1,
        maxItems: 1_000,
        description: 'Legs.',
        items: shape(
          {
            name: text('Name in the formula.'),
            instrument: text('Identity string or id of an instrument or of another synthetic.'),
          },
          {
            weight: { type: 'number', description: 'Default 1; of a spread’s second leg −1.' },
            venue: { ...text('Venue whose quotes count; null for the best over all.'), type: ['string', 'null'] },
          },
        ),
      },
    },
    optional: {
      kind: fact('synthetics', 'kind'),
      formula: text('Over the names of the legs; the kinds other than formula say it themselves.'),
    },
  },
  tokens: {
    required: {
      chain: fact('tokens', 'chain'),
      address: fact('tokens', 'address'),
      symbol: fact('tokens', 'symbol'),
      // Not an integer: the registrar says `decimals_invalid` of 1.5 and of 256 alike.
      decimals: { type: 'number', description: 'Decimals, a whole number from 0 to 255.' },
    },
    optional: { name: fact('tokens', 'name'), asset: fact('tokens', 'asset') },
  },
  pools: {
    required: {
      blockchain: fact('pools', 'blockchain'),
      poolAddress: fact('pools', 'poolAddress'),
      dex: fact('pools', 'dex'),
      token0: text('Address of a registered token on the same chain.'),
      token1: text('Address of a registered token on the same chain.'),
      createdAt: time('When the pool was created.'),
    },
    optional: { feeTier: { type: ['number', 'null'], description: 'Hundredths of a basis point.' } },
  },
};

/** `<Entity>Statement` of each kind, and `<Entity>Statements`: what can be posted. */
export const statementSchemas: readonly JsonSchema[] = entityKinds.flatMap((kind) => {
  const name = `${entityName(kind)}Statement`;
  const { required, optional } = facts[kind];
  return [
    {
      $id: name,
      description: `Facts of one of the ${kind}, and when they hold.`,
      ...shape(
        {
          facts: {
            ...shape(required, optional),
            description: 'What is left out stays as it is known; null takes a fact back.',
          },
          provenance: { ...text('Where the facts come from, for example `prospectus of 2026-03-01`.'), minLength: 1 },
        },
        {
          kind: { type: 'string', const: kind },
          validFrom: time(
            'Left out, first facts hold since ever and changed ones from a little after now. A time in the past puts them where they belong.',
          ),
          validTo: time('Exclusive. Left out, the facts hold until the next version that is known, or for good.'),
        },
      ),
    },
    {
      $id: `${name}s`,
      description: `A statement, or a list of at most ${maxStatements}.`,
      anyOf: [
        { $ref: `${name}#` },
        { type: 'array', items: { $ref: `${name}#` }, minItems: 1, maxItems: maxStatements },
      ],
    },
  ];
});

const problemOf: JsonSchema = {
  ...shape(
    {
      code: { $ref: 'ErrorCode#' },
      path: { type: 'string', description: 'The field in the request’s body, for example `2.facts.mic`.' },
      message: { type: 'string' },
    },
    {},
  ),
  description: 'Why it was rejected.',
};

/** What is answered to statements. */
export const outcomeSchemas: readonly JsonSchema[] = [
  {
    $id: 'Outcome',
    description: 'What became of a statement.',
    ...shape(
      {
        kind: { type: 'string', enum: entityKinds },
        id: { type: ['string', 'null'], description: 'Null where the statement makes none.' },
        identity: { type: ['string', 'null'], description: 'Null where the statement makes none.' },
        outcome: { type: 'string', enum: ['registered', 'unchanged', 'rejected'] },
      },
      { problem: problemOf },
    ),
  },
  {
    $id: 'Outcomes',
    description: 'What became of the statements, in their order.',
    ...shape(
      {
        outcomes: { type: 'array', items: { $ref: 'Outcome#' } },
        registered: { type: 'integer', minimum: 0 },
        unchanged: { type: 'integer', minimum: 0 },
        rejected: { type: 'integer', minimum: 0 },
      },
      {},
    ),
  },
  {
    $id: 'Rejection',
    description: 'The first problem, and what became of each statement.',
    ...shape(
      {
        code: { $ref: 'ErrorCode#' },
        message: { type: 'string' },
        outcomes: { type: 'array', items: { $ref: 'Outcome#' } },
      },
      { path: { type: 'string' } },
    ),
  },
];

/** A field as the entity has it, of bounded length. */
function fact(kind: EntityKind, name: string): JsonSchema {
  const schema = fieldSchema(kind, name);
  return schema.enum !== undefined || ![schema.type].flat().includes('string')
    ? schema
    : { ...schema, maxLength: maxText };
}

function text(description?: string): JsonSchema {
  return { type: 'string', maxLength: maxText, ...(description === undefined ? {} : { description }) };
}

function time(description: string): JsonSchema {
  return {
    type: ['integer', 'string'],
    description: `${description} Microseconds since the Unix epoch, or ISO 8601 with a zone.`,
  };
}

function shape(required: Schemas<string>, optional: Schemas<string>): JsonSchema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: false,
  };
}
