import { systemClock } from '@alphapulse/core';
import type { RawMessage } from '@alphapulse/schemas';
import { hostileFrames } from '@alphapulse/testkit';
import { raw } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, until } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { type LocalVenues, startVenues } from '../harness/venues.ts';

describe('raw is truth', () => {
  let kafka: Kafka;
  let venues: LocalVenues;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    venues = await startVenues({ seed: 3, eventsPerSecond: 400 });
  }, 60_000);

  afterAll(async () => {
    await venues.stop();
    await kafka.close();
  });

  test('raw holds every frame of every connection byte for byte and in order, with nothing downstream running', async () => {
    const before = await kafka.ends([raw.binance.name, raw.kraken.name]);
    const collect = startApp('collect');
    await venues.wish(kafka);
    await until(
      () => venues.sent.binance.length > 1_500 && venues.sent.kraken.length > 1_500,
      60_000,
      'the venues to send',
    );

    // Frames that no parser survives must be in raw like any other.
    const injected = (['binance', 'kraken'] as const).flatMap((venue) =>
      hostileFrames(venue)
        .filter(({ closesConnection }) => closesConnection !== true)
        .map(({ payload, binary }) => {
          venues[venue].faults.inject(payload, { binary: binary ?? false });
          return { venue, payload: Buffer.from(payload) };
        }),
    );
    const seen = venues.sent.kraken.length;
    await until(() => venues.sent.kraken.length > seen + 300, 60_000, 'the stream to go on after hostile frames');
    await venues.quiet();
    await systemClock.sleep(1_500);
    expect(await collect.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    for (const venue of ['binance', 'kraken'] as const) {
      const messages = await kafka.values<RawMessage>(raw[venue], before);
      const received = messages.filter(({ channel }) => !channel.startsWith('rest/'));
      const hostile = injected
        .filter((frame) => frame.venue === venue)
        .map(({ payload }) => payload.toString('latin1'));
      const byConnection = new Map<string, RawMessage[]>();
      for (const message of received)
        byConnection.set(message.connectionId, [...(byConnection.get(message.connectionId) ?? []), message]);
      const inOrder = [...byConnection.values()].flatMap((list) => list.sort((a, b) => a.sequence - b.sequence));
      // Nothing is missing between the first and the last message of a connection.
      for (const list of byConnection.values())
        expect(list.map(({ sequence }) => sequence)).toEqual(list.map((_, n) => n));
      const payloads = inOrder.map(({ payload }) => payload.toString('latin1'));
      for (const payload of hostile) expect(payloads).toContain(payload);
      const hostileSet = new Set(hostile);
      expect(payloads.filter((payload) => !hostileSet.has(payload))).toEqual(
        venues.sent[venue].map((frame) => Buffer.from(frame).toString('latin1')),
      );
    }
  }, 180_000);
});
