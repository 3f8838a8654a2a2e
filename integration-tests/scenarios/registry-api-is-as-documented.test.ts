import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from '@alphapulse/registry';
import type { Stack } from '@alphapulse/stack';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Kafka } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const token = 'token-of-the-scenario';
const provenance = 'scenario';
const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
const weth = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';
const poolAddress = '0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640';
const apple = 'equity:isin:US0378331005';
const bitcoin = 'spot:BTC/USDT';

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: Record<string, unknown>;
}

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >;
}

/** One of each kind, in an order in which each refers only to what came before. */
const statements: readonly (readonly [string, object])[] = [
  ['venues', { name: 'xnas', kind: 'exchange', mic: 'XNAS', country: 'US', timeZone: 'America/New_York' }],
  ['assets', { code: 'WBTC', kind: 'crypto', name: 'Wrapped Bitcoin' }],
  ['instruments', { identity: apple, cusip: '037833100', figi: 'BBG000B9XRY4', ticker: 'AAPL', name: 'Apple Inc.' }],
  ['instruments', { identity: bitcoin }],
  ['listings', { venue: 'xnas', symbol: 'AAPL', instrument: apple, tickSize: 0.01, status: 'trading' }],
  ['listings', { venue: 'binance', symbol: 'BTCUSDT', instrument: bitcoin, tickSize: 0.01, takerFeeBps: 10 }],
  ['tokens', { chain: 'ethereum', address: usdc, symbol: 'USDC', name: 'USD Coin', decimals: 6, asset: 'USDC' }],
  ['tokens', { chain: 'ethereum', address: weth, symbol: 'WETH', decimals: 18 }],
  [
    'pools',
    {
      ...{ blockchain: 'ethereum', poolAddress, dex: 'uniswap-v3', token0: usdc, token1: weth, feeTier: 500 },
      createdAt: '2021-05-05T21:42:11Z',
    },
  ],
  ['synthetics', { name: 'bitcoin-basket', kind: 'basket', legs: [{ name: 'btc', instrument: bitcoin, weight: 2 }] }],
  [
    'synthetics',
    { name: 'of-the-basket', kind: 'basket', legs: [{ name: 'b', instrument: 'synthetic:bitcoin-basket' }] },
  ],
];

