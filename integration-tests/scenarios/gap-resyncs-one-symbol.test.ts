import { systemClock } from '@alphapulse/core';
import { OrderBook } from '@alphapulse/market';
import type { Book, Gap, RawMessage } from '@alphapulse/schemas';
import {
  deadLetterTopic,
  internalParsed,
  opsGaps,
  processedBooks,
  processedQuotes,
  processedTrades,
  raw,
  stateTopic,
} from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { type LocalVenues, startVenues } from '../harness/venues.ts';

const suffix = '-gap';
const venueNames = ['binance', 'kraken'] as const;
const rawNames = venueNames.map((venue) => raw[venue].name);
const group = `parse-validate-enrich${suffix}`;

describe('a gap resyncs one symbol', () => {
  let kafka: Kafka;
  let venues: LocalVenues;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    venues = await startVenues({ seed: 17, eventsPerSecond: 250 });
  }, 60_000);

  afterAll(async () => {
    await venues.stop();
    await kafka.close();
  });

  test('a lost frame and two broken books are healed by themselves, all other books go on untouched', async () => {
    const outputs = [opsGaps, processedBooks, processedQuotes, processedTrades, deadLetterTopic('parse')].map(
      ({ name }) => name,
    );
    const before = await kafka.ends([...rawNames, ...outputs, internalParsed.name, stateTopic('parse').name]);
    await kafka.startGroupAt(group, rawNames, before);
    const collect = startApp('collect', [], { COLLECT_GROUP: `collect${suffix}` });
    const process = startApp('process', [], { GROUP_SUFFIX: suffix });
    await venues.wish(kafka);
    const pairs = venueNames.flatMap((venue) =>
      (venues.model.venues.get(venue)?.pairs ?? []).map((pair) => ({ venue, pair, symbol: symbolOf(venue, pair) })),
    );
    const snapshots = async () => {
      const books = await kafka.values<Book>(processedBooks, before);
      return new Set(books.filter(({ type }) => type === 'snapshot').map(({ venue, symbol }) => `${venue} ${symbol}`));
    };
    await until(async () => (await snapshots()).size === pairs.length, 90_000, 'all books to have begun');
    const healthy = await kafka.ends(rawNames);

    // What the venues count as sent but did not send so.
    const lost: string[] = [];
    const changed = new Map<string, string>();
    venues.binance.faults.drop((frame) => isLost(frame, frame.startsWith('{"stream":"btcusdt@depth@100ms"'), lost));
    venues.kraken.faults.drop((frame) => isLost(frame, isBookUpdate(frame, 'ETH/USD') && removesLevel(frame), lost));
    venues.kraken.faults.corruptChecksum((frame) => {
      if (!isBookUpdate(frame, 'SOL/USDT')) return false;
      changed.set(
        frame,
        frame.replace(/"checksum":(\d+)/, (_, digits) => `"checksum":${(Number(digits) + 1) % 2 ** 32}`),
      );
      return true;
    });
    const broken = ['binance BTCUSDT', 'kraken ETH/USD', 'kraken SOL/USDT'];
    const gapsNow = () => kafka.values<Gap>(opsGaps, before);
    await until(
      async () => (await gapsNow()).filter(({ resolvedTime }) => resolvedTime !== null).length >= broken.length,
      60_000,
      'the gaps to be resolved',
    );
    const sent = venues.sent.binance.length;
    await until(() => venues.sent.binance.length > sent + 300, 60_000, 'the stream to go on');
    await venues.quiet();
    // The last depth windows go out with the ticks that the market would have brought.
    for (const server of [venues.binance, venues.kraken]) {
      server.tick(systemClock.nowUs());
      server.tick(systemClock.nowUs() + 1);
    }
    await until(
      async () => (await wireMessages(kafka, before)).length === framesSent(venues) - lost.length,
      30_000,
      'the last frames',
    );
    expect(await collect.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await kafka.drained(group, rawNames);
    expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    // The gaps, opened and resolved, of those books and of nothing else.
    const gaps = await gapsNow();
    const lives = new Map<string, Gap[]>();
    for (const gap of gaps) lives.set(gap.id, [...(lives.get(gap.id) ?? []), gap]);
    const byBook = [...lives.values()].map(([opened, resolved, ...more]) => {
      expect(more).toEqual([]);
      expect(opened).toMatchObject({ resolvedTime: null, resyncMs: null, how: null });
      expect(resolved).toEqual({
        ...opened,
        resolvedTime: expect.any(Number),
        resyncMs: expect.any(Number),
        how: expect.any(String),
      });
      expect(resolved?.resyncMs).toBeGreaterThan(0);
      return `${opened?.venue} ${opened?.symbol} ${opened?.channel} ${opened?.cause} ${resolved?.how}`;
    });
    expect(byBook.sort()).toEqual([
      'binance BTCUSDT depth sequence snapshot',
      'kraken ETH/USD book checksum resubscribe',
      'kraken SOL/USDT book checksum resubscribe',
    ]);
    const dropped = /"U":(\d+),"u":(\d+)/.exec(lost.find((frame) => frame.includes('depthUpdate')) ?? '');
    expect(gaps.find(({ source }) => source === 'binance')).toMatchObject({
      fromSequence: Number(dropped?.[1]),
      toSequence: Number(dropped?.[2]),
    });

    // The parser found the same holes by itself.
    const letters = await kafka.records(deadLetterTopic('parse').name, before);
    expect(letters.map(({ key, headers }) => `${key} ${headers['alphapulse.code']}`).sort()).toEqual([
      'BTCUSDT book_sequence_gap',
      'ETH/USD book_checksum_mismatch',
      'SOL/USDT book_checksum_mismatch',
    ]);

    // Books are fetched anew for that symbol alone, and subscribed anew for those two alone.
    const fetched = async (from: Offsets) =>
      (await kafka.records(raw.binance.name, from))
        .filter(({ value }) => kafka.schemas.decode(raw.binance, value)?.channel === 'rest/depth')
        .map(({ key }) => key?.toString());
    expect((await fetched(before)).length - (await fetched(healthy)).length).toBeGreaterThanOrEqual(8);
    expect(new Set(await fetched(healthy))).toEqual(new Set(['BTCUSDT']));
    const answers = (await kafka.values<RawMessage>(raw.kraken, healthy)).filter(
      ({ channel }) => channel === 'control',
    );
    const subscribed = answers.flatMap(
      ({ payload }) => /"method":"subscribe".*"symbol":"([^"]+)"/.exec(payload.toString())?.[1] ?? [],
    );
    expect(subscribed.sort()).toEqual(['ETH/USD', 'SOL/USDT']);

    // No frame is missing in raw but the lost ones.
    for (const venue of venueNames) {
      const received = (await wireMessages(kafka, before)).filter(({ source }) => source === venue);
      received.sort((a, b) => a.sequence - b.sequence);
      expect(new Set(received.map(({ connectionId }) => connectionId)).size).toBe(1);
      const expected = venues.sent[venue]
        .filter((frame) => !lost.includes(frame))
        .map((frame) => changed.get(frame) ?? frame);
      expect(received.map(({ payload }) => payload.toString())).toEqual(expected);
    }

    // Whoever folds processed.books has every venue's book at the end, and only three had to begin anew.
    const books = await kafka.values<Book>(processedBooks, before);
    for (const { venue, pair, symbol } of pairs) {
      const own = books.filter((event) => event.venue === venue && event.symbol === symbol);
      const book = new OrderBook();
      for (const event of own) book.apply(event);
      const depth = venue === 'kraken' ? 10 : Number.MAX_SAFE_INTEGER;
      const truth = venues.model.venues.get(venue)?.book(pair, depth);
      const levels = (side: readonly (readonly [number, number])[] = []) =>
        side.map(([price, size]) => ({ price, size }));
      expect({ venue, symbol, ...book.copy() }).toEqual({
        venue,
        symbol,
        bids: levels(truth?.bids),
        asks: levels(truth?.asks),
      });
      expect(own.some(({ crossed }) => crossed)).toBe(false);
      const began = own.filter(({ type }) => type === 'snapshot').length;
      expect({ venue, symbol, began }).toEqual({ venue, symbol, began: broken.includes(`${venue} ${symbol}`) ? 2 : 1 });
      expect(own[0]?.type).toBe('snapshot');
      if (venue === 'binance') expectContiguous(own);
      else if (began === 1)
        expect(own.length - 1).toBe(venues.sent.kraken.filter((frame) => isBookUpdate(frame, symbol)).length);
    }
  }, 240_000);
});

