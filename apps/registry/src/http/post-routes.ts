import type { Log } from '@alphapulse/core';
import type { EntityKind, Outcome, Statement } from '@alphapulse/registry';
import type { FastifyInstance } from 'fastify';
import { entityName } from './entity-schemas.ts';
import { parametersOf } from './parameters.ts';
import type { StatePort, ViewPort } from './ports.ts';
import { problem, statusOf } from './problem.ts';
import { requestTime } from './request-time.ts';
import { answer, writeErrors } from './responses.ts';

/** Bytes of a body with statements. */
const bodyLimit = 2 * 1_048_576;
/** Requests that wait for the registrar, which serves one after another; beyond them clients are told to come later. */
const maxWaiting = 32;
/** So long a write waits for this process's own view to show it. */
const ownViewMs = 2_000;

export interface PostDeps {
  readonly registrar: StatePort;
  readonly view: Pick<ViewPort, 'catchUp'>;
  readonly metrics: { registered(outcomes: readonly Outcome[]): void };
  readonly log: Log;
}

interface PostedStatement {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly validFrom?: number | string;
  readonly validTo?: number | string;
  readonly provenance: string;
}

interface PostRequest {
  Body: PostedStatement | readonly PostedStatement[];
  Querystring: { readonly source: string; readonly atomic: boolean };
}

/** `POST /<kind>` of all kinds. */
export function addPostRoutes(scope: FastifyInstance, kinds: readonly EntityKind[], deps: PostDeps): void {
  const { registrar, view, metrics, log } = deps;
  let waiting = 0;

  for (const kind of kinds) {
    const name = entityName(kind);
    scope.post<PostRequest>(
      `/${kind}`,
      {
        bodyLimit,
        schema: {
          tags: ['entities'],
          operationId: `post${name}`,
          summary: `State facts of ${kind}`,
          description:
            'One statement or a list. All or nothing, unless `atomic=false`: then what is right is registered whatever else is rejected, and only when nothing was is the answer an error. Saying the same again changes nothing.',
          security: [{ token: [] }],
          querystring: parametersOf({
            source: {
              type: 'string',
              pattern: '^[a-z0-9][a-z0-9-]{0,63}$',
              default: 'api',
              description: 'Feed or team that states it.',
            },
            atomic: { type: 'boolean', default: true, description: 'False registers what is right, whatever is not.' },
          }),
          body: { $ref: `${name}Statements#` },
          response: {
            200: answer('Outcomes', 'Nothing new.'),
            201: answer('Outcomes', 'Something was registered.'),
            ...writeErrors,
          },
        },
      },
      async ({ body, query: { source, atomic } }, reply) => {
        if (waiting >= maxWaiting)
          return reply
            .code(503)
            .header('retry-after', '1')
            .send(problem('registry_busy', `${maxWaiting} requests wait already`));
        const isList = Array.isArray(body);
        const posted = (isList ? body : [body]) as readonly PostedStatement[];
        const statements = posted.map((statement, at) => read(kind, statement, isList ? `${at}.` : ''));
        waiting++;
        let stated: readonly Outcome[];
        try {
          stated = await registrar.state(statements, { source, atomic });
        } finally {
          waiting--;
        }
        metrics.registered(stated);
        const outcomes = stated.map((outcome, at) => located(outcome, isList ? `${at}.` : ''));
        const count = (wanted: Outcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length;
        const registered = count('registered');
        const rejected = outcomes.find(({ problem: why }) => why !== undefined)?.problem;
        if (registered === 0 && rejected) return reply.code(statusOf(rejected.code)).send({ ...rejected, outcomes });
        if (registered > 0)
          // Whoever writes and then reads here finds what was written. It is written already: that the view is late is
          // no error of the request.
          await view
            .catchUp(ownViewMs)
            .catch((error: Error) => log.warn({ error: error.message }, 'the view is behind what was just written'));
        return reply
          .code(registered > 0 ? 201 : 200)
          .send({ outcomes, registered, unchanged: count('unchanged'), rejected: count('rejected') });
      },
    );
  }
}

/** A statement as the registrar takes it. The validator has checked its shape. */
function read(kind: EntityKind, { facts, validFrom, validTo, provenance }: PostedStatement, at: string): Statement {
  const { createdAt } = facts as { createdAt?: number | string };
  return {
    kind,
    facts: createdAt === undefined ? facts : { ...facts, createdAt: micros(createdAt, `${at}facts.createdAt`) },
    ...(validFrom === undefined ? {} : { validFrom: micros(validFrom, `${at}validFrom`) }),
    ...(validTo === undefined ? {} : { validTo: micros(validTo, `${at}validTo`) }),
    provenance,
  } as unknown as Statement;
}

function micros(time: number | string, path: string): number {
  return typeof time === 'number' ? time : requestTime(time, path);
}

/** Paths of the statement itself; all others lie in its facts. */
const outside = new Set(['', 'kind', 'facts', 'validFrom', 'validTo', 'provenance', 'source']);

/** An outcome with the path as it is in the body that was posted. */
function located(outcome: Outcome, at: string): Outcome {
  const { problem: why } = outcome;
  if (!why) return outcome;
  const path = outside.has(why.path) || why.path.startsWith('facts.') ? why.path : `facts.${why.path}`;
  return { ...outcome, problem: { ...why, path: (at + path).replace(/\.$/, '') } };
}
