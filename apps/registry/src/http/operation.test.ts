import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Role } from '../roles.ts';
import { registered, TestApi, type TestApiOptions } from './testing/test-api.ts';

const started: TestApi[] = [];
async function start(options: TestApiOptions = {}): Promise<TestApi> {
  const api = await TestApi.start(options);
  started.push(api);
  return api;
}
afterEach(async () => {
  for (const api of started.splice(0)) await api.stop();
});

const paths = async (api: TestApi) =>
  Object.keys((await api.get<{ paths: object }>('/openapi.json')).body.paths).filter((path) => !path.includes('{'));

describe('roles', () => {
  test.each<[Role, string, string]>([
    ['venue', '/venues', '/listings'],
    ['instrument', '/lookup/isin/US0378331005', '/venues'],
    ['synthetic', '/synthetics', '/instruments'],
  ])('%s serves %s and not %s', async (role, served, other) => {
    const api = await start({ role });
    expect((await api.get(served)).status).toBe(200);
    expect(await api.get(other)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await api.post(other, {})).status).toBe(404);
    expect((await api.get('/collisions')).status).toBe(200);
    expect((await api.get('/healthz')).body).toMatchObject({ role });
    const documented = await paths(api);
    expect(documented).toContain('/collisions');
    expect(documented).not.toContain(other);
  });

  test('say in the document what they serve', async () => {
    const { body } = await (await start({ role: 'venue' })).get<{ info: { description: string } }>('/openapi.json');
    expect(body.info.description).toContain('`venue` and serves venues, collisions');
  });
});

describe('operation', () => {
  test('health tells how this process is doing; without Redis it goes on from memory', async () => {
    const api = await start();
    expect(await api.get('/healthz')).toMatchObject({
      status: 200,
      body: {
        ...{ status: 'ok', redis: 'available', corruptRecords: 0, redisLag: { listings: 2 }, writes: 'by token' },
        entities: { listings: 10, pools: 1, mappings: 1, collisions: 2 },
      },
    });
    api.redisAvailable = false;
    expect(await api.get('/healthz')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((await api.get('/venues')).status).toBe(200);
    expect((await api.get('/readyz')).status).toBe(200);
  });

  test('nothing is answered before the topics are read, and it says so', async () => {
    const api = await start({ started: false });
    expect(await api.get('/readyz')).toMatchObject({ status: 503, body: { ready: false } });
    const { status, body, headers } = await api.get('/venues');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'broker_unavailable', '1']);
    expect((await api.post('/venues', { facts: { name: 'x' }, provenance: 'x' })).status).toBe(503);
    expect((await api.get('/healthz')).status).toBe(200);
    await api.view.start();
    expect((await api.get('/venues')).status).toBe(200);
  });

  test('metrics count requests, statements and collisions', async () => {
    const api = await start({
      registrar: {
        state: async ([statement]) => [
          {
            ...registered(statement as never),
            outcome: 'rejected',
            problem: { code: 'identity_collision', path: 'identity', message: 'taken' },
          },
        ],
      },
    });
    expect((await api.post('/assets', { facts: { code: 'BAD' }, provenance: 'x' })).status).toBe(409);
    await api.get('/venues');
    await api.get('/instruments/ff');
    const { body, headers } = await api.get<string>('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'alphapulse_registry_http_requests_total{method="GET",route="/venues",status="200"} 1',
      'alphapulse_registry_http_requests_total{method="GET",route="/instruments/:id",status="404"} 1',
      'alphapulse_registry_registrations_total{kind="assets",outcome="rejected",code="identity_collision"} 1',
      'alphapulse_registry_collisions_total{kind="assets",seen="registrar"} 1',
      'alphapulse_registry_collisions_total{kind="assets",seen="topic"} 2',
      'alphapulse_registry_entities{kind="pools"} 1',
      'alphapulse_registry_redis_lag_records{kind="listings"} 2',
      'alphapulse_registry_redis_available 1',
      'alphapulse_registry_corrupt_records 0',
    ])
      expect(body.split('\n')).toContain(line);
  });

  test('request ids are the client’s where they are harmless', async () => {
    const api = await start();
    const idOf = async (id: string) => (await api.get('/venues', { 'x-request-id': id })).headers.get('x-request-id');
    expect(await idOf('trace-1')).toBe('trace-1');
    expect(await idOf('{"injected":1}')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('closing lets an open request end', async () => {
    let go: () => void = () => undefined;
    let arrived: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const api = await start({
      registrar: {
        state: (statements) =>
          new Promise((resolve) => {
            go = () => resolve(statements.map(registered));
            arrived();
          }),
      },
    });
    const answer = api.post('/venues', { facts: { name: 'x' }, provenance: 'x' });
    await waiting;
    const address = api.app.addresses()[0] as { port: number };
    const closed = api.app.close();
    go();
    expect((await answer).status).toBe(201);
    await closed;
    const refused = await new Promise((resolve) =>
      connect(address.port, '127.0.0.1')
        .on('error', resolve)
        .on('connect', () => resolve('connected')),
    );
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
