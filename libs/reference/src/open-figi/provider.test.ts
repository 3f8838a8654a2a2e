import { isinCheckDigit } from '@alphapulse/market';
import { createNet } from '@alphapulse/net';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { keyText, type SecurityKey } from '../security-key.ts';
import { OpenFigiServer, type OpenFigiServerOptions } from '../testing/open-figi-server.ts';
import { securities } from '../testing/securities.ts';
import { recordingLog, settle } from '../testing/settle.ts';
import { createOpenFigiProvider } from './provider.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const apiKey = 'k3y-of-the-tests';
const never = new AbortController().signal;

async function scene(options: Partial<OpenFigiServerOptions> & { key?: string } = {}) {
  const clock = new ManualClock();
  const log = recordingLog();
  const server = await OpenFigiServer.start({ clock, securities, keys: [apiKey], ...options });
  cleanups.push(() => server.stop());
  const provider = createOpenFigiProvider({
    url: server.url,
    net: createNet({ clock, log, random: () => 0.5 }),
    // The manual clock runs much faster than the sockets.
    timeoutMs: 100_000_000,
    ...(options.key === undefined ? {} : { apiKey: options.key }),
  });
  const lookUp = (keys: readonly SecurityKey[], signal: AbortSignal = never) =>
    settle(provider.lookUp(keys, signal), clock);
  const one = async (key: SecurityKey) => (await lookUp([key])).get(keyText(key));
  return { clock, log, server, provider, lookUp, one };
}

const ibm: SecurityKey = { by: 'isin', isin: 'US4592001014' };
const isins = (count: number): SecurityKey[] =>
  Array.from({ length: count }, (_, at) => {
    const body = `US${String(at).padStart(9, '0')}`;
    return { by: 'isin', isin: `${body}${isinCheckDigit(body)}` };
  });

describe('facts', () => {
  test('of an American ISIN are those of the composite listing at home', async () => {
    const { one } = await scene();
    expect(await one(ibm)).toEqual({
      outcome: 'found',
      facts: {
        figi: 'BBG000BLNNH6',
        shareClassFigi: 'BBG001S5S399',
        ticker: 'IBM',
        name: 'INTL BUSINESS MACHINES CORP',
        securityType: 'Common Stock',
      },
    });
    expect(await one({ by: 'cusip', cusip: '459200101' })).toEqual(await one(ibm));
  });

  test('of a market are those of its listing', async () => {
    const { one } = await scene();
    expect(await one({ ...ibm, mic: 'XSWX' })).toMatchObject({ facts: { figi: 'BBG000BWZBM9' } });
    expect(await one({ by: 'ticker', ticker: 'APC', mic: 'XETR' })).toMatchObject({
      facts: { figi: 'BBG000DGZJ27', name: 'APPLE INC' },
    });
    expect(await one({ by: 'ticker', ticker: 'APC', mic: 'XNYS' })).toEqual({ outcome: 'unknown' });
  });

  test('are only what listings agree on, and never ISIN, CUSIP or sector', async () => {
    const foreign = securities.map((security) => ({
      ids: { ID_ISIN: 'DE0007164600' },
      listings: security.listings.filter(({ exchCode }) => exchCode === 'GR' || exchCode === 'SW'),
    }));
    const { one, provider } = await scene({ securities: foreign });
    const answer = await one({ by: 'isin', isin: 'DE0007164600' });
    expect(answer).toMatchObject({ facts: { shareClassFigi: 'BBG001S5S399', ticker: 'IBM' } });
    expect(answer).not.toHaveProperty('facts.figi');
    expect(provider.gives).toEqual(expect.not.arrayContaining(['isin', 'cusip', 'sector']));
  });
});

