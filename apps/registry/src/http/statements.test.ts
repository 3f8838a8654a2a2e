import { idOf } from '@alphapulse/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apple, bitcoinListing, startUs, usdc, weth } from './testing/sample-registry.ts';
import { TestApi } from './testing/test-api.ts';

const hour = 3_600_000_000;
let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const provenance = 'test';
const post = (path: string, facts: object, more: object = {}) => api.post(path, { facts, provenance, ...more });

describe('what is posted, with the registrar behind it', () => {
  test('is found at once, by each lookup', async () => {
    expect((await post('/instruments', { identity: 'equity:isin:us5949181045', ticker: 'MSFT' })).status).toBe(201);
    expect((await api.get('/lookup/isin/US5949181045')).body).toMatchObject({ ticker: 'MSFT' });
    expect((await api.get('/instruments?prefix=msft')).body.items).toHaveLength(1);
    const listing = { venue: 'xnas', symbol: 'MSFT', instrument: 'equity:isin:US5949181045', tickSize: 0.01 };
    expect((await post('/listings', listing)).status).toBe(201);
    expect((await api.get('/lookup/listing?venue=xnas&symbol=MSFT')).body).toMatchObject({ tickSize: 0.01 });
    const address = usdc.toLowerCase();
    expect((await post('/tokens', { chain: 'base', address, symbol: 'USDC', decimals: 6 })).status).toBe(201);
    expect((await api.get(`/lookup/token/base/${usdc}`)).body).toMatchObject({ address: usdc });
    const synthetic = {
      name: 'pair',
      kind: 'spread',
      legs: [apple.id, 'equity:isin:US5949181045'].map((instrument, at) => ({ name: `l${at}`, instrument })),
    };
    expect((await post('/synthetics', synthetic)).status).toBe(201);
    expect((await api.get(`/instruments/${apple.id}/synthetics`)).body.items).toMatchObject([{ name: 'pair' }]);
    expect((await post('/instruments', { identity: 'equity:isin:US5949181045', ticker: 'MSFT' })).status).toBe(200);
  });

  test('changes facts from then on, or where a late fact belongs', async () => {
    const listing = { venue: 'binance', symbol: 'BTCUSDT', instrument: 'spot:BTC/USDT' };
    const fee = async (us: number) => (await api.get(`/listings/${bitcoinListing.id}?asOf=${us}`)).body.takerFeeBps;
    const before = { validFrom: startUs - 2 * hour, validTo: startUs - hour };
    expect((await post('/listings', { ...listing, takerFeeBps: 12 }, before)).status).toBe(201);
    expect(await Promise.all([-3, -2, -1, 0, 1].map((hours) => fee(startUs + hours * hour)))).toEqual([
      10, 12, 10, 10, 7.5,
    ]);
  });

  test('is found as of its time when it has ended, too', async () => {
    const ended = { validFrom: 0, validTo: startUs };
    expect((await post('/instruments', { identity: 'equity:isin:DE0007164600' }, ended)).status).toBe(201);
    const address = `0x${'12'.repeat(20)}`;
    expect((await post('/tokens', { chain: 'base', address, symbol: 'OLD', decimals: 6 }, ended)).status).toBe(201);
    for (const path of ['/lookup/isin/DE0007164600', `/lookup/token/base/${address}`]) {
      expect((await api.get(path)).status).toBe(404);
      expect((await api.get(`${path}?asOf=2026-02-01`)).status).toBe(200);
      expect((await api.get(`${path}?asOf=2026-03-02`)).status).toBe(404);
    }
    expect((await api.get('/instruments?isin=DE0007164600&asOf=2026-02-01')).body.items).toHaveLength(1);
    expect((await api.get(`/tokens?chain=base&address=${address}&asOf=2026-02-01`)).body.items).toHaveLength(1);
  });

  test.each<[string, object, number, string, string]>([
    ['/instruments', { identity: 'equity:isin:US5949181046' }, 422, 'isin_invalid', 'facts.identity'],
    ['/instruments', { identity: 'equity:isin:US5949181045', cusip: '037833100' }, 422, 'cusip_invalid', 'facts.cusip'],
    ['/venues', { name: 'xams', mic: 'ZZZZ' }, 422, 'mic_invalid', 'facts.mic'],
    ['/venues', { name: 'xams', country: 'XX' }, 422, 'country_invalid', 'facts.country'],
    [
      '/tokens',
      { chain: 'ethereum', address: '0x1', symbol: 'X', decimals: 6 },
      422,
      'address_invalid',
      'facts.address',
    ],
    [
      '/tokens',
      { chain: 'ethereum', address: weth, symbol: 'X', decimals: 256 },
      422,
      'decimals_invalid',
      'facts.decimals',
    ],
    [
      '/synthetics',
      { name: 's', kind: 'formula', legs: [{ name: 'a', instrument: apple.id }] },
      422,
      'formula_invalid',
      'facts.formula',
    ],
    [
      '/synthetics',
      { name: 's', kind: 'basket', legs: [{ name: 'a', instrument: 'spot:NO/NE' }] },
      422,
      'leg_unknown',
      'facts.legs.0.instrument',
    ],
    [
      '/synthetics',
      { name: 'btc-premium', kind: 'basket', legs: [{ name: 'a', instrument: 'synthetic:premium-index' }] },
      422,
      'synthetic_cyclic',
      'facts.legs.0.instrument',
    ],
    [
      '/pools',
      { blockchain: 'base', poolAddress: weth, dex: 'x', token0: weth, token1: usdc, createdAt: 1 },
      422,
      'reference_unknown',
      'facts.token0',
    ],
  ])('%s refuses %j', async (path, facts, status, code, at) => {
    const revision = api.log.size;
    expect(await post(path, facts)).toMatchObject({ status, body: { code, path: at } });
    expect(api.log.size).toBe(revision);
  });

  test('is written all or nothing, unless part of it will do', async () => {
    const good = { facts: { name: 'xpar', mic: 'XPAR' }, provenance };
    const bad = { facts: { name: 'xams', mic: 'ZZZZ' }, provenance };
    expect(await api.post('/venues', [good, bad])).toMatchObject({ status: 422, body: { path: '1.facts.mic' } });
    expect((await api.get(`/venues/${idOf('venue:xpar')}`)).status).toBe(404);
    expect(await api.post('/venues?atomic=false', [good, bad])).toMatchObject({ status: 201 });
    expect((await api.get(`/venues/${idOf('venue:xpar')}`)).status).toBe(200);
  });
});
