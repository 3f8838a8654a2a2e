import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TestApi } from './testing/test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

describe('a request that cannot be answered', () => {
  test.each([
    ['/listings?limit=0', 'limit'],
    ['/listings?limit=1001', 'limit'],
    ['/listings?limit=many', 'limit'],
    ['/listings?limit=1&limit=2', 'limit'],
    ['/listings?limit=', 'limit'],
    ['/listings?asOf=yesterday', 'asOf'],
    ['/listings?asOf=2026-13-45', 'asOf'],
    ['/listings?knownAt=-1', 'knownAt'],
    ['/listings?cursor=%21%21', 'cursor'],
    ['/listings?prefix=btc&cursor=%21%21', 'cursor'],
    ['/listings?venu=kraken', 'venu'],
    ['/listings?status=sleeping', 'status'],
    ['/lookup/listing?venue=kraken', 'symbol'],
    [`/instruments?base=${'x'.repeat(300)}`, 'base'],
    ['/instruments?superseded=true', 'superseded'],
    ['/lookup/figi/BBG000B9XRY5', 'code'],
  ])('%s is refused for its %s', async (url, path) => {
    const { status, body } = await api.get(url);
    expect({ status, code: body.code, path: body.path }).toEqual({ status: 400, code: 'request_invalid', path });
    expect(body.message).toContain(path);
  });

  test.each([
    ['/lookup/isin/US0378331006', 'isin_invalid', 'code'],
    ['/lookup/isin/nonsense', 'isin_invalid', 'code'],
    ['/instruments?isin=US0378331006', 'isin_invalid', 'isin'],
    ['/lookup/mic/ZZZZ', 'mic_invalid', 'code'],
    ['/venues?mic=nasdaq', 'mic_invalid', 'mic'],
    ['/lookup/token/ethereum/0x12', 'address_invalid', 'address'],
    ['/lookup/token/ethereum/0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB4a', 'address_invalid', 'address'],
  ])('%s has the code %s', async (url, code, path) => {
    expect(await api.get(url)).toMatchObject({ status: 400, body: { code, path } });
  });

  test('names the field of a body', async () => {
    const lookUp = (body: unknown) => api.post('/lookup/listings', body, {});
    expect(await lookUp({})).toMatchObject({ status: 400, body: { path: 'listings' } });
    expect(await lookUp({ listings: [{ venue: 'x', symbol: 'y' }, { venue: 'x' }] })).toMatchObject({
      status: 400,
      body: { path: 'listings.1.symbol' },
    });
    expect(await lookUp({ listings: [{ venue: 'x', symbol: 'y', asOf: 'then' }] })).toMatchObject({
      status: 400,
      body: { path: 'listings.0.asOf' },
    });
    expect(await lookUp({ listings: Array(1_001).fill({ venue: 'x', symbol: 'y' }) })).toMatchObject({ status: 400 });
  });

  test('is refused when it is no request at all', async () => {
    const headers = { 'content-type': 'application/json' };
    const lookUp = (body: string, type = headers) => api.send('POST', '/lookup/listings', { headers: type, body });
    const invalid = { code: 'request_invalid' };
    expect(await lookUp('{')).toMatchObject({ status: 400, body: invalid });
    expect(await lookUp('')).toMatchObject({ status: 400, body: invalid });
    expect(await lookUp('{"__proto__":{"a":1},"listings":[]}')).toMatchObject({ status: 400, body: invalid });
    expect(await lookUp('x', { 'content-type': 'text/plain' })).toMatchObject({ status: 415, body: invalid });
    expect(await lookUp(`"${'x'.repeat(1_100_000)}"`)).toMatchObject({ status: 413, body: invalid });
    expect(await api.get(`/listings?venue=${'x'.repeat(9_000)}`)).toMatchObject({ status: 414, body: invalid });
    expect(await api.get('/listings/%zz')).toMatchObject({ status: 400, body: invalid });
    expect(await api.send('DELETE', '/listings')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});
