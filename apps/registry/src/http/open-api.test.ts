import { errorCodes } from '@alphapulse/core';
import { idOf } from '@alphapulse/registry';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { apple, usdc, weth } from './testing/sample-registry.ts';
import { authorization, TestApi } from './testing/test-api.ts';
import { hostileTexts, type Resolve, type Schema, valid, variations } from './testing/variations.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required: boolean;
  readonly schema: Schema;
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface Route {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

let api: TestApi;
let document: Document;
let ajv: Ajv2020;
const validators = new Map<string, ValidateFunction>();

/** Values with which the samples answer 200, by parameter; by path where it matters. */
const goodValues: Readonly<Record<string, string>> = {
  ...{ venue: 'kraken', symbol: 'BTC/USDT', asOf: '2026-03-01', knownAt: '2026-03-02T00:00:00Z', chain: 'ethereum' },
  ...{ address: usdc, isin: 'US0378331005', mic: 'XNAS', limit: '5', superseded: 'true', atomic: 'false' },
  '/lookup/isin/{code}': 'US0378331005',
  '/lookup/figi/{code}': 'BBG000B9XRY4',
  '/lookup/mic/{code}': 'XNAS',
  '/mappings/{id}': idOf('spot:C1/USDT'),
};

beforeAll(async () => {
  api = await TestApi.start();
  document = (await api.get<Document>('/openapi.json')).body;
  ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });
  ajv.addSchema(document, 'document');
});
afterAll(() => api.stop());

const resolve: Resolve = ({ $ref, ...schema }) =>
  $ref === undefined ? schema : resolve(document.components.schemas[$ref.split('/').at(-1) as string] as Schema);

function routes(): Route[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

const escaped = (part: string) => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** Sends a request and checks that its answer is one that the document tells of. Returns the status. */
async function documented(route: Route, what: string, url: string, body?: unknown): Promise<number> {
  const { path, method, operation } = route;
  const name = `${method} ${path} ${what}`;
  const answer = await api.send<unknown>(method, url, {
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { status } = answer;
  if (status >= 500) throw new Error(`${name}: ${status} ${JSON.stringify(answer.body)}`);
  const response = operation.responses[status];
  if (!response) throw new Error(`${name}: ${status} is not in the document: ${JSON.stringify(answer.body)}`);
  const [type] = Object.keys(response.content ?? {});
  if (type === undefined) return status;
  expect([name, answer.headers.get('content-type')]).toEqual([name, expect.stringContaining(type)]);
  const pointer = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content', type, 'schema'];
  const ref = `document#/${pointer.map(escaped).map(encodeURIComponent).join('/')}`;
  let validate = validators.get(ref);
  if (!validate) {
    validate = ajv.compile({ $ref: ref });
    validators.set(ref, validate);
  }
  if (!validate(answer.body))
    throw new Error(`${name}: ${status} ${ajv.errorsText(validate.errors)}: ${JSON.stringify(answer.body)}`);
  return status;
}

type Values = Readonly<Record<string, string>>;

function urlOf({ path, operation }: Route, values: Values, extra: Values = {}): string {
  const url = path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encoded(values[name] as string));
  const names = (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name);
  const query = [
    ...names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]] as const])),
    ...Object.entries(extra),
  ];
  return query.length === 0 ? url : `${url}?${query.map((pair) => pair.map(encoded).join('=')).join('&')}`;
}

/** As encodeURIComponent, which throws for half of a surrogate pair: that becomes a replacement character. */
function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

function goodValue(path: string, { name, in: where, schema }: Parameter): string {
  const own = where === 'path' ? goodValues[path] : undefined;
  return own ?? (name === 'id' ? idFor(path) : (goodValues[name] ?? String(valid(schema, resolve))));
}

function idFor(path: string): string {
  const kind = path.split('/')[1] as string;
  const identities: Readonly<Record<string, string>> = {
    ...{ assets: 'asset:BTC', venues: 'venue:xnas', listings: 'listing:kraken:BTC/USDT' },
    ...{ synthetics: 'synthetic:btc-premium', tokens: `token:ethereum:${usdc.toLowerCase()}`, collisions: 'asset:BTC' },
    pools: 'pool:ethereum:0x88e6a0c2ddd26feeb64f039a2c41296fcb3f5640',
  };
  return kind === 'instruments' ? apple.id : idOf(identities[kind] as string);
}

const writes = ({ operation }: Route) => operation.responses[201] !== undefined;
const isRequired = ({ required }: Parameter) => required;

function requiredValues({ path, operation }: Route): Values {
  const needed = (operation.parameters ?? []).filter(isRequired);
  return Object.fromEntries(needed.map((parameter) => [parameter.name, goodValue(path, parameter)]));
}

const goodFacts: Readonly<Record<string, object>> = {
  '/assets': { code: 'ETH', kind: 'crypto', name: 'Ether', aliases: ['kraken:XETH'], tokens: [] },
  '/venues': {
    name: 'xlon',
    kind: 'exchange',
    mic: 'XLON',
    country: 'GB',
    timeZone: 'Europe/London',
    status: 'active',
  },
  '/instruments': { identity: 'equity:isin:US5949181045', cusip: '594918104', ticker: 'MSFT', sector: 'Software' },
  '/listings': { venue: 'kraken', symbol: 'ETH/USDT', instrument: 'spot:ETH/USDT', tickSize: 0.01, status: 'trading' },
  '/synthetics': { name: 'apple-twice', kind: 'basket', legs: [{ name: 'apple', instrument: apple.id, weight: 2 }] },
  '/tokens': { chain: 'polygon', address: usdc, symbol: 'USDC', decimals: 6, name: 'USD Coin', asset: 'USDC' },
  '/pools': {
    ...{ blockchain: 'ethereum', poolAddress: `0x${'ab'.repeat(20)}`, dex: 'uniswap-v3', token0: usdc, token1: weth },
    ...{ feeTier: 3_000, createdAt: '2026-02-01' },
  },
};

