import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Role } from '../roles.ts';
import { servedBy } from '../roles.ts';
import { entitySchemas } from './entity-schemas.ts';
import { errorCodeSchema, problemSchema } from './problem.ts';
import { outcomeSchemas, statementSchemas } from './statement-schemas.ts';

/** Version of the API, not of the program: what clients see. */
const version = '1.0.0';

/** Registers the named schemas and what makes `/openapi.json`; routes that are registered after are in it. */
export function documentApi(app: FastifyInstance, role: Role): void {
  const errors = [errorCodeSchema, problemSchema];
  for (const schema of [...errors, ...entitySchemas, ...statementSchemas, ...outcomeSchemas]) app.addSchema(schema);
  app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'AlphaPulse registry',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        description: [
          'One identity for everything that is traded, with its facts as of any time.',
          'Facts are those that hold at `asOf`, by what is known now or was known at `knownAt`.',
          'Errors are `{ code, path, message }`; codes are stable.',
          `This process has the role \`${role}\` and serves ${servedBy(role).join(', ')}.`,
        ].join(' '),
      },
      tags: [
        { name: 'entities', description: 'What is registered.' },
        { name: 'lookups', description: 'Entities by what others call them.' },
        { name: 'findings', description: 'What was found out about entities.' },
        { name: 'operation', description: 'For machines that watch over this one.' },
      ],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: 'REGISTRY_WRITE_TOKEN; for reads, where they need one, also REGISTRY_READ_TOKEN.',
          },
        },
      },
    },
    refResolver: { buildLocalReference: (schema, _base, _fragment, at) => String(schema.$id ?? `def-${at}`) },
  });
}
