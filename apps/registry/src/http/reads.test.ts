import { idOf } from '@alphapulse/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apple, bitcoinListing, startUs, usdc } from './testing/sample-registry.ts';
import { type Body, TestApi } from './testing/test-api.ts';

const hour = 3_600_000_000;
let api: TestApi;

beforeAll(async () => {
  api = await TestApi.start();
});
afterAll(() => api.stop());

const ids = ({ body }: { body: Body }) => body.items.map(({ id }) => id);

describe('lists', () => {
  test('give entities by their facts', async () => {
    const id = idOf('spot:BTC/USDT');
    expect(await api.get(`/instruments/${id}`)).toMatchObject({ status: 200, body: { id, identity: 'spot:BTC/USDT' } });
    expect((await api.get('/instruments?type=spot&base=BTC')).body).toMatchObject({ items: [{ id }], next: null });
    expect((await api.get('/instruments?type=perpetual')).body).toEqual({ items: [], next: null });
    expect((await api.get('/venues')).body.items.map(({ name }) => name).sort()).toEqual(['binance', 'kraken', 'xnas']);
    expect((await api.get('/assets?code=USDT')).body.items).toMatchObject([{ kind: 'stablecoin' }]);
    expect((await api.get('/venues?mic=XNAS')).body.items).toMatchObject([{ name: 'xnas' }]);
    expect((await api.get('/listings?venue=kraken')).body.items).toHaveLength(1);
    expect((await api.get(`/listings?instrumentId=${id}`)).body.items).toHaveLength(2);
    expect((await api.get('/instruments?isin=US0378331005')).body.items).toMatchObject([{ ticker: 'AAPL' }]);
    expect((await api.get('/pools?dex=uniswap-v3')).body.items).toHaveLength(1);
    expect((await api.get('/synthetics?name=btc-premium')).body.items).toHaveLength(1);
  });

  test('take chains by any name and addresses with or without capitals', async () => {
    for (const address of [usdc, usdc.toLowerCase()])
      for (const chain of ['ethereum', 'eth'])
        expect((await api.get(`/tokens?chain=${chain}&address=${address}`)).body.items).toHaveLength(1);
  });

  test('page through everything once', async () => {
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const { status, body } = await api.get(`/listings?limit=4${cursor && `&cursor=${cursor}`}`);
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(4);
      seen.push(...body.items.map(({ id }) => id));
      if (body.next === null) break;
      cursor = body.next;
    }
    expect(seen).toHaveLength(10);
    expect(new Set(seen).size).toBe(10);
  });

  test('give collisions and mappings', async () => {
    expect((await api.get('/collisions')).body.items).toMatchObject([
      { existingIdentity: 'asset:BTC', rejectedIdentity: 'asset:BAD' },
      { rejectedIdentity: 'asset:WORSE' },
    ]);
    expect((await api.get(`/collisions?id=${idOf('asset:ETH')}`)).body.items).toEqual([]);
    expect((await api.get('/mappings?state=suspect')).body.items).toMatchObject([{ instrument: 'spot:C1/USDT' }]);
    expect((await api.get('/mappings?state=confirmed')).body.items).toEqual([]);
    expect((await api.get(`/mappings/${idOf('spot:C1/USDT')}`)).status).toBe(200);
    expect((await api.get(`/mappings/${idOf('spot:C2/USDT')}`)).status).toBe(404);
  });
});

describe('searches by prefix', () => {
  test('look at every name, capital or not, in the order of names', async () => {
    const names = (answer: { body: Body }) =>
      (answer.body.items as unknown as { identity: string }[]).map((each) => each.identity);
    expect(names(await api.get('/instruments?prefix=spot:c'))).toEqual(
      Array.from({ length: 7 }, (_, at) => `spot:C${at}/USDT`),
    );
    for (const prefix of ['aapl', 'Apple', 'EQUITY:', 'US03', 'bbg'])
      expect(ids(await api.get(`/instruments?prefix=${prefix}`))).toEqual([apple.id]);
    expect((await api.get('/listings?prefix=btc')).body.items).toHaveLength(2);
    expect((await api.get('/listings?prefix=btc&venue=kraken')).body.items).toHaveLength(1);
    expect((await api.get('/tokens?prefix=0xa0b8')).body.items).toMatchObject([{ symbol: 'USDC' }]);
    expect((await api.get('/venues?prefix=zzz')).body).toEqual({ items: [], next: null });
  });

  test('page, and show what has more than one such name once', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const { body }: { body: Body } = await api.get(`/instruments?prefix=sp&limit=3${next && `&cursor=${next}`}`);
      seen.push(...body.items.map(({ id }) => id));
      next = body.next;
    }
    expect(seen).toHaveLength(8);
    expect(new Set(seen).size).toBe(8);
    // Its ticker, its name and its identity could all be found by an empty beginning; each begins otherwise.
    expect(ids(await api.get('/instruments?prefix=a'))).toEqual([apple.id]);
  });
});

