import { systemClock } from '@alphapulse/core';
import { createRegistrar, idOf, type Statement } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import type { Book, Quote } from '@alphapulse/schemas';
import type { Stack } from '@alphapulse/stack';
import { processedBooks, processedQuotes, raw } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];
const outputs = ['processed.trades', 'processed.quotes', 'processed.books'];
const secondUs = 1_000_000;

describe('replay of an old window enriches with old facts', () => {
  let stack: Stack;
  let kafka: Kafka;

  beforeAll(async () => {
    // A stack of its own: other scenarios count on the facts that change here.
    stack = await startTestStack({ name: 'old-facts', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
  }, 90_000);

  afterAll(async () => {
    await kafka?.close();
    await stack?.stop();
  }, 60_000);

  test('and records after a change carry the new ones, byte for byte as they were processed live', async () => {
    const nowUs = systemClock.nowUs();
    const changeUs = nowUs - 100 * secondUs;
    const start = await kafka.ends(outputs);

    // The old window, processed while nothing else was known.
    const old = simulatedRaw({ seed: 31, seconds: 60, startUs: nowUs - 200 * secondUs });
    await appendRaw(kafka, old.rows);
    const live = startApp('process', [], { GROUP_SUFFIX: '-live' });
    await kafka.drained('parse-validate-enrich-live', rawTopics);
    const afterOld = await kafka.ends(outputs);

    const changed = ['BTC', 'ETH'].map(
      (base): Statement => ({
        kind: 'listings',
        facts: {
          ...{ venue: 'kraken', symbol: `${base}/USD`, instrument: `spot:${base}/USD` },
          ...{ tickSize: 0.25, lotSize: 0.125, takerFeeBps: 12.5 },
        },
        validFrom: changeUs,
        provenance: 'scenario',
      }),
    );
    const registrar = createRegistrar({
      config: kafka.config,
      schemaRegistryUrl: schemaRegistryUrl(),
      clock: systemClock,
    });
    const outcomes = await registrar.state(changed, { source: 'kraken', atomic: true });
    await registrar.close();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['registered', 'registered']);

    const later = simulatedRaw({ seed: 32, seconds: 60, startUs: nowUs - 80 * secondUs });
    await appendRaw(kafka, later.rows);
    await kafka.drained('parse-validate-enrich-live', rawTopics);
    expect(await live.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const afterLive = await kafka.ends(outputs);

    // Both windows again, by a copy of the group that knows of the change from the start.
    const replay = startApp('process', [], { GROUP_SUFFIX: '-replay' });
    await kafka.drained('parse-validate-enrich-replay', rawTopics);
    expect(await replay.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    for (const topic of outputs) {
      const first = await kafka.digestByKeyAndSource(topic, start, afterLive);
      const second = await kafka.digestByKeyAndSource(topic, afterLive);
      expect(first.records).toBeGreaterThan(1_000);
      expect(second).toEqual(first);
    }

    const versions = new Map(
      ['BTC/USD', 'ETH/USD'].map((symbol) => [symbol, idOf(`listing:kraken:${symbol}`)] as const),
    );
    const quotes = await kafka.values<Quote>(processedQuotes, afterLive);
    const ofKraken = quotes.filter(({ venue, symbol }) => venue === 'kraken' && versions.has(symbol));
    const [before, after] = split(ofKraken, changeUs);
    expect(before.length).toBeGreaterThan(100);
    expect(after.length).toBeGreaterThan(100);
    for (const { symbol, listingVersion, takerFeeBps } of before)
      expect({ listingVersion, takerFeeBps }).toEqual({ listingVersion: `${versions.get(symbol)}@0`, takerFeeBps: 40 });
    for (const { symbol, listingVersion, tickSize, lotSize, takerFeeBps } of after)
      expect({ listingVersion, tickSize, lotSize, takerFeeBps }).toEqual({
        ...{ listingVersion: `${versions.get(symbol)}@${changeUs}`, tickSize: 0.25, lotSize: 0.125, takerFeeBps: 12.5 },
      });

    const books = await kafka.values<Book>(processedBooks, afterLive);
    const [oldBooks, newBooks] = split(
      books.filter(({ venue, symbol }) => venue === 'kraken' && versions.has(symbol)),
      changeUs,
    );
    expect(oldBooks.some(({ tickSize }) => tickSize === 0.25)).toBe(false);
    expect(newBooks.length).toBeGreaterThan(10);
    expect(newBooks.every(({ tickSize }) => tickSize === 0.25)).toBe(true);
    // All of the old window was processed before anybody could know of the change.
    const processedBefore = await kafka.digestByKeyAndSource(processedQuotes.name, start, afterOld);
    expect(split(quotes, changeUs)[0]).toHaveLength(processedBefore.records);
  }, 240_000);
});

function split<T extends { readonly receivedTime: number }>(
  events: readonly T[],
  us: number,
): [before: T[], after: T[]] {
  return [
    events.filter(({ receivedTime }) => receivedTime < us),
    events.filter(({ receivedTime }) => receivedTime >= us),
  ];
}
