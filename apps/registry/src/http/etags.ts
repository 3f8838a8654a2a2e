import { createHash, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * What an answer depends on beside the URL: the registry alone; or also the time of the request, unless the URL
     * has an `asOf`.
     */
    dependsOn?: 'registry' | 'time';
  }
}

/** Names this process: revisions count what it has read, so the same number elsewhere means something else. */
const reader = randomBytes(6).toString('base64url');

/**
 * Entity tags and `Cache-Control` for GETs. What depends on the registry alone is tagged with its revision, so that a
 * 304 costs no lookup. What holds now may change without any record, when a validity begins: that is tagged by its
 * bytes. All of it must be revalidated, the past too: late facts land in the past.
 */
export function tagAnswers(scope: FastifyInstance, view: { readonly revision: number }, reads: 'open' | 'token'): void {
  const cacheControl = reads === 'open' ? 'no-cache' : 'private, no-cache';

  scope.addHook('preHandler', async (request, reply) => {
    if (!isRead(request) || !dependsOnRegistryAlone(request)) return;
    const tag = `"${reader}.${view.revision}"`;
    reply.headers({ etag: tag, 'cache-control': cacheControl });
    if (matches(request.headers['if-none-match'], tag)) await reply.code(304).send();
  });

  scope.addHook('onSend', async (request, reply, payload) => {
    if (!isRead(request) || reply.statusCode === 304) return payload;
    if (reply.statusCode !== 200) {
      reply.removeHeader('etag').header('cache-control', 'no-store');
      return payload;
    }
    reply.header('cache-control', cacheControl);
    if (reply.hasHeader('etag') || typeof payload !== 'string') return payload;
    const tag = `"${createHash('sha1').update(payload).digest('base64url')}"`;
    reply.header('etag', tag);
    if (!matches(request.headers['if-none-match'], tag)) return payload;
    reply.code(304).removeHeader('content-type').removeHeader('content-length');
    return null;
  });
}

function isRead({ method }: FastifyRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function dependsOnRegistryAlone({ routeOptions, query }: FastifyRequest): boolean {
  const { dependsOn } = routeOptions.config;
  return dependsOn === 'registry' || (dependsOn === 'time' && (query as { asOf?: string }).asOf !== undefined);
}

/** RFC 9110, section 13.1.2: a list of tags compared weakly, or a star. */
export function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
}
