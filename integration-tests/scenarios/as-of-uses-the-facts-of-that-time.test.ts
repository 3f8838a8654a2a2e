import { systemClock } from '@alphapulse/core';
import {
  createRegistrar,
  createRegistryClient,
  createRegistryView,
  type RegistryClient,
  type RegistryView,
  type Statement,
} from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import type { Listing } from '@alphapulse/schemas';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, until } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';

const venue = 'as-of-venue';
const hourUs = 3_600_000_000;
const startUs = systemClock.nowUs() - 24 * hourUs;
/** Hours after the start at which a fact changes. */
const at = (hours: number) => startUs + hours * hourUs;

const change = (symbol: string, hours: number, facts: object): Statement => ({
  kind: 'listings',
  facts: { venue, symbol, instrument: 'spot:BTC/USD', ...facts },
  validFrom: at(hours),
  provenance: 'scenario',
});

/** What the venue did, as it was learned; the late fact comes after, and is of the time between the first two. */
const known: readonly Statement[] = [
  {
    kind: 'listings',
    facts: {
      ...{ venue, symbol: 'XBT/USD', instrument: 'spot:BTC/USD' },
      ...{ tickSize: 0.1, takerFeeBps: 40, status: 'trading' },
    },
    provenance: 'scenario',
  },
  change('XBT/USD', 2, { tickSize: 0.5 }),
  change('XBT/USD', 6, { takerFeeBps: 26 }),
  // A rename: the old symbol ends, the new one begins with its facts.
  change('XBT/USD', 8, { status: 'delisted' }),
  change('BTC/USD', 8, { tickSize: 0.5, takerFeeBps: 26, status: 'trading' }),
  change('BTC/USD', 10, { status: 'halted' }),
  change('BTC/USD', 12, { status: 'delisted' }),
];
const late = change('XBT/USD', 4, { lotSize: 0.001 });

/** Facts on each side of each change. */
const expected: readonly [hours: number, symbol: string, facts: Partial<Listing> | undefined][] = [
  [1, 'XBT/USD', { tickSize: 0.1, takerFeeBps: 40, lotSize: null, status: 'trading', validFrom: 0 }],
  [2, 'XBT/USD', { tickSize: 0.5, takerFeeBps: 40, lotSize: null, validFrom: at(2), validTo: at(4) }],
  [4, 'XBT/USD', { tickSize: 0.5, takerFeeBps: 40, lotSize: 0.001, validFrom: at(4), validTo: at(6) }],
  [6, 'XBT/USD', { tickSize: 0.5, takerFeeBps: 26, status: 'trading' }],
  [8, 'XBT/USD', { status: 'delisted' }],
  [7, 'BTC/USD', undefined],
  [8, 'BTC/USD', { tickSize: 0.5, takerFeeBps: 26, status: 'trading', instrument: 'spot:BTC/USD' }],
  [10, 'BTC/USD', { status: 'halted', takerFeeBps: 26 }],
  [12, 'BTC/USD', { status: 'delisted' }],
];

type Ask = (symbol: string, asOfUs: number) => Promise<Partial<Listing> | undefined>;

describe('as of uses the facts of that time', () => {
  let kafka: Kafka;
  let app: AppProcess;
  let url: string;
  let view: RegistryView;
  /** Before and after the late fact was recorded. */
  let beforeLateUs: number;
  const clients: RegistryClient[] = [];

  const connection = () => ({ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock });

  function startClient(options: { kinds?: readonly 'venues'[] } = {}): RegistryClient {
    const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
    const client = createRegistryClient({ ...connection(), redisUrl, ...options });
    clients.push(client);
    return client;
  }

  async function check(ask: Ask): Promise<void> {
    for (const [hours, symbol, facts] of expected) {
      const listing = await ask(symbol, at(hours));
      if (facts === undefined) expect(listing).toBeUndefined();
      else expect(listing).toMatchObject({ venue, symbol, ...facts });
      // The moment before a change, the facts are still those of the version before it.
      if (facts?.validFrom) expect(await ask(symbol, at(hours) - 1)).not.toMatchObject({ validFrom: facts.validFrom });
    }
  }

  beforeAll(async () => {
    kafka = await Kafka.connect();
    app = startApp('registry', [], { REGISTRY_PORT: '0' });
    url = (JSON.parse(await app.waitForLine('"listening"')) as { url: string }).url;
    view = createRegistryView(connection());
    await view.start();
    const registrar = createRegistrar(connection());
    for (const statement of known) expect(await state(statement)).toBe('registered');
    beforeLateUs = systemClock.nowUs();
    await systemClock.sleep(5);
    expect(await state(late)).toBe('registered');
    await registrar.close();
    await view.catchUp();

    async function state(statement: Statement) {
      const [outcome] = await registrar.state([statement], { source: 'scenario' });
      return outcome?.outcome;
    }
  }, 120_000);

  afterAll(async () => {
    for (const client of clients) await client.close();
    await view?.close();
    await app?.kill('SIGTERM');
    await kafka.close();
  }, 60_000);

  test('through the view', () => check(async (symbol, asOfUs) => view.listing(venue, symbol, asOfUs)));

  test('through the view, as it was known before the late fact was', () => {
    const then = (hours: number) => view.listing(venue, 'XBT/USD', at(hours), beforeLateUs);
    expect(then(4)).toMatchObject({ tickSize: 0.5, takerFeeBps: 40, lotSize: null, validFrom: at(2) });
    expect(then(6)).toMatchObject({ takerFeeBps: 26 });
    expect(view.listing(venue, 'XBT/USD', at(4), startUs)).toBeUndefined();
  });

  test('over HTTP, also as it was known then', async () => {
    const ask = async (symbol: string, asOfUs: number, knownAtUs?: number) => {
      const query = new URLSearchParams({ venue, symbol, asOf: String(asOfUs) });
      if (knownAtUs !== undefined) query.set('knownAt', String(knownAtUs));
      const response = await fetch(`${url}/lookup/listing?${query}`);
      if (response.status === 404 || response.status === 503) return undefined;
      expect(response.status).toBe(200);
      return (await response.json()) as Listing;
    };
    await until(async () => (await ask('XBT/USD', at(4)))?.lotSize === 0.001, 60_000, 'the API to know the late fact');
    await check(ask);
    expect(await ask('XBT/USD', at(4), beforeLateUs)).toMatchObject({ tickSize: 0.5, lotSize: null });
  });

  test('through a client that has started from Redis', async () => {
    let client = startClient();
    await client.start();
    // The copy in Redis may not have been whole yet.
    for (let attempt = 0; client.health().filledFrom !== 'cache' && attempt < 60; attempt++) {
      await systemClock.sleep(500);
      client = startClient();
      await client.start();
    }
    expect(client.health()).toMatchObject({ filled: true, filledFrom: 'cache', cache: 'present' });
    await check(async (symbol, asOfUs) => client.listing(venue, symbol, asOfUs));
    expect(client.listing(venue, 'XBT/USD', at(4), beforeLateUs)).toMatchObject({ lotSize: null });
  });

  test('through a client that asks Redis for what it does not hold', async () => {
    const client = startClient({ kinds: ['venues'] });
    await client.start();
    const ask: Ask = async (symbol, asOfUs) => (await client.load([{ venue, symbol, asOfUs }]))[0];
    await until(async () => (await ask('XBT/USD', at(4)))?.lotSize === 0.001, 60_000, 'Redis to have the late fact');
    await check(ask);
    expect(client.view.counts().listings).toBe(0);
  });
});
