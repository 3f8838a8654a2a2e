import { describe, expect, test } from '@jest/globals';
import { eventually } from './testing/observed-feed.ts';
import { feedOf, venueOf } from './testing/scene.ts';

describe('back-pressure', () => {
  test('stops reading while the sink is full, and loses nothing', async () => {
    const venue = await venueOf();
    const total = 3000;
    const gates: (() => void)[] = [];
    const sink = {
      full: false,
      drained: () => new Promise<void>((resolve) => gates.push(resolve)),
    };
    venue.onAccepted = ({ ws }) => {
      for (let i = 0; i < total; i++) ws.send(`${i}:${'x'.repeat(5000)}`);
    };
    const feed = feedOf({
      endpoints: [venue.url],
      sink,
      silentMs: 100,
      pingMs: 50,
      onMessage: () => {
        sink.full = true;
      },
    });
    await eventually(() => gates.length === 1);
    const whileFull = feed.messages.length;
    // Long enough for silence to be found, were it looked for.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(feed.messages.length).toBe(whileFull);
    // What one chunk held may follow, no more.
    expect(whileFull * 5000).toBeLessThan(256 * 1024);
    expect(venue.last.ws.bufferedAmount).toBeGreaterThan(0);
    const drain = setInterval(() => {
      sink.full = false;
      for (const open of gates.splice(0)) open();
    }, 1);
    await eventually(() => feed.messages.length === total);
    clearInterval(drain);
    expect(feed.texts.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: total }, (_, i) => i));
    expect(feed.closes).toEqual([]);
  });

  test('names itself when the venue cuts the connection off meanwhile', async () => {
    const venue = await venueOf();
    let open: (() => void) | undefined;
    const sink = { full: true, drained: () => new Promise<void>((resolve) => (open = resolve)) };
    venue.onAccepted = ({ ws }) => ws.send('one');
    const feed = feedOf({ endpoints: [venue.url], sink });
    await eventually(() => feed.messages.length === 1);
    venue.last.ws.close(1008, 'slow consumer');
    sink.full = false;
    open?.();
    await eventually(() => feed.closes.length === 1);
    expect(feed.closes[0]!.reason).toMatch(/^backpressure: .* 1008 "slow consumer"$/);
  });
});
