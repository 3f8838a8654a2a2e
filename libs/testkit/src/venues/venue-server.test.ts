import { once } from 'node:events';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { hostileFrames } from '../faults/hostile-frames.ts';
import { ManualClock } from '../manual-clock.ts';
import { MarketDriver } from './drive.ts';
import { fakeProtocol } from './fake-protocol.ts';
import { MarketModel } from './market-model.ts';
import type { MarketEvent } from './protocol.ts';
import { startVenueServer, type VenueServer } from './venue-server.ts';

// Busy machines are slow; nothing here is about time.
jest.setTimeout(60_000);

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

class Client {
  readonly frames: string[] = [];
  closed: { code: number } | undefined;
  pings = 0;
  readonly socket: WebSocket;
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url, { maxPayload: 64 * 1024 * 1024 });
    this.socket.on('message', (data) => {
      this.frames.push(data.toString());
      this.#wake();
    });
    this.socket.on('close', (code) => {
      this.closed = { code };
      this.#wake();
    });
    this.socket.on('ping', () => {
      this.pings++;
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
    cleanUp.push(() => this.socket.terminate());
  }

  /** Resolves when the condition holds; frames, pings and the end of the connection are when it is looked at. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

async function venue(options: { highWaterBytes?: number; slowMs?: number; pingMs?: number } = {}) {
  const clock = new ManualClock();
  const model = new MarketModel({ seed: 11, startUs: clock.nowUs() });
  const market = model.venues.get('binance');
  if (!market) throw new Error('no binance');
  const server = await startVenueServer({
    protocol: fakeProtocol('binance', options.pingMs),
    market,
    clock,
    ...options,
  });
  cleanUp.push(() => server.close());
  const emit = (name: string, event: MarketEvent) => name === 'binance' && server.dispatch(event);
  return { clock, model, market, server, run: (ms: number) => model.advance(model.nowUs + ms * 1000, emit) };
}

async function subscribed(server: VenueServer, names: string[] = ['*']): Promise<Client> {
  const client = new Client(server.wsUrl);
  await once(client.socket, 'open');
  client.socket.send(JSON.stringify({ subscribe: names }));
  await client.until(() => client.frames.length === names.length);
  return client;
}

describe('startVenueServer', () => {
  test('serves REST and WebSocket of the protocol on loopback', async () => {
    const { server, run, market } = await venue();
    expect(server.httpUrl).toBe(`http://127.0.0.1:${server.port}`);
    const answer = await fetch(`${server.httpUrl}/book?pair=BTC%2FUSDT`);
    expect(answer.headers.get('x-simulated')).toBe('true');
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(market.book(market.pairs[0] as never, 10))));
    expect((await fetch(`${server.httpUrl}/nothing`)).status).toBe(404);
    expect((await fetch(`${server.httpUrl}/throw`)).status).toBe(500);
    expect(server.active).toBe(false);
    const client = await subscribed(server, ['BTC/USDT']);
    expect(server.active).toBe(true);
    run(2000);
    server.tick(0);
    await client.until(() => client.frames.some((frame) => frame.includes('heartbeat')));
    expect(client.frames.length).toBeGreaterThan(20);
    expect(server.stats).toMatchObject({ connections: 1, accepted: 1, received: 1, httpRequests: 3, errors: 1 });
    expect(server.stats.frames).toBe(client.frames.length);
  });

  test('what a client sends that the protocol does not take ends that connection only', async () => {
    const { server, run } = await venue();
    const other = await subscribed(server);
    const client = await subscribed(server);
    client.socket.send('{');
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(1011);
    const polite = await subscribed(server);
    polite.socket.send('{"bye":true}');
    await polite.until(() => polite.closed !== undefined);
    expect(polite.closed?.code).toBe(1008);
    run(100);
    await other.until(() => other.frames.length > 1);
    expect(server.stats.connections).toBe(1);
  });

  test('pings as often as the venue does', async () => {
    const { server, clock } = await venue({ pingMs: 20_000 });
    const client = await subscribed(server);
    server.tick(clock.nowUs() + 19_000_000);
    server.tick(clock.nowUs() + 20_000_000);
    await client.until(() => client.pings > 0);
    expect(client.pings).toBe(1);
  });

  test('cuts off a client that does not read', async () => {
    const { server, clock, run } = await venue({ highWaterBytes: 1000, slowMs: 5000 });
    const client = await subscribed(server);
    client.socket.pause();
    while (!server.congested) run(1000);
    server.tick(clock.nowUs());
    await clock.advance(6000);
    expect(server.congested).toBe(true);
    server.tick(clock.nowUs());
    expect(server.stats.slow).toBe(1);
    client.socket.resume();
    await client.until(() => client.closed !== undefined);
  });
});

describe('Faults', () => {
  test('drops, duplicates, reorders, replaces, truncates and spoils frames', async () => {
    const { server } = await venue();
    const client = await subscribed(server);
    const pair = { base: 'BTC', quote: 'USDT', pricePrecision: 2, sizePrecision: 5 };
    const trade = (tradeId: number) =>
      server.dispatch({ kind: 'trade', pair, tradeId, price: 1, size: 2, side: 'buy', timeUs: 0 });
    server.faults
      .drop('"id":2,')
      .duplicate(/"id":3,/)
      .reorder((frame) => frame.includes('"id":4,'))
      .replace('"id":6,', (frame) => frame.replace('"size":2', '"size":"x","checksum":7'))
      .truncate('"id":7,')
      .drop('"id":9,', 2);
    for (let id = 1; id <= 9; id++) trade(id);
    trade(9);
    trade(9);
    server.faults.corruptChecksum().replace('"id":10,', (frame) => frame);
    await client.until(() => client.frames.at(-1)?.includes('"id":9,') ?? false);
    const ids = client.frames.slice(1).map((frame) => /"id":(\d+)/.exec(frame)?.[1] ?? frame);
    expect(ids).toEqual(['1', '3', '3', '5', '4', '6', expect.stringMatching(/^\{"kind":"trade"/), '8', '9']);
    expect(client.frames.find((frame) => frame.includes('"size":"x"'))).toBeDefined();
    expect(server.faults.applied).toEqual({ drop: 3, duplicate: 1, reorder: 1, replace: 1, truncate: 1 });
    expect(server.faults.outgoing({}, '{"checksum":4294967295}')).toEqual(['{"checksum":0}']);
  });

  test('silences data while heartbeats go on, or everything', async () => {
    const { server, run } = await venue();
    const client = await subscribed(server);
    server.faults.silence = 'data';
    run(100);
    server.tick(0);
    await client.until(() => client.frames.length > 1);
    expect(client.frames.slice(1)).toEqual(['{"channel":"heartbeat"}']);
    server.faults.silence = 'all';
    server.tick(0);
    server.faults.clear();
    run(100);
    await client.until(() => client.frames.length > 2);
    expect(client.frames[2]).not.toContain('heartbeat');
  });

  test('ends connections: politely, by reset, in the middle of a frame, by age', async () => {
    const { server, clock } = await venue();
    const codes: (number | undefined)[] = [];
    for (const kind of ['close', 'reset', 'mid-frame'] as const) {
      const client = await subscribed(server);
      server.faults.disconnectAll(kind);
      await client.until(() => client.closed !== undefined);
      codes.push(client.closed?.code);
    }
    expect(codes).toEqual([1001, 1006, 1006]);
    const client = await subscribed(server);
    server.faults.disconnectEveryMs = 10_000;
    server.tick(clock.nowUs());
    await clock.advance(10_000);
    server.tick(clock.nowUs());
    await client.until(() => client.closed !== undefined);
    expect(client.closed?.code).toBe(1001);
  });

  test('overrides REST answers, refuses connections and refuses a pair', async () => {
    const { server } = await venue();
    server.faults
      .overrideHttp({ match: '/book', status: 429, headers: { 'retry-after': '3' } })
      .overrideHttp({ match: '/pairs', status: 451, body: 'not here' })
      .refuseUpgrade({ status: 429, headers: { 'retry-after': '1' } })
      .refuse('BTC/USDT');
    const limited = await fetch(`${server.httpUrl}/book?pair=BTC%2FUSDT`);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '3']);
    expect((await fetch(`${server.httpUrl}/pairs`)).status).toBe(451);
    expect(await (await fetch(`${server.httpUrl}/pairs`)).json()).toContain('BTC/USDT');
    const refused = new WebSocket(server.wsUrl);
    const [, response] = await new Promise<[unknown, { statusCode?: number | undefined }]>((resolve) =>
      refused.on('unexpected-response', (request, answer) => resolve([request, answer])),
    );
    refused.on('error', () => undefined);
    refused.terminate();
    expect(response.statusCode).toBe(429);
    const client = await subscribed(server, ['BTC/USDT', 'ETH/USDT']);
    expect(client.frames.map((frame) => JSON.parse(frame).success)).toEqual([false, true]);
  });

  test('injects the hostile catalogue of each venue', async () => {
    for (const name of ['binance', 'kraken'] as const) {
      const { server } = await venue();
      const client = await subscribed(server);
      const frames = hostileFrames(name).filter((frame) => !frame.closesConnection);
      expect(new Set(frames.map((frame) => frame.name)).size).toBe(frames.length);
      for (const { payload, binary } of frames) server.faults.inject(payload, { binary: binary ?? false });
      await client.until(() => client.frames.length === 1 + frames.length);
      for (const [index, frame] of frames.entries()) {
        const received = client.frames[index + 1] ?? '';
        if (typeof frame.payload === 'string') expect(received === frame.payload).toBe(true);
        let parses = true;
        try {
          JSON.parse(received);
        } catch {
          parses = false;
        }
        const saysNotJson = frame.expect.includes('frame_not_json') && frame.expect.length === 1;
        expect([frame.name, parses]).toEqual([frame.name, !saysNotJson]);
      }
    }
  });
});

describe('MarketDriver', () => {
  async function driven(speed: number | 'max') {
    const clock = new ManualClock();
    const model = new MarketModel({ seed: 11, startUs: clock.nowUs(), dislocations: { leadMs: 0, count: 3 } });
    const servers: VenueServer[] = [];
    for (const [name, market] of model.venues)
      servers.push(await startVenueServer({ protocol: fakeProtocol(name), market, clock }));
    const truth: string[] = [];
    const driver = new MarketDriver({
      model,
      servers,
      clock,
      speed,
      settleMs: 2000,
      onTruth: (planted) => truth.push(planted.instrument),
    });
    cleanUp.push(async () => {
      await driver.stop();
      for (const server of servers) await server.close();
    });
    return { clock, model, servers, driver, truth };
  }

  test('plants nothing before every venue has a client, and reports each dislocation once', async () => {
    const { clock, servers, driver, truth, model } = await driven(1);
    driver.start();
    await clock.advance(5000);
    expect(driver.planting).toBe(false);
    const clients = [await subscribed(servers[0] as VenueServer), await subscribed(servers[1] as VenueServer)];
    await clock.advance(30_000);
    expect(driver.planting).toBe(true);
    await clients[0]?.until(() => (clients[0]?.frames.length ?? 0) > 1000);
    await driver.stop();
    expect(truth).toHaveLength(3);
    expect(truth).toEqual(model.truth.map((planted) => planted.instrument));
  });

  test('at full speed goes as fast as clients read and no faster', async () => {
    const { clock, servers, driver } = await driven('max');
    driver.start();
    const client = await subscribed(servers[0] as VenueServer);
    const turns = async (count: number) => {
      for (let turn = 0; turn < count; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        await clock.advance(1);
      }
    };
    while (client.frames.length < 20_000) await turns(10);
    client.socket.pause();
    let before = -1;
    while (!(servers[0]?.congested && before === driver.events)) {
      before = driver.events;
      await turns(50);
    }
    expect(servers[0]?.stats.slow).toBe(0);
    await driver.stop();
  });
});