function symbolOf(venue: string, { base, quote }: { readonly base: string; readonly quote: string }): string {
  return venue === 'binance' ? `${base}${quote}` : `${base}/${quote}`;
}

function isBookUpdate(frame: string, symbol: string): boolean {
  return frame.startsWith(`{"channel":"book","type":"update","data":[{"symbol":"${symbol}"`);
}

/** A client that misses the frame holds a level which is no more, so the next checksum differs for certain. */
function removesLevel(frame: string): boolean {
  return frame.includes('"qty":0.00000000}');
}

/** Notes a frame that is to be lost. */
function isLost(frame: string, matches: boolean, lost: string[]): boolean {
  if (matches) lost.push(frame);
  return matches;
}

function framesSent({ sent }: LocalVenues): number {
  return sent.binance.length + sent.kraken.length;
}

/** What came over WebSockets. */
async function wireMessages(kafka: Kafka, from: Offsets): Promise<RawMessage[]> {
  const messages = await Promise.all(venueNames.map((venue) => kafka.values<RawMessage>(raw[venue], from)));
  return messages.flat().filter(({ channel }) => !channel.startsWith('rest/'));
}

/** Each update follows the one before it; a snapshot may stand anywhere further on. */
function expectContiguous(events: readonly Book[]): void {
  let last = -1;
  let afterSnapshot = false;
  for (const { type, firstSequence, lastSequence, symbol } of events) {
    if (type === 'delta') {
      const follows = afterSnapshot ? (firstSequence ?? 0) <= last + 1 : firstSequence === last + 1;
      expect({ symbol, last, firstSequence, follows }).toMatchObject({ follows: true });
    }
    expect(lastSequence).toBeGreaterThan(last);
    afterSnapshot = type === 'snapshot';
    last = lastSequence ?? 0;
  }
}
