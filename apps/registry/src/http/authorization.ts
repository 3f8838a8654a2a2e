import { RejectedRecordError } from '@alphapulse/core';
import bearerAuth from '@fastify/bearer-auth';
import type { FastifyInstance } from 'fastify';
import { problem } from './problem.ts';

/** Who may do what. Tokens are compared in constant time and never written anywhere. */
export interface Access {
  /** Undefined refuses every write. */
  readonly writeToken: string | undefined;
  readonly reads: 'open' | 'token';
  /** Beside the write token, which may read too. */
  readonly readToken: string | undefined;
}

export const howToAllowWrites =
  'writes are refused: no token is configured; set REGISTRY_WRITE_TOKEN or REGISTRY_WRITE_TOKEN_FILE';

/** Lets only requests with a token pass that may read, unless reads are open. */
export async function authorizeReads(scope: FastifyInstance, { writeToken, reads, readToken }: Access): Promise<void> {
  if (reads === 'open') return;
  await requireToken(
    scope,
    [readToken, writeToken].filter((token) => token !== undefined),
  );
}

/** Lets only requests with the write token pass, and none where there is no such token. */
export async function authorizeWrites(scope: FastifyInstance, { writeToken }: Access): Promise<void> {
  if (writeToken !== undefined) return requireToken(scope, [writeToken]);
  scope.addHook('onRequest', async (_request, reply) =>
    reply.code(403).send(problem('unauthorized', howToAllowWrites)),
  );
}

async function requireToken(scope: FastifyInstance, keys: string[]): Promise<void> {
  await scope.register(bearerAuth, { keys, specCompliance: 'rfc6749', addHook: false });
  const { verifyBearerAuth } = scope;
  if (!verifyBearerAuth) throw new TypeError('bearer-auth gives no function to verify with');
  scope.addHook('onRequest', (request, reply, done) =>
    verifyBearerAuth(request, reply, (error) => {
      // RFC 6750, section 3. What was wrong with the header is not told.
      if (error) reply.header('www-authenticate', 'Bearer realm="registry"');
      done(
        error && new RejectedRecordError('unauthorized', 'give a token that may do this: `Authorization: Bearer …`'),
      );
    }),
  );
}
