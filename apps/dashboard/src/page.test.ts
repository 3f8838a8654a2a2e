import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ManualClock } from '@alphapulse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createServer } from './server.ts';
import { DashboardState } from './state.ts';
import { account, mapping, opportunity } from './testing/sample-records.ts';
import { SampleSystem } from './testing/sample-system.ts';

const executablePath = '/usr/bin/chromium';
const startMs = Date.UTC(2025, 2, 14, 9, 20);
const hostileText = `<script>document.title='owned'</script><img src=x onerror="document.title='owned'">`;

const hostileMapping = (nowMs: number) =>
  mapping(nowMs, {
    id: 'hostile',
    instrument: hostileText,
    reason: hostileText,
    venues: Array.from({ length: 20 }, (_, n) => ({
      venue: n === 0 ? hostileText : `venue-${n}`,
      symbol: hostileText,
      midPrice: 5e-324,
      deviationBps: n === 0 ? Number.MAX_VALUE : 812.4,
      suspect: n === 0,
    })),
  });

const oddOfThree = (nowMs: number) =>
  mapping(nowMs, {
    id: 'odd',
    instrument: 'spot:ADA/USDT',
    venues: [
      { venue: 'binance', symbol: 'ADAUSDT', midPrice: 0.4471, deviationBps: 2.2, suspect: false },
      { venue: 'bybit', symbol: 'ADAUSDT', midPrice: 0.4472, deviationBps: 2.2, suspect: false },
      { venue: 'kraken', symbol: 'ADA/USDT', midPrice: 0.48421, deviationBps: 827.6, suspect: true },
    ],
    reason:
      'kraken ADA/USDT at 0.48421 (827.6 bps) is further than 500 bps from the median of the other venues, for 10 s or longer.',
  });

/** Screenshots for a look: their folder is printed. */
const shots = mkdtempSync(path.join(tmpdir(), 'alphapulse-page-'));

