import { randomUUID } from 'node:crypto';
import type { Clock, Log } from '@alphapulse/core';
import { entityKinds } from '@alphapulse/registry';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { RegistryMetrics } from '../metrics.ts';
import { type Role, servedBy } from '../roles.ts';
import { type Access, authorizeReads, authorizeWrites } from './authorization.ts';
import { addEntityRoutes } from './entity-routes.ts';
import { tagAnswers } from './etags.ts';
import { addCollisionRoutes, addMappingRoutes } from './finding-routes.ts';
import { addInstrumentLookups, addSyntheticLookups, addVenueLookups } from './lookup-routes.ts';
import type { NameIndex } from './name-index.ts';
import { documentApi } from './open-api.ts';
import { addMetricsRoute, addOpenRoutes } from './operation-routes.ts';
import type { CachePort, StatePort, ViewPort } from './ports.ts';
import { addPostRoutes } from './post-routes.ts';
import { answerTo, problem } from './problem.ts';
import { parseQuery } from './query-string.ts';

export interface ApiOptions {
  readonly role: Role;
  readonly view: ViewPort;
  /** To be told of the view's changes by whoever makes the view. */
  readonly names: NameIndex;
  readonly registrar: StatePort;
  readonly access: Access;
  readonly cache: CachePort;
  readonly metrics: RegistryMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

const maxUrl = 8_192;
const requestIdHeader = 'x-request-id';

/**
 * The registry over HTTP: reads from this process's memory, writes through the registrar. The caller listens and
 * closes; closing lets open requests end.
 */
export function createApi(options: ApiOptions): FastifyInstance {
  const { metrics, log } = options;
  const app = Fastify({
    // Unknown parameters are errors, and nothing is turned into another type.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allowUnionTypes: true } },
    routerOptions: { querystringParser: parseQuery, maxParamLength: 512 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // Shorter than the time the process has to stop in.
    requestTimeout: 15_000,
    genReqId: ({ headers }) => {
      const given = headers[requestIdHeader];
      return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
    },
    // A URL that is none does not get as far as the error handler.
    frameworkErrors: (error, _request, reply) =>
      void (reply as FastifyReply).code(400).send(problem('request_invalid', error.message)),
  });
  app.removeContentTypeParser('text/plain');
  // Twice as fast as serializers made from the schemas, and it cannot hide an answer that does not fit its schema.
  app.setSerializerCompiler(() => JSON.stringify);

  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      [requestIdHeader]: request.id,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    if (request.raw.url && request.raw.url.length > maxUrl)
      await reply.code(414).send(problem('request_invalid', `the URL is longer than ${maxUrl} characters`));
  });
  app.addHook('onSend', async (_request, reply, payload) => {
    if (reply.statusCode === 503) reply.header('retry-after', '1');
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    metrics.request(method, routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1_000);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const expected = answerTo(error);
    if (expected) return reply.code(expected.status).send(expected.body);
    const { message, stack } = error;
    log.error({ code: 'unexpected', requestId: request.id, error: message, stack }, 'request failed');
    return reply.code(500).send(problem('unexpected', 'internal error; the log has more under this request id'));
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(problem('not_found', 'no such path')));

  documentApi(app, options.role);
  app.register(async (routes) => addRoutes(routes, options));
  return app;
}

async function addRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { role, view, names, registrar, access, cache, metrics, clock, log } = options;
  const served = servedBy(role);
  const kinds = entityKinds.filter((kind) => served.includes(kind));

  await app.register(async (open) =>
    addOpenRoutes(open, { view, role, cache, writable: access.writeToken !== undefined }),
  );
  await app.register(async (reads) => {
    await authorizeReads(reads, access);
    addMetricsRoute(reads, metrics);
    await reads.register(async (scope) => {
      refuseUntilCaughtUp(scope, view);
      tagAnswers(scope, view, access.reads);
      const deps = { view, names, clock };
      for (const kind of kinds) addEntityRoutes(scope, kind, deps);
      if (served.includes('listings')) addInstrumentLookups(scope, deps);
      if (served.includes('venues')) addVenueLookups(scope, deps);
      if (served.includes('synthetics')) addSyntheticLookups(scope, deps);
      if (served.includes('mappings')) addMappingRoutes(scope, view);
      addCollisionRoutes(scope, view);
    });
  });
  await app.register(async (writes) => {
    await authorizeWrites(writes, access);
    refuseUntilCaughtUp(writes, view);
    addPostRoutes(writes, kinds, { registrar, view, metrics, log });
  });
}

function refuseUntilCaughtUp(scope: FastifyInstance, view: Pick<ViewPort, 'caughtUp'>): void {
  scope.addHook('onRequest', async (_request, reply) => {
    if (!view.caughtUp)
      await reply.code(503).send(problem('broker_unavailable', 'the registry is still being read from Kafka'));
  });
}
