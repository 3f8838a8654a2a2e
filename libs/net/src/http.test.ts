import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { FatalError, type HttpRequest, RetriableError, systemClock } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { expect, test } from '@jest/globals';
import { createNet } from './net.ts';
import { countingClock, eventually, pass, silentLog } from './testing/observed-feed.ts';
import { afterwards } from './testing/scene.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

/** A venue's REST server on the loopback interface; `count` is how many requests came before. */
async function rest(handler: Handler): Promise<{ url: string; readonly requests: number }> {
  let requests = 0;
  const server = createServer((request, response) => handler(request, response, requests++));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
  };
}

const never = new AbortController().signal;

function outcome(promise: Promise<unknown>): { value?: unknown; error?: RetriableError } {
  const seen: { value?: unknown; error?: RetriableError } = {};
  promise.then(
    (value) => {
      seen.value = value;
    },
    (error: RetriableError) => {
      seen.error = error;
    },
  );
  return seen;
}

function settled(seen: { value?: unknown; error?: RetriableError }): boolean {
  return seen.value !== undefined || seen.error !== undefined;
}

async function failure(request: HttpRequest, clock = systemClock): Promise<RetriableError> {
  const net = createNet({ clock, log: silentLog, random: () => 0.001 });
  return net.http(request, never).then(
    () => {
      throw new Error('the request should have failed');
    },
    (error: RetriableError) => error,
  );
}

test('gives the body, its type and its origin, secrets left out', async () => {
  const clock = new ManualClock();
  const venue = await rest((request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(`{"url":"${request.url}","method":"${request.method}","user":"${request.headers['x-user']}"}`);
  });
  const net = createNet({ clock, log: silentLog });
  const url = `${venue.url}/depth?symbol=BTCUSDT&signature=abc`;
  const first = await net.http({ url, headers: { 'x-user': 'me' } }, never);
  const second = await net.http({ url: `${venue.url}/other` }, never);
  expect(JSON.parse(first.body.toString())).toEqual({
    url: '/depth?symbol=BTCUSDT&signature=abc',
    method: 'GET',
    user: 'me',
  });
  expect(first).toMatchObject({ status: 200, contentType: 'application/json; charset=utf-8' });
  expect(first.origin).toMatchObject({
    endpoint: `${venue.url}/depth?symbol=BTCUSDT&signature=***`,
    sequence: 0,
    receivedTime: clock.nowUs(),
  });
  expect(second.origin).toMatchObject({ connectionId: first.origin.connectionId, sequence: 1 });
});

test('posts a body', async () => {
  const venue = await rest((request, response) => {
    request.pipe(response);
  });
  const net = createNet({ clock: systemClock, log: silentLog });
  const { body } = await net.http({ method: 'POST', url: venue.url, body: '{"id":"ü"}' }, never);
  expect(body.toString()).toBe('{"id":"ü"}');
});

test('unpacks a compressed answer', async () => {
  const venue = await rest((_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end(gzipSync('{"symbols":[]}'));
  });
  const { body } = await createNet({ clock: systemClock, log: silentLog }).http({ url: venue.url }, never);
  expect(body.toString()).toBe('{"symbols":[]}');
});

test('repeats after 5xx and a broken connection, until it works', async () => {
  const venue = await rest((request, response, count) => {
    if (count === 0) request.socket.destroy();
    else if (count === 1) {
      response.setHeader('content-length', '100');
      response.write('half');
      setImmediate(() => request.socket.destroy());
    } else if (count === 2) response.writeHead(502).end();
    else response.end('there');
  });
  const net = createNet({ clock: systemClock, log: silentLog, random: () => 0.001 });
  const { body } = await net.http({ url: venue.url }, never);
  expect(body.toString()).toBe('there');
  expect(venue.requests).toBe(4);
});