describe('batches and limits', () => {
  test('ten jobs a request without a key, a hundred with one; answers in place', async () => {
    const without = await scene();
    const keys = [...isins(24), ibm];
    const answers = await without.lookUp(keys);
    expect(without.server.batches.map((jobs) => jobs.length)).toEqual([10, 10, 5]);
    expect(answers.size).toBe(25);
    expect([...answers.values()].map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 24 }, () => 'unknown'),
      'found',
    ]);
    const withKey = await scene({ key: apiKey });
    await withKey.lookUp(isins(250));
    expect(withKey.server.batches.map((jobs) => jobs.length)).toEqual([100, 100, 50]);
  });

  test('a request that is too large is cut, and the size is remembered', async () => {
    const { lookUp, server } = await scene({ jobsWithoutKey: 5 });
    await lookUp(isins(12));
    expect(server.statuses).toEqual([413, 200, 200, 200]);
    expect(server.batches.map((jobs) => jobs.length)).toEqual([5, 5, 2]);
    await lookUp(isins(5));
    expect(server.statuses.slice(4)).toEqual([200]);
  });

  test('a single job that is too large is refused, not asked for ever', async () => {
    const { one, server } = await scene({ jobsWithoutKey: 0 });
    expect(await one(ibm)).toMatchObject({ outcome: 'failed', code: 'reference_refused' });
    expect(server.statuses).toEqual([413]);
  });

  test.each([undefined, apiKey])('stays within the limits by itself (key: %s)', async (key) => {
    const { lookUp, server } = await scene({ ...(key === undefined ? {} : { key }) });
    const count = key === undefined ? 600 : 6_000;
    const answers = await lookUp(isins(count));
    expect(server.statuses).toEqual(Array.from({ length: 60 }, () => 200));
    expect(answers.size).toBe(count);
  });

  test('waits for the end of the window when somebody else has used the quota up', async () => {
    const { one, server, clock } = await scene();
    server.exhaust();
    const startMs = clock.nowMs();
    expect(await one(ibm)).toMatchObject({ outcome: 'found' });
    expect(server.statuses).toEqual([429, 200]);
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(60_000);
  });

  test('waits as long as Retry-After says', async () => {
    const { one, server, clock } = await scene();
    server.fail((response) => response.writeHead(429, { 'retry-after': '17' }).end());
    const startMs = clock.nowMs();
    expect(await one(ibm)).toMatchObject({ outcome: 'found' });
    expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(17_000);
  });
});

describe('trouble', () => {
  test('jobs that the service refuses are failures of their own', async () => {
    const { lookUp } = await scene();
    const wrong: SecurityKey = { by: 'ticker', ticker: 'X'.repeat(31), mic: 'XNYS' };
    const answers = await lookUp([wrong, ibm, ...isins(1)]);
    expect([...answers.values()].map(({ outcome }) => outcome)).toEqual(['failed', 'found', 'unknown']);
    expect(answers.get(keyText(wrong))).toMatchObject({
      code: 'reference_refused',
      message: expect.stringContaining('Invalid idValue format.'),
    });
  });

  test('passes over 5xx and broken connections', async () => {
    const { one, server } = await scene();
    server.fail((response) => response.writeHead(503).end());
    server.fail((response) => response.destroy());
    server.fail((response) => response.writeHead(500).end('{"error":"Internal"}'));
    expect(await one(ibm)).toMatchObject({ outcome: 'found' });
  });

  test('says so when the service stays away, and spares it the other batches', async () => {
    const { lookUp, server } = await scene();
    for (let times = 0; times < 20; times++) server.fail((response) => response.writeHead(503).end());
    const answers = await lookUp(isins(30));
    expect(answers.size).toBe(30);
    for (const answer of answers.values())
      expect(answer).toMatchObject({ outcome: 'failed', code: 'reference_unavailable' });
    expect(server.statuses).toEqual([503, 503, 503, 503, 503]);
  });

  test('a key that is not accepted is named by its variable, and never shown', async () => {
    const { one, server, log } = await scene({ key: 'wr0ng-key' });
    const answer = await one(ibm);
    expect(answer).toMatchObject({
      outcome: 'failed',
      code: 'reference_refused',
      message: expect.stringContaining('OPENFIGI_API_KEY'),
    });
    expect(server.statuses).toEqual([401]);
    expect(JSON.stringify([answer, log.lines])).not.toContain('wr0ng');
  });

  test.each([
    'no JSON',
    '{}',
    '[]',
    '[{"data":[{}]}]',
    '[{"data":{}}]',
    '[null]',
    '[{"figi":1}]',
    '[{"warning":"a"},{"warning":"b"}]',
  ])('an answer that is not as documented is no answer: %s', async (body) => {
    const { one, server } = await scene();
    server.fail((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
    expect(await one(ibm)).toMatchObject({ outcome: 'failed', code: 'reference_unavailable' });
  });

  test('ends when it is told to', async () => {
    const { lookUp, server } = await scene();
    server.exhaust();
    const stop = new AbortController();
    const answers = lookUp([ibm], stop.signal);
    while (server.statuses.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    expect((await answers).get(keyText(ibm))).toMatchObject({ outcome: 'failed', code: 'reference_unavailable' });
  });
});
