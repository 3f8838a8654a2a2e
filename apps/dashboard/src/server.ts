import type { Clock } from '@alphapulse/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { serveAssets } from './assets.ts';
import { EventStream } from './event-stream.ts';
import { metricsContentType, metricsText } from './metrics.ts';
import type { DashboardState } from './state.ts';

/** Nothing from elsewhere, nothing inline: text from the log cannot become code, whatever the page does with it. */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export interface Readiness {
  /** The broker answered lately. */
  readonly broker: boolean;
  /** Followed topics not yet read to their end. */
  readonly waitingFor: readonly string[];
}

export interface ServerDeps {
  readonly state: DashboardState;
  readonly clock: Clock;
  readiness(): Readiness;
  readonly streamEveryMs?: number;
  readonly streamClients?: number;
}

/** The page, its data and the endpoints for machines. The caller listens and closes. */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { state, clock } = deps;
  const server = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1_024 });
  const stream = new EventStream(deps.streamClients);
  const snapshot = () => state.snapshot(clock.nowMs());

  server.addHook('onSend', async (_request, reply) => {
    reply.headers(securityHeaders);
  });
  serveAssets(server);

  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  server.get('/api/state', async () => snapshot());
  server.get('/api/opportunities', async () => state.opportunities());
  server.get('/api/dead-letters', async () => state.deadLetters());
  server.get<{ Params: { id: string } }>('/api/instruments/:id/history', async (request, reply) => {
    const history = state.midHistory(request.params.id);
    return history ?? reply.code(404).send({ error: 'no prices of this instrument are known here' });
  });
  server.get('/api/stream', async (_request, reply) => {
    if (stream.full) return reply.code(503).header('retry-after', '10').send({ error: 'too many open streams' });
    reply.hijack();
    stream.add(reply.raw, securityHeaders);
    stream.send(JSON.stringify(snapshot()), reply.raw);
    return reply;
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(metricsContentType).send(metricsText(snapshot(), state.written())),
  );
  server.get('/healthz', async () => ({ status: 'alive' }));
  server.get('/readyz', async (_request, reply) => {
    const readiness = deps.readiness();
    const ready = readiness.broker && readiness.waitingFor.length === 0;
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...readiness });
  });

  const pushing = setInterval(() => {
    if (stream.size > 0) stream.send(JSON.stringify(snapshot()));
  }, deps.streamEveryMs ?? 1_000);
  server.addHook('preClose', async () => {
    clearInterval(pushing);
    stream.close();
  });
  return server;
}
