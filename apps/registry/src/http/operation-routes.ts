import { allKinds } from '@alphapulse/registry';
import type { FastifyInstance } from 'fastify';
import type { RegistryMetrics } from '../metrics.ts';
import { type Role, roles } from '../roles.ts';
import type { JsonSchema } from './json-schema.ts';
import { parametersOf } from './parameters.ts';
import type { CachePort, ViewPort } from './ports.ts';
import { readErrors } from './responses.ts';

const tags = ['operation'];
const whole: JsonSchema = { type: 'integer', minimum: 0 };
const querystring = parametersOf({});

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const health = object({
  status: {
    type: 'string',
    enum: ['ok', 'degraded'],
    description: 'Degraded without Redis: all is served from memory.',
  },
  role: { type: 'string', enum: roles },
  redis: { type: 'string', enum: ['available', 'away, serving from memory'] },
  redisCurrent: { type: 'boolean', description: 'Redis has what the topics have.' },
  redisLag: { ...object({}), additionalProperties: whole, description: 'Records that Redis is behind, by kind.' },
  caughtUp: { type: 'boolean', description: 'The topics were read to the end they had at the start.' },
  corruptRecords: { ...whole, description: 'Corrupt records skipped.' },
  writes: { type: 'string', enum: ['by token', 'refused: no token is configured'] },
  entities: object(Object.fromEntries(allKinds.map((kind) => [kind, whole]))),
});

export interface OperationDeps {
  readonly view: ViewPort;
  readonly role: Role;
  readonly cache: CachePort;
  readonly writable: boolean;
}

/** What anybody who reaches this process may ask: `/healthz`, `/readyz`, `/openapi.json`. */
export function addOpenRoutes(scope: FastifyInstance, { view, role, cache, writable }: OperationDeps): void {
  scope.get(
    '/healthz',
    {
      schema: {
        tags,
        operationId: 'getHealth',
        summary: 'How this process is doing',
        querystring,
        response: { ...readErrors, 200: { description: 'It lives.', ...health } },
      },
    },
    async () => {
      const available = cache.available();
      return {
        // Without Redis everything is still served, from memory: degraded, not down.
        status: available ? 'ok' : 'degraded',
        role,
        redis: available ? 'available' : 'away, serving from memory',
        redisCurrent: cache.materialiser.current,
        redisLag: Object.fromEntries(cache.materialiser.lag),
        caughtUp: view.caughtUp,
        corruptRecords: view.corrupt,
        writes: writable ? 'by token' : 'refused: no token is configured',
        entities: view.counts(),
      };
    },
  );
  const ready = object({ ready: { type: 'boolean' } });
  scope.get(
    '/readyz',
    {
      schema: {
        tags,
        operationId: 'getReadiness',
        summary: 'Whether requests are answered',
        querystring,
        response: {
          ...readErrors,
          200: { description: 'They are.', ...ready },
          503: { description: 'The topics are still being read.', ...ready },
        },
      },
    },
    async (_request, reply) => reply.code(view.caughtUp ? 200 : 503).send({ ready: view.caughtUp }),
  );
  scope.get(
    '/openapi.json',
    {
      schema: {
        tags,
        operationId: 'getOpenApi',
        summary: 'This document',
        querystring,
        response: { ...readErrors, 200: { description: 'OpenAPI 3.1.', type: 'object', additionalProperties: true } },
      },
    },
    async () => scope.swagger(),
  );
}

/** `/metrics`. */
export function addMetricsRoute(scope: FastifyInstance, metrics: RegistryMetrics): void {
  scope.get(
    '/metrics',
    {
      schema: {
        tags,
        operationId: 'getMetrics',
        summary: 'Metrics in the text format of Prometheus',
        querystring,
        response: {
          ...readErrors,
          200: { description: 'All metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
        },
      },
    },
    async (_request, reply) => {
      const { body, contentType } = await metrics.text();
      return reply.header('content-type', contentType).send(body);
    },
  );
}