describe('the page in Chromium', () => {
  const clock = new ManualClock(startMs * 1000);
  const state = new DashboardState({ startedAtMs: startMs, historyFromMs: startMs - 600_000 });
  const empty = new DashboardState({ startedAtMs: startMs, historyFromMs: startMs });
  const ready = () => ({ broker: true, waitingFor: [] });
  let server: FastifyInstance;
  let emptyServer: FastifyInstance;
  let browser: Browser;

  beforeAll(async () => {
    if (!existsSync(executablePath))
      throw new Error(`This test needs Chromium at ${executablePath}: install it with "apt-get install chromium".`);
    const system = new SampleSystem(state);
    for (let second = 0; second < 420; second++) {
      await clock.advance(1_000);
      system.second(clock.nowMs());
    }
    state.opportunity(opportunity(clock.nowMs() - 1_400, { opportunityId: 'shown', instrument: 'spot:LTC/USDT' }));
    state.mapping('hostile', hostileMapping(clock.nowMs()));
    state.mapping('odd', oddOfThree(clock.nowMs()));
    state.mapping('spot-eth-usdt', mapping(clock.nowMs()));
    const filtered = { 'arbitrage.suspect-mapping': 1_204, 'arbitrage.no-change': 90_000 };
    state.batch(
      account(clock.nowMs(), { stages: 'arbitrage', topic: 'processed.quotes', filtered, records: 91_204 }),
      clock.nowMs(),
      true,
    );
    state.deadLetter({
      id: 'dlq.parse-0@7',
      atMs: clock.nowMs(),
      stage: 'parse',
      code: 'frame_malformed',
      reason: `symbol is not one: ${hostileText}`,
      origin: 'raw.kraken-0@42',
      key: hostileText,
      excerpt: hostileText,
      bytes: hostileText.length,
    });
    server = await createServer({ state, clock, readiness: ready, streamEveryMs: 100 });
    await server.listen({ host: '127.0.0.1', port: 0 });
    emptyServer = await createServer({ state: empty, clock, readiness: ready, streamEveryMs: 100 });
    await emptyServer.listen({ host: '127.0.0.1', port: 0 });
    browser = await chromium.launch({
      executablePath,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    console.log(`screenshots: ${shots}`);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await emptyServer?.close();
  });

  const addressOf = (of: FastifyInstance) => {
    const address = of.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  };

  /** Opens the page; `said` collects what the console and failed requests say. */
  async function open(
    of: FastifyInstance,
    width: number,
    colorScheme: 'dark' | 'light',
  ): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' });
    const said: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') said.push(message.text());
    });
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(addressOf(of))) said.push(`request to ${request.url()}`);
    });
    await page.goto(addressOf(of));
    await page.locator('#link[data-state="streaming"]').waitFor();
    return { page, said };
  }

  const overflow = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

  test.each([
    [1280, 'dark'],
    [1280, 'light'],
    [400, 'dark'],
    [400, 'light'],
  ] as const)(
    'shows the running system at %i px, %s',
    async (width, scheme) => {
      const { page, said } = await open(server, width, scheme);
      await page.locator('#chart canvas').waitFor();
      await page.screenshot({ path: path.join(shots, `${scheme}-${width}.png`), fullPage: true });

      expect(await page.locator('#mode-name').textContent()).toBe('SIMULATED');
      const raw = await page.locator('.tile').first().locator('.value').textContent();
      expect(raw).toMatch(/^[45],\d{3} \/s$/);
      const edges = await page.locator('#topology .labels text').allTextContents();
      expect(edges.filter((label) => /^\d/.test(label)).length).toBeGreaterThanOrEqual(12);
      expect(await page.locator('#opportunities', { hasText: 'LTC/USDT' }).count()).toBe(1);
      expect(await page.locator('#sources tbody tr').allTextContents()).toEqual([
        expect.stringContaining('binance'),
        expect.stringContaining('kraken'),
      ]);
      expect(await page.locator('#lag tbody tr').count()).toBe(5);
      expect(await page.locator('#mappings-hint').textContent()).toBe(
        '3 suspect · 1,204 quotes suppressed · 0 opportunities ended',
      );
      const suspect = page.locator('#mappings tbody tr', { hasText: 'ETH/USDT' });
      expect(await suspect.locator('.priced').allTextContents()).toEqual([
        'binanceETHUSDT3,188.40× 100',
        'krakenETH/USDT31.884× 100',
      ]);
      expect(await suspect.locator('.said .line').textContent()).toContain('further than 500 bps');
      expect(await suspect.locator('td.number').textContent()).toMatch(/^1 min 3\d s09:25:25 UTC$/);
      expect(await page.locator('#instruments tbody tr[data-suspect]').allTextContents()).toEqual([
        expect.stringContaining('spot · suspect mapping'),
      ]);
      expect(await page.locator('#filtered tbody').textContent()).toContain('heartbeat');
      expect(await overflow(page)).toBe(0);
      expect(said).toEqual([]);
      await page.close();
    },
    60_000,
  );

  test('shows hostile dead letters as text', async () => {
    const { page, said } = await open(server, 1280, 'dark');
    const row = page.locator('#dead tbody tr').first();
    expect(await row.locator('.excerpt code').textContent()).toBe(hostileText);
    expect(await row.locator('.said').textContent()).toContain(hostileText);
    expect(await page.locator('#dead script, #dead img').count()).toBe(0);
    expect(await page.title()).toBe('AlphaPulse');
    expect(said).toEqual([]);
    await page.close();
  }, 60_000);

  test('shows hostile names in suspect mappings as text', async () => {
    const { page, said } = await open(server, 400, 'dark');
    const row = page.locator('#mappings tbody tr').last();
    expect(await row.locator('.first .line').textContent()).toBe(hostileText);
    expect(await row.locator('.priced').first().textContent()).toContain(hostileText);
    expect(await row.locator('.said .line').textContent()).toBe(hostileText);
    expect(await row.locator('.priced').last().textContent()).toBe('and 8 more');
    expect(await page.locator('#mappings script, #mappings img').count()).toBe(0);
    expect(await page.title()).toBe('AlphaPulse');
    expect(await overflow(page)).toBe(0);
    expect(said).toEqual([]);
    await page.close();
  }, 60_000);

  test('a mapping that is believed again disappears, and with the last one the card', async () => {
    const own = new DashboardState({ startedAtMs: startMs, historyFromMs: startMs });
    const ownServer = await createServer({ state: own, clock, readiness: ready, streamEveryMs: 50 });
    await ownServer.listen({ host: '127.0.0.1', port: 0 });
    const { page } = await open(ownServer, 1280, 'light');
    const rows = page.locator('#mappings tbody tr');
    expect(await page.locator('#mappings-card').isVisible()).toBe(false);
    own.mapping('a', mapping(clock.nowMs(), { id: 'a', instrument: 'spot:A/USD' }));
    own.mapping('b', mapping(clock.nowMs(), { id: 'b', instrument: 'spot:B/USD' }));
    await rows.nth(1).waitFor();
    own.mapping('b', mapping(clock.nowMs(), { id: 'b', state: 'confirmed' }));
    await rows.nth(1).waitFor({ state: 'detached' });
    expect(await rows.allTextContents()).toEqual([expect.stringContaining('A/USD')]);
    own.mapping('a', mapping(clock.nowMs(), { id: 'a', state: 'confirmed' }));
    await page.locator('#mappings-card').waitFor({ state: 'hidden' });
    await page.close();
    await ownServer.close();
  }, 60_000);

  test('an instrument is chosen and an opportunity opened with the keyboard', async () => {
    const { page, said } = await open(server, 1280, 'dark');
    const second = page.locator('#instruments tbody tr').nth(1).getByRole('button');
    await second.focus();
    await page.keyboard.press('Enter');
    expect(await second.getAttribute('aria-pressed')).toBe('true');
    const name = await second.locator('.line').textContent();
    await page.locator('#chart-title', { hasText: `${name} mid price` }).waitFor();

    const shown = page.locator('#opportunities tbody tr', { hasText: 'LTC/USDT' }).getByRole('button');
    await shown.focus();
    await page.keyboard.press('Enter');
    expect(await shown.getAttribute('aria-expanded')).toBe('true');
    expect(await page.locator('#opportunities .proof').textContent()).toContain('processed.quotes-2@48213');
    expect(said).toEqual([]);
    await page.close();
  }, 60_000);

  test('a system without data says what is awaited', async () => {
    for (const width of [1280, 400]) {
      const { page, said } = await open(emptyServer, width, 'dark');
      await page.screenshot({ path: path.join(shots, `empty-${width}.png`), fullPage: true });
      expect(await page.locator('#mode-name').textContent()).toBe('WAITING');
      expect(await page.locator('#sources-empty').isVisible()).toBe(true);
      expect(await page.locator('#notice').isVisible()).toBe(true);
      expect(await page.locator('#mappings-card').isVisible()).toBe(false);
      expect(await overflow(page)).toBe(0);
      expect(said).toEqual([]);
      await page.close();
    }
  }, 60_000);

  test('says so when the stream is gone', async () => {
    const passing = await createServer({ state, clock, readiness: ready, streamEveryMs: 100 });
    await passing.listen({ host: '127.0.0.1', port: 0 });
    const { page } = await open(passing, 1280, 'dark');
    await passing.close();
    await page.locator('#link[data-state="reconnecting"]').waitFor();
    await page.close();
  }, 60_000);
});
