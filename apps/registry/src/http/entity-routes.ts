import type { Clock } from '@alphapulse/core';
import type { Entities, EntityKind } from '@alphapulse/registry';
import type { FastifyInstance } from 'fastify';
import { candidates, filterFields, filterOf, type Wanted } from './entity-filters.ts';
import { entityName, filterSchema } from './entity-schemas.ts';
import { idOfEntry, type NameIndex, nameFields, shows } from './name-index.ts';
import { pageOf } from './page.ts';
import { parameters, parametersOf } from './parameters.ts';
import type { ViewPort } from './ports.ts';
import { problem } from './problem.ts';
import { requestTime } from './request-time.ts';
import { cached, notFound } from './responses.ts';

export interface ReadDeps {
  readonly view: ViewPort;
  readonly names: NameIndex;
  readonly clock: Clock;
}

/** The times that a request asks by. */
export interface Times {
  readonly asOf?: string;
  readonly knownAt?: string;
}

interface ListRequest {
  Querystring: Wanted & Times & { readonly limit: number; readonly cursor?: string; readonly prefix?: string };
}

interface OneRequest {
  Params: { readonly id: string };
  Querystring: Times;
}

interface VersionsRequest {
  Params: { readonly id: string };
  Querystring: { readonly superseded: boolean };
}

/** The times of a request in microseconds; facts are asked for as of now unless it says otherwise. */
export function timesOf({ asOf, knownAt }: Times, clock: Clock): { us: number; knownAtUs: number | undefined } {
  return {
    us: asOf === undefined ? clock.nowUs() : requestTime(asOf, 'asOf'),
    knownAtUs: knownAt === undefined ? undefined : requestTime(knownAt, 'knownAt'),
  };
}

/** `GET /<kind>`, `/<kind>/:id` and `/<kind>/:id/versions`. */
export function addEntityRoutes<K extends EntityKind>(scope: FastifyInstance, kind: K, deps: ReadDeps): void {
  const { view, names, clock } = deps;
  const name = entityName(kind);
  const missing = (when = '') => problem('not_found', `${kind}: nothing has this id${when}`);

  scope.get<ListRequest>(
    `/${kind}`,
    {
      config: { dependsOn: 'time' },
      schema: {
        tags: ['entities'],
        operationId: `list${name}s`,
        summary: `List ${kind}`,
        description: 'In the order of ids; with `prefix`, in the order of the names.',
        querystring: parametersOf({
          ...Object.fromEntries(filterFields[kind].map((field) => [field, filterSchema(kind, field)])),
          prefix: {
            type: 'string',
            minLength: 1,
            maxLength: 256,
            description: `What a name begins with, capital or not. Names: ${nameFields[kind]}.`,
          },
          asOf: parameters.asOf,
          knownAt: parameters.knownAt,
          limit: parameters.limit,
          cursor: parameters.cursor,
        }),
        response: cached(`${name}Page`, `A page of ${kind}.`),
      },
    },
    async ({ query }) => {
      const { us, knownAtUs } = timesOf(query, clock);
      const passes = filterOf(kind, query);
      const pick = (id: string): Entities[K] | undefined => {
        const entity = view.asOf(kind, id, us, knownAtUs);
        return entity && passes(entity) ? entity : undefined;
      };
      const { prefix } = query;
      if (prefix === undefined) return pageOf(candidates(kind, view, query, us), pick, query);
      return pageOf(
        await names.beginning(kind, prefix, view),
        (entry) => {
          const entity = pick(idOfEntry(entry));
          return entity && shows(kind, entity, entry, prefix) ? entity : undefined;
        },
        query,
      );
    },
  );

  scope.get<OneRequest>(
    `/${kind}/:id`,
    {
      config: { dependsOn: 'time' },
      schema: {
        tags: ['entities'],
        operationId: `get${name}`,
        summary: `One of the ${kind}`,
        params: parametersOf({ id: parameters.id }),
        querystring: parametersOf({ asOf: parameters.asOf, knownAt: parameters.knownAt }),
        response: { ...cached(name, 'Its facts at the time.'), ...notFound },
      },
    },
    async ({ params: { id }, query }, reply) => {
      const { us, knownAtUs } = timesOf(query, clock);
      return view.asOf(kind, id, us, knownAtUs) ?? reply.code(404).send(missing(' at this time'));
    },
  );

  scope.get<VersionsRequest>(
    `/${kind}/:id/versions`,
    {
      config: { dependsOn: 'registry' },
      schema: {
        tags: ['entities'],
        operationId: `list${name}Versions`,
        summary: `All versions of one of the ${kind}`,
        description: 'Oldest first. What was believed before corrections comes after them, the last correction first.',
        params: parametersOf({ id: parameters.id }),
        querystring: parametersOf({
          superseded: { type: 'boolean', default: false, description: 'True also gives what was corrected since.' },
        }),
        response: { ...cached(`${name}Page`, 'Its versions, on one page.'), ...notFound },
      },
    },
    async ({ params: { id }, query: { superseded } }, reply) => {
      const items = [...view.history(kind, id), ...(superseded ? view.superseded(kind, id) : [])];
      return items.length > 0 ? { items, next: null } : reply.code(404).send(missing());
    },
  );
}
