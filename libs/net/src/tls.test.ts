import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@alphapulse/core';
import { expect, test } from '@jest/globals';
import { createNet } from './net.ts';
import { certificate } from './testing/certificate.ts';
import { eventually, silentLog } from './testing/observed-feed.ts';
import { afterwards, feedOf, venueOf } from './testing/scene.ts';

const never = new AbortController().signal;

test('a WebSocket whose certificate nobody vouches for is not used', async () => {
  const venue = await venueOf({ tls: certificate });
  const feed = feedOf({ endpoints: [venue.url] });
  await eventually(() => feed.statuses.some(({ error }) => error !== undefined));
  expect(feed.statuses.at(-1)!.error).toBe('unreachable: self-signed certificate');
  expect(venue.upgrades).toBe(0);
});

test('a WebSocket with a certificate of a trusted authority is', async () => {
  const venue = await venueOf({ tls: certificate });
  venue.onAccepted = ({ ws }) => ws.send('safe');
  const feed = feedOf({ endpoints: [venue.url] }, { tls: { ca: certificate.cert } });
  await eventually(() => feed.texts.includes('safe'));
});

test('the same goes for HTTP', async () => {
  const server = createServer(certificate, (_request, response) => response.end('safe'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterwards(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const options = { clock: systemClock, log: silentLog };
  await expect(createNet(options).http({ url, attempts: 1 }, never)).rejects.toMatchObject({
    code: 'venue_unavailable',
    message: expect.stringContaining('self-signed certificate'),
  });
  const { body } = await createNet({ ...options, tls: { ca: certificate.cert } }).http({ url }, never);
  expect(body.toString()).toBe('safe');
});