describe('the registry’s API, with Kafka and Redis behind it', () => {
  let stack: Stack;
  let kafka: Kafka;
  let folder: string;
  let registry: AppProcess;
  let url: string;
  let document: Document;
  const ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });

  const start = async (env: Readonly<Record<string, string>>, ...args: string[]) => {
    const app = startApp('registry', args, { REGISTRY_PORT: '0', ...env });
    const { url: address } = JSON.parse(await app.waitForLine('"msg":"listening"')) as { url: string };
    await app.waitForLine('"msg":"registry read"');
    return { app, address };
  };
  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: unknown, at = url) => {
    const response = await fetch(at + path, {
      ...{ method, headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      etag: response.headers.get('etag'),
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
    return answer;
  };
  const get = (path: string, headers: Record<string, string> = {}) => send('GET', path, headers);
  const authorized = { authorization: `Bearer ${token}` };
  const post = (kind: string, facts: object, more: object = {}) =>
    send('POST', `/${kind}`, authorized, { facts, provenance, ...more });
  /** Checks an answer against the document that the process itself gives. */
  const asDocumented = (route: string, method: string, { status, body }: Answer) => {
    const pointer = ['paths', route, method, 'responses', String(status), 'content', 'application/json', 'schema'];
    const ref = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.compile({ $ref: `document#/${ref}` });
    expect([route, status, validate(body), validate.errors]).toEqual([route, status, true, null]);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-api-'));
    writeFileSync(join(folder, 'token'), `${token}\n`);
    // A stack of its own: ids and counts are then known.
    stack = await startTestStack({ name: 'registry-api', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    kafka = await Kafka.connect();
    const started = await start({ REGISTRY_WRITE_TOKEN_FILE: join(folder, 'token') });
    registry = started.app;
    url = started.address;
    document = (await get('/openapi.json')).body as unknown as Document;
    ajv.addSchema(document, 'document');
  }, 180_000);

  afterAll(async () => {
    await kafka?.close();
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('writes need the token', async () => {
    const [kind, facts] = statements[0] as (typeof statements)[0];
    const body = { facts, provenance };
    for (const headers of [{}, { authorization: 'Bearer token-of-somebody-else' }] as Record<string, string>[]) {
      const refused = await send('POST', `/${kind}`, headers, body);
      expect(refused).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      asDocumented(`/${kind}`, 'post', refused);
    }
    expect((await get(`/${kind}`)).body).toEqual({ items: [], next: null });
  });

  test('one of each kind is registered, once, and found at once', async () => {
    for (const [kind, facts] of statements) {
      const first = await post(kind, facts);
      expect([kind, first.status, first.body.message]).toEqual([kind, 201, undefined]);
      asDocumented(`/${kind}`, 'post', first);
      const [outcome] = first.body.outcomes as { id: string }[];
      const found = await get(`/${kind}/${outcome?.id}`);
      expect([kind, found.status]).toEqual([kind, 200]);
      asDocumented(`/${kind}/{id}`, 'get', found);
      const again = await post(kind, facts);
      expect([kind, again]).toMatchObject([kind, { status: 200, body: { registered: 0, unchanged: 1 } }]);
    }
    for (const kind of ['assets', 'instruments', 'venues', 'listings', 'synthetics', 'tokens', 'pools']) {
      const list = await get(`/${kind}`);
      expect((list.body.items as unknown[]).length).toBeGreaterThan(0);
      asDocumented(`/${kind}`, 'get', list);
    }
  }, 60_000);

  test('each lookup finds it', async () => {
    const lookups: readonly (readonly [string, string, object])[] = [
      ['/lookup/isin/{code}', '/lookup/isin/US0378331005', { identity: apple }],
      ['/lookup/figi/{code}', '/lookup/figi/BBG000B9XRY4', { identity: apple }],
      ['/lookup/mic/{code}', '/lookup/mic/XNAS', { items: [{ name: 'xnas' }] }],
      ['/lookup/token/{chain}/{address}', `/lookup/token/eth/${usdc.toLowerCase()}`, { symbol: 'USDC', address: usdc }],
      ['/lookup/listing', '/lookup/listing?venue=xnas&symbol=AAPL', { instrument: apple, tickSize: 0.01 }],
      ['/instruments/{id}/listings', `/instruments/${idOf(apple)}/listings`, { items: [{ symbol: 'AAPL' }] }],
      [
        '/instruments/{id}/synthetics',
        `/instruments/${idOf(bitcoin)}/synthetics`,
        { items: [{ name: 'bitcoin-basket' }, { name: 'of-the-basket' }] },
      ],
      ['/instruments', '/instruments?prefix=aapl', { items: [{ identity: apple }] }],
      ['/pools', `/pools?poolAddress=${poolAddress}`, { items: [{ feeTier: 500, createdAt: 1_620_250_931_000_000 }] }],
    ];
    for (const [route, path, expected] of lookups) {
      const found = await get(path);
      expect([path, found]).toMatchObject([path, { status: 200, body: expected }]);
      asDocumented(route, 'get', found);
    }
    const questions = {
      listings: [
        { venue: 'binance', symbol: 'BTCUSDT' },
        { venue: 'binance', symbol: 'NONE' },
      ],
    };
    const bulk = await send('POST', '/lookup/listings', {}, questions);
    expect(bulk.body).toMatchObject({ items: [{ instrument: bitcoin }, null] });
    asDocumented('/lookup/listings', 'post', bulk);
  });

  test('what is wrong is refused with its code and place, and nothing is written', async () => {
    const ends = await kafka.ends([
      'registry.instruments',
      'registry.venues',
      'registry.tokens',
      'registry.synthetics',
    ]);
    const refused: readonly (readonly [string, object, string, string])[] = [
      ['instruments', { identity: 'equity:isin:US0378331006' }, 'isin_invalid', 'facts.identity'],
      ['venues', { name: 'nowhere', mic: 'ZZZZ' }, 'mic_invalid', 'facts.mic'],
      ['tokens', { chain: 'ethereum', address: '0x1', symbol: 'X', decimals: 1 }, 'address_invalid', 'facts.address'],
      [
        'tokens',
        { chain: 'ethereum', address: weth, symbol: 'X', decimals: 1.5 },
        'decimals_invalid',
        'facts.decimals',
      ],
      [
        'synthetics',
        { name: 's', kind: 'basket', legs: [{ name: 'a', instrument: 'spot:NO/NE' }] },
        'leg_unknown',
        'facts.legs.0.instrument',
      ],
      [
        'synthetics',
        { name: 'bitcoin-basket', kind: 'basket', legs: [{ name: 'a', instrument: 'synthetic:of-the-basket' }] },
        'synthetic_cyclic',
        'facts.legs.0.instrument',
      ],
    ];
    for (const [kind, facts, code, path] of refused) {
      const answer = await post(kind, facts);
      expect([code, answer]).toMatchObject([code, { status: 422, body: { code, path } }]);
      asDocumented(`/${kind}`, 'post', answer);
    }
    for (const [path, code] of [
      ['/lookup/isin/US0378331006', 'isin_invalid'],
      ['/lookup/mic/ZZZZ', 'mic_invalid'],
      ['/lookup/token/ethereum/0x1', 'address_invalid'],
    ] as const)
      expect(await get(path)).toMatchObject({ status: 400, body: { code } });
    expect(await kafka.ends([...ends.keys()].map((id) => id.slice(0, id.lastIndexOf('/'))))).toEqual(ends);
  }, 60_000);

  test('facts are those of the time, and a late one lands where it belongs', async () => {
    const listing = { venue: 'binance', symbol: 'BTCUSDT', instrument: bitcoin };
    const at = (time: string) => get(`/lookup/listing?venue=binance&symbol=BTCUSDT&asOf=${time}`);
    expect((await post('listings', { ...listing, takerFeeBps: 7.5 }, { validFrom: '2026-03-01' })).status).toBe(201);
    expect(
      (await post('listings', { ...listing, takerFeeBps: 9 }, { validFrom: '2026-02-01', validTo: '2026-03-01' }))
        .status,
    ).toBe(201);
    const fees = await Promise.all(['2026-01-15', '2026-02-15', '2026-03-15'].map(at));
    expect(fees.map(({ body }) => body.takerFeeBps)).toEqual([10, 9, 7.5]);
    const versions = await get(`/listings/${idOf('listing:binance:BTCUSDT')}/versions?superseded=true`);
    expect((versions.body.items as unknown[]).length).toBeGreaterThanOrEqual(3);
    asDocumented('/listings/{id}/versions', 'get', versions);
  }, 60_000);

  test('what has not changed is not sent again', async () => {
    for (const path of ['/venues', '/lookup/isin/US0378331005?asOf=2026-03-01', '/collisions']) {
      const { etag } = await get(path);
      expect(await get(path, { 'if-none-match': etag ?? '' })).toMatchObject({ status: 304, etag, body: {} });
    }
    const { etag } = await get('/venues?asOf=2026-03-01');
    expect((await post('venues', { name: 'xlon', mic: 'XLON' })).status).toBe(201);
    expect((await get('/venues?asOf=2026-03-01', { 'if-none-match': etag ?? '' })).status).toBe(200);
  });

  test('another process, of one role, reads what this one wrote; its reads need a token where it is so configured', async () => {
    const { app, address } = await start(
      { REGISTRY_READS: 'token', REGISTRY_READ_TOKEN: 'token-of-a-reader' },
      '--role',
      'venue',
    );
    expect(await send('GET', '/venues', {}, undefined, address)).toMatchObject({ status: 401 });
    const reader = { authorization: 'Bearer token-of-a-reader' };
    const venues = await send('GET', '/venues?mic=XLON', reader, undefined, address);
    expect(venues).toMatchObject({ status: 200, body: { items: [{ name: 'xlon' }] } });
    expect((await send('GET', '/instruments', reader, undefined, address)).status).toBe(404);
    expect(await send('POST', '/venues', reader, {}, address)).toMatchObject({
      status: 403,
      body: { code: 'unauthorized' },
    });
    expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 60_000);

  test('metrics tell of it, no token is in the log, and it stops cleanly', async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('alphapulse_registry_registrations_total{kind="tokens",outcome="registered",code=""} 2');
    expect(metrics).toMatch(/alphapulse_registry_entities\{kind="pools"\} 1/);
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok', role: 'all' } });
    expect(await registry.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(registry.output()).not.toContain(token);
  }, 60_000);

  test('an unknown role ends with a sentence', async () => {
    const app = startApp('registry', ['--role', 'king']);
    expect(await app.waitForExit()).toMatchObject({ code: 1 });
    expect(app.output()).toContain('king is none of all, instrument, venue, synthetic');
  });
});
