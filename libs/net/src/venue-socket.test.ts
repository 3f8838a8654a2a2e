import { systemClock } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { eventually, pass } from './testing/observed-feed.ts';
import { feedOf, venueOf } from './testing/scene.ts';

describe('a connection', () => {
  test('hands over the bytes with their origin', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const notUtf8 = Buffer.from([0xff, 0xfe, 0x7b]);
    venue.onAccepted = ({ ws }) => {
      ws.send('{"a":"ü"}');
      ws.send(notUtf8, { binary: false });
      ws.send(Buffer.from([1, 2, 3]));
    };
    const feed = feedOf({ endpoints: [venue.url] }, { clock });
    await eventually(() => feed.messages.length === 3);
    expect(feed.texts[0]).toBe('{"a":"ü"}');
    expect(feed.messages[1]!.payload.equals(notUtf8)).toBe(true);
    expect([...feed.messages[2]!.payload]).toEqual([1, 2, 3]);
    const { connection } = feed.opens[0]!;
    expect(feed.messages.map(({ origin }) => origin)).toEqual(
      [0, 1, 2].map((sequence) => ({
        endpoint: venue.url,
        connectionId: connection.id,
        sequence,
        receivedTime: clock.nowUs(),
      })),
    );
    expect(feed.opens).toEqual([{ connection, overlapping: false }]);
    expect(feed.statuses.map(({ state }) => state)).toEqual(['connecting', 'live']);
  });

  test('is replaced when lost, under a new id and a new sequence', async () => {
    const venue = await venueOf();
    venue.onAccepted = ({ ws }) => ws.send('hello');
    const feed = feedOf({ endpoints: [venue.url] });
    await eventually(() => feed.messages.length === 1);
    venue.last.ws.close(1012, 'restart');
    await eventually(() => feed.messages.length === 2);
    expect(feed.messages.map(({ origin }) => origin.sequence)).toEqual([0, 0]);
    expect(new Set(feed.opens.map(({ connection }) => connection.id)).size).toBe(2);
    expect(feed.closes.map(({ reason }) => reason)).toEqual([
      'disconnect: closed by the venue with code 1012 "restart"',
    ]);
    expect(feed.statuses.at(-1)).toMatchObject({ state: 'live', reconnects: 1 });
  });

  test('shows its endpoint without secrets', async () => {
    const venue = await venueOf();
    const address = `${venue.url.replace('ws://', 'ws://me:hunter2@')}/stream?streams=btcusdt@trade&apiKey=s3cr3t`;
    const feed = feedOf({ endpoints: [address] });
    await eventually(() => feed.opens.length === 1);
    expect(venue.last.url).toContain('apiKey=s3cr3t');
    const shown = JSON.stringify([feed.opens[0]!.connection.endpoint, feed.statuses]);
    expect(shown).toContain('streams=btcusdt@trade&apiKey=***');
    expect(shown).not.toMatch(/hunter2|s3cr3t/);
  });

  test('sends paced by its token bucket, pings first', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const feed = feedOf({ endpoints: [venue.url], messagesPerSecond: 2, silentMs: 600_000 }, { clock });
    await eventually(() => feed.opens.length === 1);
    for (const text of ['a', 'b', 'c']) feed.opens[0]!.connection.send(text);
    await eventually(() => venue.last.received.length > 0);
    await pass(clock, 400, 100);
    expect(venue.last.received).toEqual(['a']);
    await pass(clock, 400, 100);
    expect(venue.last.received).toEqual(['a', 'b']);
    await pass(clock, 400, 100);
    expect(venue.last.received).toEqual(['a', 'b', 'c']);
  });

  test('a ping does not wait behind a queue of subscriptions', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const feed = feedOf({ endpoints: [venue.url], messagesPerSecond: 1, pingMs: 5_000 }, { clock });
    await eventually(() => feed.opens.length === 1);
    for (let i = 0; i < 100; i++) feed.opens[0]!.connection.send(`${i}`);
    await eventually(() => venue.last.pings > 0, clock, 500);
    expect(venue.last.received.length).toBeLessThan(10);
  });

  test('sends the venue’s own keep-alive where there is one', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const feed = feedOf({ endpoints: [venue.url], pingText: () => '{"method":"ping"}', pingMs: 5_000 }, { clock });
    await eventually(() => feed.opens.length === 1);
    await eventually(() => venue.last.received.length === 2, clock, 1000);
    expect(venue.last.received).toEqual(['{"method":"ping"}', '{"method":"ping"}']);
    expect(venue.last.pings).toBe(0);
  });

  test('answers the venue’s pings', async () => {
    const venue = await venueOf();
    let pongs = 0;
    venue.onAccepted = ({ ws }) => {
      ws.on('pong', () => {
        pongs += 1;
      });
      ws.ping();
    };
    feedOf({ endpoints: [venue.url] });
    await eventually(() => pongs === 1);
  });
});

