import type { ListingSeen } from '@alphapulse/core';
import { type IdOf, idOf, Registrar, RegistryView } from '@alphapulse/registry';
import { MemoryLog, memorySchemas } from '@alphapulse/registry/testing/memory-log.ts';
import { QuietLog } from '@alphapulse/registry/testing/quiet-log.ts';
import { ManualClock } from '@alphapulse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createApi } from './api.ts';
import type { Role } from './roles.ts';
import { servedBy } from './roles.ts';

const startUs = Date.parse('2026-03-01T00:00:00Z') * 1_000;
const bitcoin: ListingSeen = {
  venue: 'binance',
  symbol: 'BTCUSDT',
  type: 'spot',
  base: 'BTC',
  quote: 'USDT',
  takerFeeBps: 10,
  status: 'trading',
  provenance: 'test',
};
const weak: IdOf = (identity) => idOf(identity === 'asset:BAD' ? 'asset:BTC' : identity);

const memory = new MemoryLog();
const clock = new ManualClock(startUs);
const log = new QuietLog();
const ports = () => ({ reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log });
const registrar = new Registrar({ ...ports(), producer: memory.producer() }, { idOf: weak, changeLeadMs: 0 });
const open: { app: FastifyInstance; view: RegistryView }[] = [];
let redisAvailable = true;
/** Base URL of the server of all roles. */
let app: string;

async function serve(role: Role, start = true): Promise<string> {
  const view = new RegistryView(ports(), { kinds: servedBy(role) });
  if (start) await view.start();
  const cache = { available: () => redisAvailable, materialiser: { current: redisAvailable } };
  const metrics = { text: async () => ({ body: 'metrics', contentType: 'text/plain' }), request: () => undefined };
  const server = createApi({ view, role, cache, metrics, clock, log });
  open.push({ app: server, view });
  return server.listen({ host: '127.0.0.1', port: 0 });
}

/** What answers may hold, as far as the tests look. */
interface Body {
  readonly items: readonly { readonly id: string; readonly name: string; readonly takerFeeBps: number }[];
  readonly next: string | null;
  readonly code: string;
  readonly message: string;
  readonly takerFeeBps: number;
}

async function get(url: string, from = app) {
  const response = await fetch(from + url);
  return { status: response.status, body: (await response.json()) as Body };
}

beforeAll(async () => {
  const alts = Array.from({ length: 7 }, (_, number) => ({
    ...bitcoin,
    symbol: `C${number}USDT`,
    base: `C${number}`,
  }));
  await registrar.register([bitcoin, ...alts, { ...bitcoin, symbol: 'BADUSDT', base: 'BAD' }], 'binance');
  await registrar.register([{ ...bitcoin, venue: 'kraken', symbol: 'BTC/USDT' }], 'kraken');
  await clock.advance(3_600_000);
  await registrar.register([{ ...bitcoin, takerFeeBps: 7.5 }], 'binance');
  await clock.advance(3_600_000);
  app = await serve('all');
});

afterAll(async () => {
  for (const { app: server, view } of open) {
    await server.close();
    await view.close();
  }
  await registrar.close();
});

describe('registry API', () => {
  test('gives an instrument by id and lists them by facts', async () => {
    const id = idOf('spot:BTC/USDT');
    expect(await get(`/instruments/${id}`)).toMatchObject({ status: 200, body: { id, identity: 'spot:BTC/USDT' } });
    const { body } = await get('/instruments?type=spot&base=BTC');
    expect(body).toMatchObject({ items: [{ id }], next: null });
    expect((await get('/instruments?type=perpetual')).body).toEqual({ items: [], next: null });
    expect((await get('/venues')).body.items.map(({ name }) => name).sort()).toEqual(['binance', 'kraken']);
    expect((await get('/assets?code=USDT')).body.items).toMatchObject([{ kind: 'stablecoin' }]);
  });

  test('pages through a list once', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { status, body } = await get(`/listings?limit=3${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(3);
      seen.push(...body.items.map(({ id }) => id));
      if (body.next === null) break;
      cursor = body.next;
    }
    expect(seen).toHaveLength(9);
    expect(new Set(seen).size).toBe(9);
    expect((await get('/listings?venue=kraken')).body.items).toHaveLength(1);
  });

  test('gives a listing’s facts as of a time', async () => {
    const fee = async (asOf: string) =>
      (await get(`/listings?venue=binance&symbol=BTCUSDT${asOf && `&asOf=${encodeURIComponent(asOf)}`}`)).body.items[0]
        ?.takerFeeBps;
    expect(await fee('')).toBe(7.5);
    expect(await fee('2020-01-01')).toBe(10);
    expect(await fee('2026-03-01T00:59:59.999999Z')).toBe(10);
    expect(await fee('2026-03-01T02:00:00+01:00')).toBe(7.5);
    expect(await fee(String(startUs + 3_600_000_000 - 1))).toBe(10);
    expect(await fee(String(startUs + 3_600_000_000))).toBe(7.5);
    const id = idOf('listing:binance:BTCUSDT');
    expect((await get(`/listings/${id}?asOf=2020-01-01`)).body.takerFeeBps).toBe(10);
    expect((await get(`/listings/${id}/versions`)).body.items).toHaveLength(2);
  });

  test('lists collisions', async () => {
    expect((await get('/collisions')).body.items).toMatchObject([
      { existingIdentity: 'asset:BTC', rejectedIdentity: 'asset:BAD' },
    ]);
  });

  test('says what is wrong with a request, with a code', async () => {
    for (const url of [
      '/listings?limit=0',
      '/listings?limit=1001',
      '/listings?limit=many',
      '/listings?asOf=yesterday',
      '/listings?asOf=2026-13-45',
      '/listings?cursor=%21%21',
      '/listings?venu=kraken',
      '/listings?limit=1&limit=2',
      `/instruments?base=${'x'.repeat(300)}`,
    ]) {
      const { status, body } = await get(url);
      expect([url, status, body.code]).toEqual([url, 400, 'request_invalid']);
      expect(body.message).toMatch(/^(limit|asOf|cursor|venu|base)\b/);
    }
    for (const url of ['/instruments/ff', '/instruments/__proto__', '/nothing', '/listings/ff/versions'])
      expect(await get(url)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await fetch(`${app}/instruments`, { method: 'POST', body: '{' })).status).toBe(404);
  });

  test('serves what its role is for', async () => {
    const venue = await serve('venue');
    expect((await get('/venues', venue)).body.items).toHaveLength(2);
    expect((await get('/listings', venue)).status).toBe(404);
    expect((await get('/healthz', venue)).body).toMatchObject({ role: 'venue', entities: { listings: 0, venues: 2 } });
  });

  test('tells health and readiness, and goes on from memory without Redis', async () => {
    expect((await get('/healthz')).body).toMatchObject({ status: 'ok', redis: 'available', corruptRecords: 0 });
    redisAvailable = false;
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'degraded' } });
    expect((await get('/venues')).status).toBe(200);
    redisAvailable = true;
    expect((await get('/readyz')).status).toBe(200);
    const starting = await serve('all', false);
    expect((await get('/readyz', starting)).status).toBe(503);
    expect(await get('/venues', starting)).toMatchObject({ status: 503, body: { code: 'broker_unavailable' } });
    expect(await (await fetch(`${app}/metrics`)).text()).toBe('metrics');
  });
});
