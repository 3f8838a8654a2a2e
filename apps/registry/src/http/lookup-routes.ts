import { canonicalChain, isFigi, normaliseAddress } from '@alphapulse/market';
import type { Entities, EntityKind } from '@alphapulse/registry';
import type { FastifyInstance } from 'fastify';
import { checkIsin, checkMic } from './entity-filters.ts';
import { type ReadDeps, type Times, timesOf } from './entity-routes.ts';
import { idOfEntry } from './name-index.ts';
import { parameters, parametersOf } from './parameters.ts';
import { problem, requestError } from './problem.ts';
import { requestTime } from './request-time.ts';
import { answer, bodyErrors, cached, notFound, readErrors } from './responses.ts';

/** Listings of one bulk lookup. */
export const maxQuestions = 1_000;
/** Bytes of a bulk lookup's body. */
const bodyLimit = 1_048_576;

const { asOf, knownAt } = parameters;
const times = { asOf, knownAt };
const text = { type: 'string', minLength: 1, maxLength: 256 } as const;
const tags = ['lookups'];

interface ListingRequest {
  Querystring: Times & { readonly venue: string; readonly symbol: string };
}

interface BulkRequest {
  Body: Times & { readonly listings: readonly { readonly venue: string; readonly symbol: string; asOf?: string }[] };
}

interface CodeRequest {
  Params: { readonly code: string };
  Querystring: Times;
}

interface TokenRequest {
  Params: { readonly chain: string; readonly address: string };
  Querystring: Times;
}

interface OfInstrumentRequest {
  Params: { readonly id: string };
  Querystring: { readonly asOf?: string };
}

/** Lookups of instruments, listings and tokens. */
export function addInstrumentLookups(scope: FastifyInstance, deps: ReadDeps): void {
  const { view, names, clock } = deps;
  const none = (what: string) => problem('not_found', `${what} is not registered at this time`);
  const at = <K extends EntityKind>(kind: K, id: string, wanted: Times): Entities[K] | undefined => {
    const { us, knownAtUs } = timesOf(wanted, clock);
    return view.asOf(kind, id, us, knownAtUs);
  };
  /** Of what ever had a name, the first that is the one at the time. */
  const named = async <K extends EntityKind>(
    kind: K,
    name: string,
    wanted: Times,
    isIt: (entity: Entities[K]) => boolean,
  ): Promise<Entities[K] | undefined> => {
    for (const entry of await names.beginning(kind, name, view)) {
      const entity = at(kind, idOfEntry(entry), wanted);
      if (entity && isIt(entity)) return entity;
    }
    return undefined;
  };
  /** Whether a request asks for another time: the view's indexes have what is so now, not what has ended. */
  const isOfThen = ({ asOf, knownAt }: Times) => asOf !== undefined || knownAt !== undefined;

  scope.get<ListingRequest>(
    '/lookup/listing',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'lookUpListing',
        summary: 'The listing of a venue’s symbol',
        querystring: parametersOf(
          {
            venue: { ...text, description: 'Venue, for example `binance`.' },
            symbol: { ...text, description: 'The venue’s symbol, as its feed writes it.' },
            ...times,
          },
          ['venue', 'symbol'],
        ),
        response: { ...cached('Listing', 'Its facts at the time.'), ...notFound },
      },
    },
    async ({ query }, reply) => {
      const { us, knownAtUs } = timesOf(query, clock);
      const { venue, symbol } = query;
      return view.listing(venue, symbol, us, knownAtUs) ?? reply.code(404).send(none(`${symbol} of ${venue}`));
    },
  );

  scope.post<BulkRequest>(
    '/lookup/listings',
    {
      bodyLimit,
      schema: {
        tags,
        operationId: 'lookUpListings',
        summary: 'The listings of many symbols',
        description: `At most ${maxQuestions}; a question’s own \`asOf\` goes before that of the body.`,
        querystring: parametersOf({}),
        body: {
          type: 'object',
          properties: {
            listings: {
              type: 'array',
              maxItems: maxQuestions,
              items: parametersOf({ venue: text, symbol: text, asOf }, ['venue', 'symbol']),
            },
            ...times,
          },
          required: ['listings'],
          additionalProperties: false,
        },
        response: {
          200: answer('FoundListings', 'What each question finds, in their order.'),
          ...bodyErrors,
          ...readErrors,
        },
      },
    },
    async ({ body }) => {
      const { us, knownAtUs } = timesOf(body, clock);
      return {
        items: body.listings.map(
          ({ venue, symbol, asOf: own }, at) =>
            view.listing(venue, symbol, own === undefined ? us : requestTime(own, `listings.${at}.asOf`), knownAtUs) ??
            null,
        ),
      };
    },
  );

  scope.get<CodeRequest>(
    '/lookup/isin/:code',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'lookUpIsin',
        summary: 'The instrument of an ISIN',
        params: parametersOf({ code: { ...text, description: 'ISO 6166, for example `US0378331005`.' } }),
        querystring: parametersOf(times),
        response: { ...cached('Instrument', 'Its facts at the time.'), ...notFound },
      },
    },
    async ({ params, query }, reply) => {
      const isin = params.code.toUpperCase();
      checkIsin(isin, 'code');
      const now = view.instrumentByIsin(isin);
      const found = now
        ? at('instruments', now.id, query)
        : isOfThen(query) && (await named('instruments', isin, query, (instrument) => instrument.isin === isin));
      return found || reply.code(404).send(none(isin));
    },
  );

  scope.get<CodeRequest>(
    '/lookup/figi/:code',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'lookUpFigi',
        summary: 'The instrument of a composite FIGI',
        params: parametersOf({ code: { ...text, description: 'ANSI X9.145, for example `BBG000B9XRY4`.' } }),
        querystring: parametersOf(times),
        response: { ...cached('Instrument', 'Its facts at the time.'), ...notFound },
      },
    },
    async ({ params, query }, reply) => {
      const figi = params.code.toUpperCase();
      if (!isFigi(figi))
        throw requestError('request_invalid', 'code', `code: ${figi} is no FIGI, or its check digit is wrong`);
      const found = await named('instruments', figi, query, (instrument) => instrument.figi === figi);
      return found ?? reply.code(404).send(none(figi));
    },
  );

  scope.get<TokenRequest>(
    '/lookup/token/:chain/:address',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'lookUpToken',
        summary: 'The token at an address',
        params: parametersOf({
          chain: { ...text, description: 'Chain, by any of its names.' },
          address: { ...text, description: 'Address; with capitals, those of EIP-55.' },
        }),
        querystring: parametersOf(times),
        response: { ...cached('Token', 'Its facts at the time.'), ...notFound },
      },
    },
    async ({ params, query }, reply) => {
      const chain = canonicalChain(params.chain);
      const address = normaliseAddress(chain, params.address);
      if (address === null)
        throw requestError(
          'address_invalid',
          'address',
          `address: ${params.address} is none on ${chain}, or its EIP-55 checksum is wrong`,
        );
      const now = view.token(chain, address);
      const found = now
        ? at('tokens', now.id, query)
        : isOfThen(query) && (await named('tokens', address, query, (token) => token.chain === chain));
      return found || reply.code(404).send(none(address));
    },
  );

  scope.get<OfInstrumentRequest>(
    '/instruments/:id/listings',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'listListingsOfInstrument',
        summary: 'Where an instrument is listed',
        params: parametersOf({ id: parameters.id }),
        querystring: parametersOf({ asOf }),
        response: { ...cached('ListingPage', 'Its listings by id, on one page.'), ...notFound },
      },
    },
    async ({ params: { id }, query }, reply) => {
      if (view.history('instruments', id).length === 0)
        return reply.code(404).send(problem('not_found', 'instruments: nothing has this id'));
      return { items: view.listingsOf(id, timesOf(query, clock).us), next: null };
    },
  );
}