test('gives up after the attempts allowed', async () => {
  const venue = await rest((_request, response) => response.writeHead(503).end('maintenance'));
  const error = await failure({ url: venue.url, attempts: 3 });
  expect(error).toBeInstanceOf(RetriableError);
  expect(error).toMatchObject({ code: 'venue_unavailable', details: { status: 503, body: 'maintenance' } });
  expect(venue.requests).toBe(3);
});

test.each(['http://127.0.0.1:1/', 'http://no-such-venue.invalid/'])('says that %s is unavailable', async (url) => {
  const error = await failure({ url, attempts: 2 });
  expect(error).toMatchObject({ code: 'venue_unavailable' });
  expect(error.message).toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/);
});

test('does not repeat what the venue refuses', async () => {
  const venue = await rest((_request, response) => response.writeHead(400).end(`{"code":-1121}${' '.repeat(5000)}`));
  const error = await failure({ url: `${venue.url}/?symbol=NOPE` });
  expect(error).toBeInstanceOf(RetriableError);
  expect(error).toMatchObject({ code: 'venue_refused', details: { status: 400 } });
  expect(String(error.details.body)).toMatch(/^\{"code":-1121\}/);
  expect(String(error.details.body).length).toBeLessThanOrEqual(500);
  expect(venue.requests).toBe(1);
});

test('does not follow redirects', async () => {
  const venue = await rest((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end());
  expect(await failure({ url: venue.url })).toMatchObject({ code: 'venue_refused', details: { status: 302 } });
});

const waits: [string, (clock: ManualClock) => Record<string, string>][] = [
  ['seconds', () => ({ 'retry-after': '7' })],
  ['seconds of its rate limit headers', () => ({ 'ratelimit-remaining': '0', 'ratelimit-reset': '7' })],
  [
    'an HTTP-date',
    (clock) => ({
      date: new Date(clock.nowMs() - 3_600_000).toUTCString(),
      'retry-after': new Date(clock.nowMs() - 3_600_000 + 7_000).toUTCString(),
    }),
  ],
];
test('holds a rate over the window that is asked for', async () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const venue = await rest((_request, response) => {
    times.push(clock.nowMs());
    response.end();
  });
  const net = createNet({ clock, log: silentLog });
  const bucket = { name: 'shared', perMinute: 250, windowMs: 6_000 };
  const all = Promise.all(
    Array.from({ length: 60 }, () => net.http({ url: venue.url, bucket, timeoutMs: 600_000 }, never)),
  );
  const seen = outcome(all);
  await eventually(() => settled(seen), clock);
  expect(seen.error).toBeUndefined();
  for (const [at, time] of times.entries()) {
    expect(times.filter((other, index) => index >= at && other < time + 6_000).length).toBeLessThanOrEqual(25);
  }
});

test.each(waits)('waits as long as 429 says in %s', async (_form, headers) => {
  const clock = new ManualClock();
  const venue = await rest((_request, response, count) => {
    if (count === 0) response.writeHead(429, headers(clock)).end();
    else response.end('now');
  });
  const net = createNet({ clock, log: silentLog });
  const startUs = clock.nowUs();
  const seen = outcome(net.http({ url: venue.url, timeoutMs: 600_000 }, never));
  await eventually(() => settled(seen), clock);
  expect(seen.error).toBeUndefined();
  expect(clock.nowUs() - startUs).toBeGreaterThanOrEqual(7_000_000);
  expect(venue.requests).toBe(2);
});

test('a long ban is told at once, and keeps everybody away from the host until it is over', async () => {
  const clock = new ManualClock();
  let banned = true;
  const venue = await rest((_request, response) => {
    if (banned) response.writeHead(418, { 'retry-after': '600' }).end('banned');
    else response.end('welcome back');
  });
  const net = createNet({ clock, log: silentLog });
  const ask = () => outcome(net.http({ url: venue.url, timeoutMs: 3_600_000 }, never));
  const first = ask();
  await eventually(() => settled(first));
  expect(first.error).toMatchObject({ code: 'venue_rate_limited', retryAfterMs: 600_000, details: { status: 418 } });
  await pass(clock, 100_000, 10_000);
  const second = ask();
  await eventually(() => settled(second));
  expect(second.error).toMatchObject({ code: 'venue_rate_limited', retryAfterMs: 500_000 });
  expect(venue.requests).toBe(1);
  banned = false;
  await pass(clock, 500_000, 10_000);
  const third = ask();
  await eventually(() => settled(third));
  expect(third.error).toBeUndefined();
});

