import { afterEach, describe, expect, test } from '@jest/globals';
import { authorization, TestApi, type TestApiOptions, writeToken } from './testing/test-api.ts';

const venue = { facts: { name: 'xlon' }, provenance: 'test' };
const readToken = 'read-token-of-the-tests';
let started: TestApi | undefined;

async function start(options: TestApiOptions = {}): Promise<TestApi> {
  started = await TestApi.start(options);
  return started;
}

afterEach(() => started?.stop());

describe('access', () => {
  test('writes need the token, and nothing else will do', async () => {
    const api = await start();
    for (const headers of [
      {},
      { authorization: writeToken },
      { authorization: 'Bearer ' },
      { authorization: `Bearer ${writeToken}x` },
      { authorization: `Bearer ${writeToken.slice(1)}` },
      { authorization: `Basic ${writeToken}` },
    ] as Record<string, string>[]) {
      const answer = await api.post('/venues', venue, headers);
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect(api.registrar.stated).toEqual([]);
    expect(await api.post('/venues', venue, { authorization: `bearer ${writeToken}` })).toMatchObject({ status: 201 });
  });

  test('without a configured token all writes are refused, with how to configure one', async () => {
    const api = await start({ access: { writeToken: undefined } });
    const { status, body } = await api.post('/venues', venue);
    expect([status, body.code]).toEqual([403, 'unauthorized']);
    expect(body.message).toContain('REGISTRY_WRITE_TOKEN_FILE');
    expect((await api.get('/venues')).status).toBe(200);
  });

  test('a wrong token is refused before the body is looked at', async () => {
    const api = await start();
    const answer = await api.send('POST', '/venues', {
      headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
      body: '{',
    });
    expect(answer.status).toBe(401);
  });

  test('reads need a token where it is so configured; the token that writes reads too', async () => {
    const api = await start({ access: { reads: 'token', readToken } });
    for (const path of ['/venues', '/lookup/isin/US0378331005', '/collisions', '/metrics'])
      expect([path, (await api.get(path)).status]).toEqual([path, 401]);
    expect((await api.post('/lookup/listings', { listings: [] }, {})).status).toBe(401);
    for (const token of [readToken, writeToken]) {
      const answer = await api.get('/venues', { authorization: `Bearer ${token}` });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    }
    expect((await api.post('/venues', venue, { authorization: `Bearer ${readToken}` })).status).toBe(401);
    for (const path of ['/healthz', '/readyz', '/openapi.json']) expect((await api.get(path)).status).toBe(200);
  });

  test('no token is written to the log', async () => {
    const api = await start({ registrar: { state: () => Promise.reject(new TypeError('bug')) } });
    expect(await api.post('/venues', venue, { authorization })).toMatchObject({ status: 500 });
    expect(JSON.stringify(api.lines.lines)).toContain('bug');
    expect(JSON.stringify(api.lines.lines)).not.toContain(writeToken);
  });
});