/** Lookups of venues. */
export function addVenueLookups(scope: FastifyInstance, { view, clock }: ReadDeps): void {
  scope.get<CodeRequest>(
    '/lookup/mic/:code',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'lookUpMic',
        summary: 'The venues of a market identifier code',
        params: parametersOf({ code: { ...text, description: 'ISO 10383, for example `XNAS`.' } }),
        querystring: parametersOf(times),
        response: cached('VenuePage', 'Venues with the code at the time by id, on one page; none is no error.'),
      },
    },
    async ({ params, query }) => {
      const mic = params.code.toUpperCase();
      checkMic(mic, 'code');
      const { us, knownAtUs } = timesOf(query, clock);
      const venues = view.ids('venues').map((id) => view.asOf('venues', id, us, knownAtUs));
      return { items: venues.filter((venue) => venue?.mic === mic), next: null };
    },
  );
}

/** Lookups of synthetics. */
export function addSyntheticLookups(scope: FastifyInstance, { view, clock }: ReadDeps): void {
  scope.get<OfInstrumentRequest>(
    '/instruments/:id/synthetics',
    {
      config: { dependsOn: 'time' },
      schema: {
        tags,
        operationId: 'listSyntheticsUsingInstrument',
        summary: 'Synthetics that an instrument or synthetic is a leg of, at any depth',
        description: 'Nearest first. An id that no synthetic uses has none, known or not.',
        params: parametersOf({ id: parameters.id }),
        querystring: parametersOf({ asOf }),
        response: cached('SyntheticPage', 'Synthetics on one page.'),
      },
    },
    async ({ params: { id }, query }) => ({ items: view.syntheticsUsing(id, timesOf(query, clock).us), next: null }),
  );
}