describe('times', () => {
  test('give the facts of the time', async () => {
    const fee = async (asOf: string) =>
      (await api.get(`/listings?venue=binance&symbol=BTCUSDT${asOf && `&asOf=${encodeURIComponent(asOf)}`}`)).body
        .items[0]?.takerFeeBps;
    expect(await fee('')).toBe(7.5);
    expect(await fee('2020-01-01')).toBe(10);
    expect(await fee('2026-03-01T00:59:59.999999Z')).toBe(10);
    expect(await fee('2026-03-01T02:00:00+01:00')).toBe(7.5);
    expect(await fee(String(startUs + hour - 1))).toBe(10);
    expect(await fee(String(startUs + hour))).toBe(7.5);
    // An unescaped + is a space in a query.
    expect((await api.get(`/lookup/listing?venue=binance&symbol=BTCUSDT&asOf=2026-03-01T02:00:00+01:00`)).status).toBe(
      200,
    );
  });

  test('give what was known at another time', async () => {
    const fee = async (query: string) => (await api.get(`/listings/${bitcoinListing.id}?${query}`)).body.takerFeeBps;
    expect(await fee(`asOf=2020-01-01&knownAt=${startUs + 1}`)).toBe(9);
    expect(await fee(`asOf=2020-01-01&knownAt=${startUs + hour / 2}`)).toBe(10);
    expect(await fee(`knownAt=${startUs + 1}`)).toBe(9);
  });

  test('versions come in order, with what was corrected when asked for', async () => {
    const fees = async (query: string) =>
      (await api.get(`/listings/${bitcoinListing.id}/versions${query}`)).body.items.map(
        ({ takerFeeBps }) => takerFeeBps,
      );
    expect(await fees('')).toEqual([10, 7.5]);
    expect(await fees('?superseded=true')).toEqual([10, 7.5, 9]);
  });
});

describe('lookups', () => {
  test('find by what others call things', async () => {
    const isApple = { status: 200, body: { id: apple.id } };
    expect(await api.get('/lookup/isin/US0378331005')).toMatchObject(isApple);
    expect(await api.get('/lookup/isin/us0378331005?asOf=2020-01-01')).toMatchObject(isApple);
    expect(await api.get('/lookup/figi/BBG000B9XRY4')).toMatchObject(isApple);
    expect((await api.get('/lookup/mic/XNAS')).body.items).toMatchObject([{ name: 'xnas' }]);
    for (const chain of ['ethereum', 'ETH'])
      for (const address of [usdc, usdc.toLowerCase()])
        expect(await api.get(`/lookup/token/${chain}/${address}`)).toMatchObject({
          status: 200,
          body: { decimals: 6 },
        });
    expect((await api.get('/lookup/listing?venue=binance&symbol=BTCUSDT')).body.takerFeeBps).toBe(7.5);
    expect((await api.get(`/lookup/listing?venue=binance&symbol=BTCUSDT&knownAt=${startUs}`)).body.takerFeeBps).toBe(9);
  });

  test('say what is not there', async () => {
    for (const url of [
      '/lookup/isin/US5949181045',
      '/lookup/figi/BBG000BPH459',
      '/lookup/token/ethereum/0xdac17f958d2ee523a2206206994597c13d831ec7',
      '/lookup/listing?venue=binance&symbol=NONE',
      '/instruments/ff/listings',
      '/instruments/ff',
      '/instruments/__proto__',
      '/listings/ff/versions',
      '/nothing',
    ])
      expect([url, await api.get(url)]).toMatchObject([url, { status: 404, body: { code: 'not_found' } }]);
    expect((await api.get('/lookup/mic/XLON')).body).toEqual({ items: [], next: null });
  });

  test('go from an instrument to its listings and to all synthetics that move with it', async () => {
    const id = idOf('spot:BTC/USDT');
    expect((await api.get(`/instruments/${id}/listings`)).body.items).toHaveLength(2);
    expect((await api.get(`/instruments/${id}/synthetics`)).body.items.map(({ name }) => name)).toEqual([
      'btc-premium',
      'premium-index',
    ]);
  });

  test('answer many questions at once, in their order', async () => {
    const listings = [
      { venue: 'kraken', symbol: 'BTC/USDT' },
      { venue: 'kraken', symbol: 'none' },
      { venue: 'binance', symbol: 'BTCUSDT' },
      { venue: 'binance', symbol: 'BTCUSDT', asOf: '2020-01-01' },
    ];
    const { status, body } = await api.post<{ items: ({ takerFeeBps: number } | null)[] }>(
      '/lookup/listings',
      { listings },
      {},
    );
    expect(status).toBe(200);
    expect(body.items.map((listing) => listing?.takerFeeBps)).toEqual([26, undefined, 7.5, 10]);
  });
});
