import type { Collision } from '@alphapulse/schemas';
import type { FastifyInstance } from 'fastify';
import { fieldSchema } from './entity-schemas.ts';
import { pageOf } from './page.ts';
import { parameters, parametersOf } from './parameters.ts';
import type { ViewPort } from './ports.ts';
import { problem } from './problem.ts';
import { cached, notFound } from './responses.ts';

interface PageQuery {
  readonly limit: number;
  readonly cursor?: string;
}

const { id, limit, cursor } = parameters;
const tags = ['findings'];

/** `GET /collisions`. */
export function addCollisionRoutes(scope: FastifyInstance, view: ViewPort): void {
  scope.get<{ Querystring: PageQuery & { readonly id?: string } }>(
    '/collisions',
    {
      config: { dependsOn: 'registry' },
      schema: {
        tags,
        operationId: 'listCollisions',
        summary: 'Identities that were rejected because another has their id',
        description: 'By id; all collisions of an id are on one page.',
        querystring: parametersOf({ id, limit, cursor }),
        response: cached('CollisionPage', 'A page of collisions.'),
      },
    },
    async ({ query }) => {
      const byId = new Map<string, Collision[]>();
      for (const collision of view.collisions()) byId.set(collision.id, [...(byId.get(collision.id) ?? []), collision]);
      const ids = query.id === undefined ? [...byId.keys()].sort() : [query.id];
      const { items, next } = await pageOf(ids, (each) => byId.get(each), query);
      return { items: items.flat(), next };
    },
  );
}

/** `GET /mappings` and `/mappings/:id`. */
export function addMappingRoutes(scope: FastifyInstance, view: ViewPort): void {
  scope.get<{ Querystring: PageQuery & { readonly state?: string } }>(
    '/mappings',
    {
      config: { dependsOn: 'registry' },
      schema: {
        tags,
        operationId: 'listMappings',
        summary: 'Instruments whose listings have disagreed in price',
        description: 'What has never disagreed is not here. By id of the instrument.',
        querystring: parametersOf({ state: fieldSchema('mappings', 'state'), limit, cursor }),
        response: cached('MappingPage', 'A page of mappings.'),
      },
    },
    async ({ query }) => {
      const ids = view.mappings().map((mapping) => mapping.id);
      const pick = (each: string) => {
        const mapping = view.mapping(each);
        return query.state === undefined || mapping?.state === query.state ? mapping : undefined;
      };
      return pageOf(ids.sort(), pick, query);
    },
  );

  scope.get<{ Params: { readonly id: string } }>(
    '/mappings/:id',
    {
      config: { dependsOn: 'registry' },
      schema: {
        tags,
        operationId: 'getMapping',
        summary: 'What prices say of an instrument’s listings',
        params: parametersOf({ id: { ...id, description: 'Id of the instrument.' } }),
        querystring: parametersOf({}),
        response: { ...cached('Mapping', 'What they said last.'), ...notFound },
      },
    },
    async ({ params }, reply) =>
      view.mapping(params.id) ??
      reply.code(404).send(problem('not_found', 'mappings: the prices of this instrument have never disagreed')),
  );
}
