import { createServer } from 'node:net';
import { FatalError, systemClock } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { createNet } from './net.ts';
import { LocalVenue } from './testing/local-venue.ts';
import { countingClock, eventually, ObservedFeed, pass, silentLog } from './testing/observed-feed.ts';
import { afterwards, feedOf, venueOf } from './testing/scene.ts';

describe('connecting', () => {
  test('goes on to the next endpoint when one refuses or its name is unknown', async () => {
    const refusing = await LocalVenue.start();
    const refused = refusing.url;
    await refusing.stop();
    const venue = await venueOf();
    const feed = feedOf({ endpoints: ['ws://no-such-venue.invalid', refused, venue.url] });
    await eventually(() => feed.opens.length === 1);
    expect(feed.opens[0]!.connection.endpoint).toBe(venue.url);
    const tried = feed.statuses.filter(({ state }) => state === 'connecting').map(({ endpoint }) => endpoint);
    expect(tried).toEqual(['ws://no-such-venue.invalid', refused, venue.url]);
    expect(feed.closes).toEqual([]);
  });

  test('stays with the endpoint that works and comes back to the first when its failure has faded', async () => {
    const first = await venueOf();
    const second = await venueOf();
    const clock = new ManualClock();
    first.refusal = { status: 502 };
    const feed = feedOf({ endpoints: [first.url, second.url] }, { clock });
    await eventually(() => feed.opens.length === 1, clock);
    expect(feed.opens[0]!.connection.endpoint).toBe(second.url);
    first.refusal = undefined;
    await pass(clock, 300_000, 5000);
    second.last.ws.terminate();
    await eventually(() => feed.opens.length === 2, clock);
    expect(feed.opens[1]!.connection.endpoint).toBe(first.url);
  });

  test('gives up a handshake that nobody answers', async () => {
    const venue = await venueOf();
    const mute = await venueOf();
    const clock = new ManualClock();
    const sockets: { destroy(): void }[] = [];
    const server = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterwards(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    const silent = typeof address === 'object' && address ? `ws://127.0.0.1:${address.port}` : mute.url;
    const feed = feedOf({ endpoints: [silent, venue.url] }, { clock });
    await eventually(() => feed.opens.length === 1, clock, 500);
    expect(feed.opens[0]!.connection.endpoint).toBe(venue.url);
    expect(feed.statuses.map(({ error }) => error)).toContain('handshake: no answer for 10000 ms');
  });

  test.each([418, 429])('stays away as long as HTTP %d says', async (status) => {
    const venue = await venueOf();
    const clock = new ManualClock();
    venue.refusal = { status, headers: { 'retry-after': '90' } };
    const feed = feedOf({ endpoints: [venue.url] }, { clock });
    const startUs = clock.nowUs();
    await eventually(() => feed.statuses.some(({ state }) => state === 'waiting'));
    venue.refusal = undefined;
    await eventually(() => feed.opens.length === 1, clock, 1000);
    expect(clock.nowUs() - startUs).toBeGreaterThanOrEqual(90_000_000);
    expect(venue.upgrades).toBe(2);
  });

  test('backs off further with every failure, up to the cap', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    venue.refusal = { status: 500 };
    const feed = feedOf({ endpoints: [venue.url] }, { clock, random: () => 0.999 });
    const triedUs: number[] = [];
    for (let upgrades = 1; upgrades <= 9; upgrades++) {
      await eventually(() => venue.upgrades === upgrades, clock, 100);
      await eventually(() => feed.statuses.filter(({ state }) => state === 'waiting').length === upgrades);
      triedUs.push(clock.nowUs());
    }
    const waitsMs = triedUs.slice(1).map((us, index) => (us - triedUs[index]!) / 1000);
    const expected = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const [index, waitMs] of waitsMs.entries()) {
      expect(waitMs).toBeGreaterThan(expected[index]! * 0.95);
      expect(waitMs).toBeLessThan(expected[index]! * 1.05 + 200);
    }
  });

  test('attempts to one host are limited over all feeds', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const net = createNet({
      clock,
      log: silentLog,
      connectionLimits: { '127.0.0.1': { limit: 8, windowMs: 60_000 } },
    });
    const feeds = Array.from({ length: 4 }, () => new ObservedFeed(net, { endpoints: [venue.url] }));
    afterwards(async () => {
      for (const feed of feeds) await feed.stop();
    });
    await eventually(() => venue.upgrades === 2);
    await pass(clock, 9_000);
    expect(venue.upgrades).toBe(2);
    await pass(clock, 1_000);
    await eventually(() => venue.upgrades === 3);
    await pass(clock, 10_000);
    await eventually(() => venue.upgrades === 4);
  });

  test.each([[[]], [['http://127.0.0.1']], [['not an address']]])('refuses %j as endpoints', async (endpoints) => {
    const feed = feedOf({ endpoints });
    await feed.done;
    expect(feed.error).toBeInstanceOf(FatalError);
    expect(feed.error).toMatchObject({ code: 'config_invalid' });
  });
});

describe('stopping', () => {
  test('closes cleanly and leaves nothing behind', async () => {
    const venue = await venueOf();
    const clock = countingClock(systemClock);
    const codes: number[] = [];
    venue.onAccepted = ({ ws }) => ws.on('close', (code) => codes.push(code));
    const feed = feedOf({ endpoints: [venue.url], rollOverMs: 60_000, staleMs: 1000 }, { clock });
    await eventually(() => feed.opens.length === 1);
    for (let i = 0; i < 20; i++) feed.opens[0]!.connection.send('subscribe');
    await feed.stop();
    expect(feed.error).toBeUndefined();
    await eventually(() => codes.length === 1 && venue.connected === 0 && clock.sleeping === 0);
    expect(codes).toEqual([1000]);
    expect(feed.statuses.at(-1)!.state).toBe('closed');
    expect(feed.closes).toEqual([]);
  });

  test('works in the middle of a handshake, of a wait and of a pause, and before the start', async () => {
    const clock = countingClock(systemClock);
    const venue = await venueOf();
    const refusing = await venueOf();
    refusing.refusal = { status: 429, headers: { 'retry-after': '600' } };
    const sink = { full: true, drained: () => new Promise<void>(() => undefined) };
    venue.onAccepted = ({ ws }) => ws.send('one');
    const paused = feedOf({ endpoints: [venue.url], sink }, { clock });
    const waiting = feedOf({ endpoints: [refusing.url] }, { clock });
    await eventually(() => paused.messages.length === 1 && waiting.statuses.at(-1)?.state === 'waiting');
    const connecting = feedOf({ endpoints: [venue.url] }, { clock });
    for (const feed of [paused, waiting, connecting]) await feed.stop();
    const never = createNet({ clock, log: silentLog });
    const before = venue.upgrades;
    await new ObservedFeed(never, { endpoints: [venue.url] }).stop();
    expect(venue.upgrades).toBeLessThanOrEqual(before + 1);
    await eventually(() => clock.sleeping === 0 && venue.connected === 0);
  });

  test('a callback that throws ends the feed with its error', async () => {
    const venue = await venueOf();
    venue.onAccepted = ({ ws }) => ws.send('boom');
    const error = new FatalError('config_invalid', 'no such symbol');
    const feed = feedOf({
      endpoints: [venue.url],
      onMessage: () => {
        throw error;
      },
    });
    await feed.done;
    expect(feed.error).toBe(error);
    await eventually(() => venue.connected === 0);
  });
});