function goodBody({ path, operation }: Route): unknown {
  if (path === '/lookup/listings') return { listings: [{ venue: 'kraken', symbol: 'BTC/USDT' }] };
  return operation.requestBody && { facts: goodFacts[path], validFrom: 0, provenance: 'test' };
}

describe('the OpenAPI document', () => {
  test('is of version 3.1, and every route says what it is for, takes and answers', () => {
    expect(document.openapi).toBe('3.1.0');
    const ids = routes().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, method, operation } of routes()) {
      const name = `${method} ${path}`;
      expect([name, operation.summary]).toEqual([name, expect.stringMatching(/\w/)]);
      expect([name, operation.tags]).toEqual([name, [expect.any(String)]]);
      const statuses = Object.keys(operation.responses).map(Number);
      expect([name, statuses]).toEqual([name, expect.arrayContaining([200, 400, 414, 500, 503])]);
      for (const status of statuses.filter((each) => each >= 400 && path !== '/readyz')) {
        const { $ref } = operation.responses[status]?.content?.['application/json']?.schema ?? {};
        expect([name, status, $ref]).toEqual([name, status, expect.stringMatching(/\/(Problem|Rejection)$/)]);
      }
    }
  });

  test('has schemas that are schemas, and refers to none that is not there', () => {
    for (const [name, schema] of Object.entries(document.components.schemas)) {
      expect([name, ajv.validateSchema(schema)]).toEqual([name, true]);
      expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` })).not.toThrow();
    }
    expect(document.components.schemas.ErrorCode?.enum).toEqual(Object.keys(errorCodes));
  });

  test('is kept to by right requests', async () => {
    for (const route of routes()) {
      const body = goodBody(route);
      const values = requiredValues(route);
      const right = async (what: string, url: string) =>
        expect([url, await documented(route, what, url, body)]).toEqual([url, 200]);
      // What is stated again is nothing new.
      if (writes(route)) expect(await documented(route, 'as documented', route.path, body)).toBe(201);
      await right('as documented', urlOf(route, values));
      for (const parameter of route.operation.parameters ?? []) {
        // A cursor is ours to give.
        if (parameter.required || parameter.name === 'cursor') continue;
        const { name } = parameter;
        await right(`with ${name}`, urlOf(route, { ...values, [name]: goodValue(route.path, parameter) }));
      }
    }
  }, 60_000);

  test('is kept to by requests with wrong and hostile parameters', async () => {
    for (const route of routes()) {
      const body = goodBody(route);
      const values = requiredValues(route);
      for (const { name, in: where, schema, required } of route.operation.parameters ?? []) {
        if (where === 'query') {
          const { [name]: _left, ...rest } = values;
          const url = urlOf(route, rest);
          if (required) expect([url, await documented(route, `without ${name}`, url, body)]).toEqual([url, 400]);
          const twice = `${url}${url.includes('?') ? '&' : '?'}${name}=1&${name}=1`;
          expect([twice, await documented(route, `with two of ${name}`, twice, body)]).toEqual([twice, 400]);
        }
        const texts = [
          ...hostileTexts,
          ...[...variations(schema, undefined, resolve)].map(({ value }) => String(value)),
        ];
        for (const text of new Set(texts)) {
          // An empty part of a path, or one of dots, makes it another path.
          if (where === 'path' && /^(\.*|\.\..*)$/.test(text)) continue;
          const url = urlOf(route, { ...values, [name]: text });
          const status = await documented(route, `with ${name} ${JSON.stringify(text).slice(0, 40)}`, url, body);
          const types = [resolve(schema).type].flat();
          if (types.includes('integer') && !/^\d{1,9}$/.test(text)) expect([url, status]).toEqual([url, 400]);
        }
      }
      for (const name of ['extra', '__proto__', 'constructor', 'asof'])
        expect([name, await documented(route, `with ${name}`, urlOf(route, values, { [name]: '1' }), body)]).toEqual([
          name,
          400,
        ]);
    }
  }, 120_000);

  test('is kept to by requests with wrong and hostile bodies', async () => {
    for (const route of routes()) {
      const schema = route.operation.requestBody?.content['application/json']?.schema;
      if (!schema) continue;
      const url = urlOf(route, requiredValues(route));
      const good = goodBody(route);
      const before = api.registrar.stated.length;
      for (const body of [good, ...(resolve(schema).anyOf ? [[good, good]] : [])])
        for (const { what, value, wrong } of variations(schema, body, resolve)) {
          const status = await documented(route, `whose body ${what}`, url, value);
          if (wrong) expect([route.path, what, status]).toEqual([route.path, what, 400]);
        }
      // The shape is checked before anybody is told.
      for (const statements of api.registrar.stated.slice(before)) expect(statements.length).toBeGreaterThan(0);
    }
  }, 120_000);
});
