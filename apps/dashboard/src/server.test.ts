import { ManualClock } from '@alphapulse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { dashboardConfig } from './config.ts';
import { createServer } from './server.ts';
import type { Snapshot } from './snapshot.ts';
import { DashboardState } from './state.ts';
import { account, mapping } from './testing/sample-records.ts';
import { SampleSystem } from './testing/sample-system.ts';

const clock = new ManualClock();

describe('the server', () => {
  const state = new DashboardState({ startedAtMs: clock.nowMs(), historyFromMs: clock.nowMs() });
  const readiness = { broker: true, waitingFor: [] as string[] };
  let server: FastifyInstance;
  let address: string;

  beforeAll(async () => {
    const system = new SampleSystem(state);
    for (let second = 0; second < 120; second++) {
      await clock.advance(1_000);
      system.second(clock.nowMs());
    }
    state.mapping('spot-eth-usdt', mapping(clock.nowMs()));
    const filtered = { 'arbitrage.suspect-mapping': 12 };
    state.batch(
      account(clock.nowMs(), { stages: 'arbitrage', topic: 'processed.quotes', filtered }),
      clock.nowMs(),
      true,
    );
    server = await createServer({ state, clock, readiness: () => readiness, streamEveryMs: 50, streamClients: 2 });
    address = await server.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(() => server.close());

  test('gives the snapshot as JSON', async () => {
    const response = await fetch(`${address}/api/state`);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const snapshot = (await response.json()) as Snapshot;
    expect(snapshot).toMatchObject({ mode: 'simulated', simulated: true, ready: true, instruments: 214, venues: 2 });
    expect(Object.keys(snapshot.sources)).toEqual(['binance', 'kraken']);
    expect(snapshot.totals.raw).toBeGreaterThan(500_000);
    expect(snapshot.lag).toHaveLength(5);
  });

  test('pushes snapshots, to so many clients and no more', async () => {
    const stopping = new AbortController();
    const streams = await Promise.all([1, 2].map(() => fetch(`${address}/api/stream`, { signal: stopping.signal })));
    expect((await fetch(`${address}/api/stream`)).status).toBe(503);
    const reader = streams[0]?.body?.getReader();
    let said = '';
    while ((said.match(/^data: .*\n\n/gm) ?? []).length < 2) {
      const read = await reader?.read();
      said += Buffer.from(read?.value ?? []).toString();
    }
    expect(streams[0]?.headers.get('content-type')).toContain('text/event-stream');
    expect(JSON.parse(/^data: (.*)$/m.exec(said)?.[1] ?? '')).toMatchObject({ mode: 'simulated' });
    stopping.abort();
  });

  test('gives mids of an instrument, and 404 for an unknown one', async () => {
    const history = await (await fetch(`${address}/api/instruments/spot-btc-usdt/history`)).json();
    expect(history).toMatchObject({ instrument: 'spot:BTC/USDT' });
    expect((await fetch(`${address}/api/instruments/nothing/history`)).status).toBe(404);
    expect((await fetch(`${address}/api/instruments/${encodeURIComponent('../../etc/passwd')}/history`)).status).toBe(
      404,
    );
  });

  test('gives metrics in Prometheus’s format', async () => {
    const response = await fetch(`${address}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toMatch(/^alphapulse_raw_records_total \d+$/m);
    expect(text).toMatch(/^alphapulse_consumer_lag_records\{group="arbitrage",topic="processed.quotes"\} \d+$/m);
    expect(text).toMatch(/^alphapulse_filtered_total\{stage="parse",reason="heartbeat"\} \d+$/m);
    expect(text).toMatch(/^alphapulse_task_reconnects_total\{source="kraken",task="kraken\/v2\/0"\} 1$/m);
    expect(text).toMatch(/^alphapulse_suspect_mappings 1$/m);
    expect(text).toMatch(/^alphapulse_suppressed_total 12$/m);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|alphapulse_\w+(\{(\w+="[^"]*",?)+\})? -?[\d.e+-]+)$/);
  });

  test('is alive always and ready when the log was read', async () => {
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    expect((await fetch(`${address}/readyz`)).status).toBe(200);
    readiness.waitingFor = ['ops.batches'];
    const response = await fetch(`${address}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ status: 'not ready', broker: true, waitingFor: ['ops.batches'] });
    readiness.waitingFor = [];
  });

  test('serves the page and nothing else, with a strict policy', async () => {
    const page = await fetch(`${address}/`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const etag = page.headers.get('etag') ?? '';
    expect((await fetch(`${address}/`, { headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await fetch(`${address}/uplot/uPlot.esm.js`)).headers.get('content-type')).toContain('text/javascript');
    for (const path of ['/package.json', '/..%2fpackage.json', '/%2e%2e/src/main.ts', '/uplot/../../package.json'])
      expect((await fetch(`${address}${path}`)).status).toBe(404);
  });
});

test('the configuration names what is wrong with it', () => {
  expect(dashboardConfig({})).toEqual({ host: '127.0.0.1', port: 8080, historyMs: 600_000, recorded: false });
  expect(dashboardConfig({ DASHBOARD_PORT: '0', DASHBOARD_RECORDED: 'true' })).toMatchObject({
    port: 0,
    recorded: true,
  });
  expect(() => dashboardConfig({ DASHBOARD_PORT: 'eighty' })).toThrow('DASHBOARD_PORT');
});
