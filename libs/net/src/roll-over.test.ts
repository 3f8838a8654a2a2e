import { ManualClock } from '@alphapulse/testkit';
import { expect, test } from '@jest/globals';
import type { Accepted, LocalVenue } from './testing/local-venue.ts';
import { eventually, pass } from './testing/observed-feed.ts';
import { afterwards, feedOf, venueOf } from './testing/scene.ts';

/** Sends numbered messages of two channels to whoever has subscribed, as a venue does. */
function publish(venue: LocalVenue): { readonly sent: number; stop(): void } {
  let sent = 0;
  const timer = setInterval(() => {
    for (let burst = 0; burst < 3; burst++) {
      const channel = sent % 2 === 0 ? 'even' : 'odd';
      for (const { ws, received } of venue.accepted) if (received.includes(channel)) ws.send(`${channel} ${sent}`);
      sent += 1;
    }
  }, 1);
  afterwards(async () => clearInterval(timer));
  return {
    get sent() {
      return sent;
    },
    stop: () => clearInterval(timer),
  };
}

test('rolls over again and again without missing a message', async () => {
  const venue = await venueOf();
  const feed = feedOf({
    endpoints: [venue.url],
    rollOverMs: 250,
    // The second channel is subscribed 50 ms after the first: until then the old connection must stay.
    messagesPerSecond: 20,
    onOpen: (connection) => {
      connection.send('even');
      connection.send('odd');
    },
    onMessage: (connection, payload) => connection.alive(payload.toString().split(' ')[0]!),
  });
  await eventually(() => venue.accepted[0]?.received.length === 2);
  const publisher = publish(venue);
  await eventually(() => feed.opens.length >= 6);
  publisher.stop();
  const numbers = () => new Set(feed.texts.map((text) => Number(text.split(' ')[1])));
  await eventually(() => numbers().size === publisher.sent);
  expect(feed.closes).toEqual([]);
  expect(feed.opens.slice(1).every(({ overlapping }) => overlapping)).toBe(true);
  expect(feed.opens.slice(0, 4).every(({ connection }) => connection.retired)).toBe(true);
  await eventually(() => venue.accepted.slice(0, 4).every(({ ws }) => ws.readyState === ws.CLOSED));
  expect(feed.statuses.at(-1)).toMatchObject({ state: 'live', reconnects: 0 });
});

const liveOnText = {
  rollOverMs: 60_000,
  onMessage: (connection: { alive(channel: string): void }) => connection.alive('trade'),
};

async function talk({ ws }: Accepted, until: () => boolean): Promise<void> {
  ws.send('tick');
  await eventually(until);
}

test('keeps the old connection when the successor cannot be had, and tries again', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 1);
  await talk(venue.last, () => feed.messages.length === 1);
  venue.refusal = { status: 503 };
  await eventually(() => venue.upgrades === 3, clock, 1000);
  expect(feed.opens[0]!.connection).toMatchObject({ open: true, retired: false });
  await talk(venue.accepted[0]!, () => feed.messages.length === 2);
  venue.refusal = undefined;
  await eventually(() => feed.opens.length === 2, clock, 1000);
  expect(feed.opens[1]!.overlapping).toBe(true);
  expect(feed.opens[0]!.connection.retired).toBe(false);
  await talk(venue.last, () => feed.opens[0]!.connection.retired);
  expect(feed.closes).toEqual([]);
  expect(feed.statuses.map(({ state }) => state)).toEqual(['connecting', 'live', 'live']);
});

test('gives up a successor that brings nothing while the old connection does', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 1);
  await eventually(() => feed.opens.length === 2, clock, 1000);
  const first = venue.accepted[0]!;
  await talk(first, () => feed.messages.length === 1);
  await eventually(() => feed.opens.length === 3, clock, 1000);
  expect(feed.opens[1]!.connection.open).toBe(false);
  expect(feed.opens[0]!.connection).toMatchObject({ open: true, retired: false });
  expect(feed.closes).toEqual([]);
});

test('waits for the successor’s data as long as both are quiet', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 2, clock, 1000);
  await pass(clock, 100_000);
  expect(feed.opens.map(({ connection }) => connection.open)).toEqual([true, true]);
  await talk(venue.last, () => feed.opens[0]!.connection.retired);
});

test('a successor replaces a connection that ends during the overlap', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 2, clock, 1000);
  venue.accepted[0]!.ws.terminate();
  await eventually(() => feed.closes.length === 1);
  expect(feed.closes[0]!.connection).toBe(feed.opens[0]!.connection);
  await talk(venue.last, () => feed.messages.length === 1);
  await pass(clock, 20_000);
  expect(feed.opens.length).toBe(2);
  expect(feed.statuses.at(-1)).toMatchObject({ state: 'live', reconnects: 1 });
});

test('a successor that already brought data replaces it without a word', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf(
    {
      endpoints: [venue.url],
      rollOverMs: 60_000,
      onMessage: (connection, payload) => connection.alive(payload.toString()),
    },
    { clock },
  );
  await eventually(() => feed.opens.length === 2, clock, 1000);
  const [old, successor] = venue.accepted;
  await talk(old!, () => feed.messages.length === 1);
  old!.ws.send('other');
  await eventually(() => feed.messages.length === 2);
  await talk(successor!, () => feed.messages.length === 3);
  expect(feed.opens[0]!.connection.retired).toBe(false);
  old!.ws.terminate();
  await eventually(() => !feed.opens[0]!.connection.open);
  expect(feed.closes).toEqual([]);
  expect(feed.opens[0]!.connection.retired).toBe(true);
  expect(feed.opens[1]!.connection.open).toBe(true);
});

test('a channel that does not come back on the next connection is found stale', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], staleMs: 20_000, ...liveOnText, rollOverMs: 600_000 }, { clock });
  await eventually(() => feed.opens.length === 1);
  await talk(venue.last, () => feed.messages.length === 1);
  venue.last.ws.close();
  await eventually(() => feed.opens.length === 2, clock, 100);
  await eventually(() => feed.stales.length === 1, clock, 1000);
  expect(feed.stales).toEqual(['trade']);
});

test('a connection that is paused when its successor takes over is read to its end', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  let open: (() => void) | undefined;
  const sink = { full: false, drained: () => new Promise<void>((resolve) => (open = resolve)) };
  const feed = feedOf({ endpoints: [venue.url], sink, ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 2, clock, 1000);
  const [old, successor] = venue.accepted;
  sink.full = true;
  await talk(old!, () => feed.messages.length === 1);
  for (let i = 0; i < 50; i++) old!.ws.send('x'.repeat(20_000));
  sink.full = false;
  await talk(successor!, () => feed.opens[0]!.connection.retired);
  await pass(clock, 20_000);
  // Not even asked to close, for that would start the clock of the closing handshake.
  expect(old!.ws.readyState).toBe(old!.ws.OPEN);
  open?.();
  await eventually(() => feed.messages.length === 52 && old!.ws.readyState === old!.ws.CLOSED);
});

test('hands over what the retired connection still brings', async () => {
  const venue = await venueOf();
  const clock = new ManualClock();
  const feed = feedOf({ endpoints: [venue.url], ...liveOnText }, { clock });
  await eventually(() => feed.opens.length === 2, clock, 1000);
  const [old, successor] = venue.accepted;
  // In flight when the closing handshake starts.
  successor!.ws.send('new');
  old!.ws.send('late');
  await eventually(() => feed.messages.length === 2);
  expect(new Set(feed.texts)).toEqual(new Set(['new', 'late']));
  expect(feed.opens[0]!.connection.retired).toBe(true);
});