describe('what is dead is replaced', () => {
  test('a half-open connection, whose pings nobody answers', async () => {
    const venue = await venueOf({ autoPong: false });
    const clock = new ManualClock();
    const feed = feedOf({ endpoints: [venue.url], silentMs: 10_000, pingMs: 3_000 }, { clock });
    await eventually(() => feed.opens.length === 2, clock, 1000);
    expect(venue.accepted[0]!.pings).toBeGreaterThan(0);
    expect(feed.closes[0]!.reason).toBe('silent: nothing arrived for 10000 ms');
  });

  test('not a quiet one that answers pings', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const feed = feedOf({ endpoints: [venue.url] }, { clock });
    await eventually(() => feed.opens.length === 1);
    await pass(clock, 120_000);
    expect(feed.closes).toEqual([]);
    expect(venue.upgrades).toBe(1);
  });

  test('heartbeats do not hide a channel that is stale, told once an episode', async () => {
    const venue = await venueOf();
    const clock = new ManualClock();
    const feed = feedOf(
      {
        endpoints: [venue.url],
        staleMs: 20_000,
        onMessage: (connection, payload) => {
          if (payload.toString() !== 'heartbeat') connection.alive(payload.toString());
        },
      },
      { clock },
    );
    await eventually(() => feed.opens.length === 1);
    venue.last.ws.send('trade:BTC');
    venue.last.ws.send('trade:ETH');
    await eventually(() => feed.messages.length === 2);
    for (let second = 0; second < 60; second++) {
      venue.last.ws.send('heartbeat');
      if (second % 10 === 0) venue.last.ws.send('trade:ETH');
      await pass(clock, 1000);
    }
    expect(feed.stales).toEqual(['trade:BTC']);
    venue.last.ws.send('trade:BTC');
    const before = feed.messages.length;
    await eventually(() => feed.messages.length > before);
    await eventually(() => feed.stales.filter((channel) => channel === 'trade:BTC').length === 2, clock, 1000);
    expect(feed.closes).toEqual([]);
  });

  test('a connection cut in the middle of a frame', async () => {
    const venue = await venueOf();
    const feed = feedOf({ endpoints: [venue.url] });
    await eventually(() => feed.opens.length === 1);
    // Text, 100 bytes announced, 4 sent.
    venue.last.socket.write(Buffer.from([0x81, 100, 0x7b, 0x22, 0x61, 0x22]));
    venue.last.socket.destroy();
    await eventually(() => feed.opens.length === 2);
    expect(feed.messages).toEqual([]);
    expect(feed.closes[0]!.reason).toBe('disconnect: closed without a closing handshake');
  });

  test('a connection with a frame larger than allowed; what came before is kept', async () => {
    const venue = await venueOf();
    const feed = feedOf({ endpoints: [venue.url], maxFrameBytes: 1000 });
    await eventually(() => feed.opens.length === 1);
    venue.last.ws.send('small');
    venue.last.ws.send('x'.repeat(1001));
    await eventually(() => feed.opens.length === 2);
    expect(feed.texts).toEqual(['small']);
    expect(feed.closes[0]!.reason).toBe('oversized: a frame is larger than 1000 bytes');
  });

  test('a connection with a malformed frame, and no other', async () => {
    const venue = await venueOf();
    const net = { clock: systemClock };
    const bad = feedOf({ endpoints: [`${venue.url}/bad`] }, net);
    const good = feedOf({ endpoints: [`${venue.url}/good`] }, net);
    await eventually(() => bad.opens.length === 1 && good.opens.length === 1);
    // Reserved bits and opcode set.
    venue.accepted.find(({ url }) => url === '/bad')!.socket.write(Buffer.from([0xff, 0x01, 0x00]));
    await eventually(() => bad.opens.length === 2);
    expect(bad.closes[0]!.reason).toMatch(/^protocol: /);
    expect(good.closes).toEqual([]);
  });

  test('one the source gives up, after backoff', async () => {
    const venue = await venueOf();
    const feed = feedOf({ endpoints: [venue.url] });
    await eventually(() => feed.opens.length === 1);
    feed.opens[0]!.connection.reconnect('checksum: twice wrong');
    expect(feed.opens[0]!.connection.open).toBe(false);
    await eventually(() => feed.opens.length === 2);
    expect(feed.closes.map(({ reason }) => reason)).toEqual(['checksum: twice wrong']);
  });
});