test('bounds the answer, also when it is small on the wire', async () => {
  const venue = await rest((request, response) => {
    if (request.url === '/bomb') {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(Buffer.alloc(10_000_000)));
    } else response.end('x'.repeat(100_001));
  });
  for (const path of ['/', '/bomb']) {
    const error = await failure({ url: venue.url + path, maxBytes: 100_000 });
    expect(error).toMatchObject({ code: 'venue_refused' });
    expect(error.message).toMatch(/larger than 100000 bytes/);
  }
  expect(venue.requests).toBe(2);
});

test('an answer that cannot be unpacked is a failure of the venue', async () => {
  const venue = await rest((_request, response) => {
    response.setHeader('content-encoding', 'gzip');
    response.end('this is not gzip');
  });
  expect(await failure({ url: venue.url, attempts: 1 })).toMatchObject({ code: 'venue_unavailable' });
});

test('ends an exchange that takes too long, headers or body', async () => {
  const venue = await rest((request, response) => {
    if (request.url === '/body') response.write('a');
  });
  for (const path of ['/headers', '/body']) {
    const error = await failure({ url: venue.url + path, timeoutMs: 30, attempts: 2 });
    expect(error).toMatchObject({ code: 'venue_unavailable', details: { timeoutMs: 30 } });
  }
  expect(venue.requests).toBe(4);
});

test('draws what a request costs from its named bucket', async () => {
  const clock = new ManualClock();
  const venue = await rest((_request, response) => response.end('ok'));
  const net = createNet({ clock, log: silentLog });
  const ask = (name: string) =>
    outcome(net.http({ url: venue.url, bucket: { name, perMinute: 80, cost: 10 }, timeoutMs: 3_600_000 }, never));
  // A quarter may go at once; the rest flows back over the minute.
  const asked = [ask('rest'), ask('rest'), ask('rest')];
  await eventually(() => asked.filter(settled).length === 2);
  await pass(clock, 9_000);
  expect(venue.requests).toBe(2);
  const other = ask('other');
  await eventually(() => settled(other));
  await pass(clock, 2_000);
  await eventually(() => asked.every(settled));
  expect(venue.requests).toBe(4);
});

test('stops when aborted: on the wire, in a wait, before the start; nothing is left behind', async () => {
  const clock = countingClock(systemClock);
  const venue = await rest((request, response) => {
    if (request.url === '/wait') response.writeHead(429, { 'retry-after': '50' }).end();
  });
  const net = createNet({ clock, log: silentLog });
  for (const path of ['/wire', '/wait']) {
    const controller = new AbortController();
    const before = venue.requests;
    const seen = outcome(net.http({ url: venue.url + path }, controller.signal));
    await eventually(() => venue.requests > before);
    controller.abort();
    await eventually(() => settled(seen));
    expect(seen.error).toBeInstanceOf(RetriableError);
  }
  const before = venue.requests;
  const seen = outcome(net.http({ url: venue.url }, AbortSignal.abort()));
  await eventually(() => settled(seen));
  expect(seen.error).toMatchObject({ code: 'venue_unavailable', details: { aborted: true } });
  expect(venue.requests).toBe(before);
  await eventually(() => clock.sleeping === 0);
});

test.each(['not an address', 'ftp://127.0.0.1/', ''])('refuses %j as an address', async (url) => {
  const error = await failure({ url });
  expect(error).toBeInstanceOf(FatalError);
  expect(error).toMatchObject({ code: 'config_invalid' });
});
