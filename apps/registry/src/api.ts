import { AlphaPulseError, type Clock, type ErrorCode, type Log } from '@alphapulse/core';
import { type EntityKind, entityKinds, type RegistryView } from '@alphapulse/registry';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { parseAsOf } from './as-of.ts';
import type { Materialiser } from './materialiser.ts';
import type { RegistryMetrics } from './metrics.ts';
import { pageOf } from './page.ts';
import { type Role, servedBy } from './roles.ts';

export interface ApiOptions {
  readonly view: RegistryView;
  readonly role: Role;
  readonly cache: { readonly available: () => boolean; readonly materialiser: Pick<Materialiser, 'current'> };
  readonly metrics: RegistryMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Facts a list can be filtered by, beside `asOf`, `limit` and `cursor`. */
const filters: { readonly [K in EntityKind]: readonly string[] } = {
  assets: ['code', 'kind'],
  instruments: ['type', 'base', 'quote', 'settle', 'identity'],
  venues: ['name', 'kind', 'country'],
  listings: ['venue', 'symbol', 'instrumentId', 'status'],
  synthetics: ['name'],
  tokens: ['chain', 'address', 'symbol'],
  pools: ['blockchain', 'poolAddress', 'dex'],
};

const text = { type: 'string', maxLength: 256 } as const;
const paging = {
  limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
  cursor: { type: 'string', maxLength: 128 },
} as const;

interface ListQuery extends Readonly<Record<string, string | number | undefined>> {
  readonly limit: number;
  readonly cursor?: string;
  readonly asOf?: string;
}

/**
 * The registry over HTTP, from this process's memory. Lists are `{ items, next }`; errors `{ code, message }`.
 * Facts are those that hold at `asOf`, by default now.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const { view, role, metrics, log } = options;
  const served = servedBy(role);
  // Unknown parameters are errors: a misspelt filter must not look like a list without it.
  const app = Fastify({ ajv: { customOptions: { removeAdditional: false } }, forceCloseConnections: true });

  app.setErrorHandler((error: FastifyError | AlphaPulseError, _request, reply) => {
    if (error instanceof AlphaPulseError && error.code === 'request_invalid')
      return reply.code(400).send(problem('request_invalid', error.message));
    if ('validation' in error && error.validation)
      return reply.code(400).send(problem('request_invalid', sentence(error)));
    if ('statusCode' in error && error.statusCode !== undefined && error.statusCode < 500)
      return reply.code(error.statusCode).send(problem('request_invalid', error.message));
    log.error({ code: 'unexpected', error: error.message, stack: error.stack }, 'request failed');
    return reply.code(500).send(problem('unexpected', 'internal error'));
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(problem('not_found', 'no such path')));
  app.addHook('onResponse', async (request, reply) => {
    metrics.request(request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1_000);
  });

  addOperations(app, options);
  app.register(async (api) => {
    api.addHook('onRequest', async (_request, reply) => {
      if (!view.caughtUp)
        await reply.code(503).send(problem('broker_unavailable', 'the registry is still being read from Kafka'));
    });
    for (const kind of entityKinds) if (served.includes(kind)) addEntity(api, kind, options);
    api.get<{ Querystring: { limit: number; cursor?: string } }>(
      '/collisions',
      { schema: { querystring: query(paging) } },
      async ({ query: { limit, cursor } }) => {
        const collisions = view.collisions();
        const ids = [...new Set(collisions.map(({ id }) => id))].sort();
        const { items, next } = pageOf(ids, (id) => collisions.filter((collision) => collision.id === id), {
          limit,
          ...(cursor === undefined ? {} : { cursor }),
        });
        return { items: items.flat(), next };
      },
    );
  });
  return app;
}

function addEntity(api: FastifyInstance, kind: EntityKind, { view, clock }: ApiOptions): void {
  const names = filters[kind];
  const timeOf = (asOf: string | undefined) => (asOf === undefined ? clock.nowUs() : parseAsOf(asOf));

  api.get<{ Querystring: ListQuery }>(
    `/${kind}`,
    {
      schema: {
        querystring: query({ ...paging, asOf: text, ...Object.fromEntries(names.map((name) => [name, text])) }),
      },
    },
    async ({ query: wanted }) => {
      const us = timeOf(wanted.asOf);
      const filter = names.filter((name) => wanted[name] !== undefined);
      const pick = (id: string) => {
        const entity = view.asOf(kind, id, us);
        return entity && filter.every((name) => (entity as unknown as Record<string, unknown>)[name] === wanted[name])
          ? entity
          : undefined;
      };
      return pageOf(candidates(kind, view, wanted, us), pick, wanted);
    },
  );

  api.get<{ Params: { id: string }; Querystring: { asOf?: string } }>(
    `/${kind}/:id`,
    { schema: { params: query({ id: text }), querystring: query({ asOf: text }) } },
    async ({ params: { id }, query: { asOf } }, reply) => {
      const entity = view.asOf(kind, id, timeOf(asOf));
      return entity ?? reply.code(404).send(problem('not_found', `${kind}: nothing has this id at this time`));
    },
  );

  api.get<{ Params: { id: string } }>(
    `/${kind}/:id/versions`,
    { schema: { params: query({ id: text }) } },
    async ({ params: { id } }, reply) => {
      const items = view.history(kind, id);
      return items.length > 0
        ? { items, next: null }
        : reply.code(404).send(problem('not_found', `${kind}: nothing has this id`));
    },
  );
}

/** Ids worth looking at for a list: an index spares the way through all of them. */
function candidates(kind: EntityKind, view: RegistryView, wanted: ListQuery, us: number): readonly string[] {
  const { venue, symbol } = wanted;
  if (kind !== 'listings' || typeof venue !== 'string') return view.ids(kind);
  if (typeof symbol !== 'string') return view.listingIds(venue).sort();
  const listing = view.listing(venue, symbol, us);
  return listing ? [listing.id] : [];
}

function addOperations(app: FastifyInstance, { view, role, cache, metrics }: ApiOptions): void {
  app.get('/healthz', async () => {
    const available = cache.available();
    return {
      // Without Redis everything is still served, from memory: degraded, not down.
      status: available ? 'ok' : 'degraded',
      role,
      redis: available ? 'available' : 'away, serving from memory',
      redisCurrent: cache.materialiser.current,
      caughtUp: view.caughtUp,
      corruptRecords: view.corrupt,
      entities: view.counts(),
    };
  });
  app.get('/readyz', async (_request, reply) => reply.code(view.caughtUp ? 200 : 503).send({ ready: view.caughtUp }));
  app.get('/metrics', async (_request, reply) => {
    const { body, contentType } = await metrics.text();
    return reply.header('content-type', contentType).send(body);
  });
}

function query(properties: object) {
  return { type: 'object', additionalProperties: false, properties };
}

function problem(code: ErrorCode, message: string) {
  return { code, message };
}

/** Names the parameter, as ajv's own message does not. */
function sentence({ validation }: FastifyError): string {
  const { instancePath = '', message = 'is wrong', params = {} } = validation?.[0] ?? {};
  const { additionalProperty } = params as { additionalProperty?: string };
  if (additionalProperty !== undefined) return `${additionalProperty}: no such parameter`;
  return `${instancePath.slice(1)}: ${message}`;
}
