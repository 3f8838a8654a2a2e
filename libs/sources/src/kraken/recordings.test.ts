import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { describe, expect, test } from '@jest/globals';
import type { WireLevel } from './book.ts';
import { listingsOf } from './discovery.ts';
import { createKrakenParser } from './parse.ts';
import { parseAll, RecordMaker, sum } from './testing/records.ts';

const folder = new URL('../../../../../shared/recordings/', import.meta.url);
const there = existsSync(new URL('kraken/', folder));

const readJson = (path: string) => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));

interface Line {
  readonly t: number | null;
  readonly dir: string;
  readonly text: string;
}

function readRecords(name: string): RawRecord[] {
  const texts = gunzipSync(readFileSync(new URL(`kraken/${name}.jsonl.gz`, folder)))
    .toString()
    .trimEnd()
    .split('\n');
  const [header, ...lines] = texts.map((text) => JSON.parse(text)) as [{ endpoint: string }, ...Line[]];
  const maker = new RecordMaker(header.endpoint);
  return lines
    .filter((line) => line.dir === 'in')
    .map((line) => maker.make(line.text, { receivedTime: line.t ?? 1_753_245_707_000_000 }));
}

const texts = (side: readonly WireLevel[] = []) => side.slice(0, 10).map((level) => [level.priceText, level.sizeText]);
const numbers = (levels: readonly { price: number; amount: number }[]) =>
  levels.map(({ price, amount }) => ({ price, size: amount }));
const ofKind = <K extends ParsedEvent['kind']>(events: readonly ParsedEvent[], kind: K) =>
  events.filter((event) => event.kind === kind) as unknown as readonly ParsedEvent<K>[];

if (!there) {
  test('recordings are absent: the tests that need ../shared/recordings are skipped', () => {
    console.warn('../shared/recordings is absent: Kraken recordings were not tested');
  });
} else {
  describe('recordings', () => {
    const counts = readJson('binance/expected_counts_cryptofeed.json').KRAKEN;
    test.each([
      ['v1_20210417_book1000_ws', { books: counts.l2_book }, { status: 1, acknowledgement: 10, heartbeat: 31 }],
      ['v1_20210417_ticker_ws', { quotes: counts.ticker }, { status: 1, acknowledgement: 10, heartbeat: 31 }],
      ['v1_20210417_trade_ws', { trades: counts.trades }, { status: 1, acknowledgement: 10, heartbeat: 30 }],
      ['v2_kraken_btcusd_l2', { books: 301 }, { status: 1, acknowledgement: 15, heartbeat: 60 }],
      ['v2_kraken_ethusd_sample', { books: 1129 }, { status: 1, acknowledgement: 1, heartbeat: 39 }],
      ['v2_trade_frames', { trades: 3 }, {}],
    ])('%s: every frame is accounted for, every checksum holds', (name, expected, filtered) => {
      const records = readRecords(name);
      const { events, fruitful, ...others } = parseAll(createKrakenParser(), records);
      expect(others).toEqual({ filtered, rejected: {} });
      expect(fruitful + sum(others.filtered)).toBe(records.length);
      const kinds = { trades: 0, quotes: 0, books: 0, ...expected };
      expect(ofKind(events, 'trade')).toHaveLength(kinds.trades);
      expect(ofKind(events, 'quote')).toHaveLength(kinds.quotes);
      expect(ofKind(events, 'book')).toHaveLength(kinds.books);
      expect(new Set(events.map((event) => event.eventId)).size).toBe(events.length);
      for (const book of ofKind(events, 'book')) {
        // v1 snapshots carry no checksum; everything else was compared with one.
        if (book.checksum === null) expect(book.type === 'snapshot' && name.startsWith('v1')).toBe(true);
        expect(book.eventTimeSource).toBe('venue');
      }
    });

    test('the books at the end are those an independent replay found', () => {
      for (const [file, expected] of Object.entries<{ final_top10: { bids: unknown; asks: unknown } }>(
        readJson('kraken/expected_v2_final_books.json'),
      )) {
        const parser = createKrakenParser();
        parseAll(parser, readRecords(file.replace('.txt', '')));
        const book = parser.book(file.includes('btcusd') ? 'BTC/USD' : 'ETH/USD');
        expect({ bids: texts(book?.bids), asks: texts(book?.asks) }).toEqual(expected.final_top10);
      }
    });

    test.each(['v1_20210417_book1000_ws', 'v2_kraken_ethusd_sample', 'v1_20210417_trade_ws'])(
      '%s: a parser that goes on from a checkpoint gives the same events',
      (name) => {
        const records = readRecords(name);
        const whole = parseAll(createKrakenParser(), records);
        expect(parseAll(createKrakenParser(), records)).toEqual(whole);
        const middle = Math.floor(records.length / 2);
        const first = createKrakenParser();
        const before = parseAll(first, records.slice(0, middle));
        const second = createKrakenParser();
        for (const [key, state] of first.save()) second.load(key, Uint8Array.from(state));
        const after = parseAll(second, records.slice(middle));
        expect([...before.events, ...after.events]).toEqual(whole.events);
      },
    );

    test('REST trades: a thousand, all ids, both sides', () => {
      const payload = readFileSync(new URL('kraken/rest_http_trades.json', folder));
      const record = new RecordMaker().make(payload, { key: 'BTC/USDT', channel: 'rest/Trades' });
      const trades = ofKind(parseAll(createKrakenParser(), [record, record]).events, 'trade');
      expect(trades).toHaveLength(1000);
      expect(trades[0]).toMatchObject({
        eventId: 'kraken:trade:BTC/USDT:10218208',
        symbol: 'BTC/USDT',
        side: 'buy',
        price: 105433.6,
        size: 0.00027625,
        eventTime: 1_762_795_433_971_744,
        backfilled: true,
      });
      expect(trades.map(({ tradeId }) => Number(tradeId))).toEqual(trades.map((_, at) => 10_218_208 + at));
    });

    test('the pairs of tardis-node, v1: books as they come, for they are single messages', () => {
      const { pairs } = readJson('kraken/tardis_kraken_pairs.json');
      const maker = new RecordMaker('wss://ws.kraken.com');
      for (const { message, expected } of pairs) {
        const [event] = parseAll(createKrakenParser({ verifyBooks: false }), [
          maker.make(JSON.stringify(message)),
        ]).events;
        expectLike(event, expected[0]);
      }
    });

    test('the pairs of tardis-node, v2: the checksum 123456 there is made up, so books are not verified', () => {
      const { pairs } = readJson('kraken/tardis_kraken_v2_pairs.json');
      const maker = new RecordMaker();
      for (const { message, expected } of pairs) {
        const records = [maker.make(JSON.stringify(message))];
        const { events } = parseAll(createKrakenParser({ verifyBooks: false }), records);
        expect(events).toHaveLength(expected.length);
        if (expected.length > 0) expectLike(events[0], expected[0]);
        const verified = parseAll(createKrakenParser(), records);
        expect(verified.rejected).toEqual(message.channel === 'book' ? { book_checksum_mismatch: 1 } : {});
      }
    });

    test('bars: the snapshot’s are final but the last', () => {
      const { messages, expected_ccxt_ohlcv_first: first } = readJson('kraken/v2_ohlc_ccxt_pair.json');
      const maker = new RecordMaker();
      const records = messages.map((message: object) => maker.make(JSON.stringify(message)));
      const bars = ofKind(parseAll(createKrakenParser(), records).events, 'bar');
      expect(bars).toHaveLength(11);
      const [bar] = bars;
      expect([bar && bar.openTime / 1000, bar?.open, bar?.high, bar?.low, bar?.close, bar?.volume]).toEqual(first);
      expect(bars.map(({ closed }) => closed)).toEqual([...Array(9).fill(true), false, false]);
      expect(bar).toMatchObject({ intervalMs: 60_000, trades: 30, quoteVolume: null, provider: 'venue' });
      expect(bars.every(({ eventTime }) => eventTime <= 1_786_562_924_084_233)).toBe(true);
    });

    test('AssetPairs of 2021: every pair with a feed is listed, those with XBT or XDG under both names', () => {
      const { result } = readJson('kraken/AssetPairs_20210417.json');
      const listings = listingsOf(result, true);
      const feeds = Object.values<{ wsname?: string }>(result).filter(({ wsname }) => wsname !== undefined);
      const renamed = feeds.filter(({ wsname }) => /\b(XBT|XDG)\b/.test(wsname ?? ''));
      expect(listings).toHaveLength(feeds.length + renamed.length);
      expect(new Set(listings.map(({ symbol }) => symbol)).size).toBe(listings.length);
      expect(listings.find(({ symbol }) => symbol === 'BTC/USD')).toMatchObject({
        base: 'BTC',
        quote: 'USD',
        venueBase: 'XXBT',
        venueQuote: 'ZUSD',
        tickSize: 0.1,
        lotSize: 1e-8,
        takerFeeBps: 26,
        makerFeeBps: 16,
        status: 'trading',
      });
      for (const { base, quote } of listings) expect(`${base} ${quote}`).not.toMatch(/\b(XBT|XXBT|ZUSD|ZEUR|XETH)\b/);
    });
  });
}

/** Compares an event with the normalised message of tardis-node. */
function expectLike(event: ParsedEvent | undefined, expected: Record<string, unknown>): void {
  expect(event?.symbol).toBe(expected.symbol);
  expect(new Date((event?.eventTime ?? 0) / 1000).toISOString().slice(0, 23)).toBe(
    String(expected.timestamp).slice(0, 23),
  );
  if (event?.kind === 'trade')
    expect([event.price, event.size, event.side]).toEqual([expected.price, expected.amount, expected.side]);
  else if (event?.kind === 'quote')
    expect([event.bidPrice, event.bidSize, event.askPrice, event.askSize]).toEqual([
      expected.bidPrice,
      expected.bidAmount,
      expected.askPrice,
      expected.askAmount,
    ]);
  else if (event?.kind === 'book') {
    expect(event.type === 'snapshot').toBe(expected.isSnapshot);
    expect(event.bids).toEqual(numbers(expected.bids as { price: number; amount: number }[]));
    expect(event.asks).toEqual(numbers(expected.asks as { price: number; amount: number }[]));
  } else throw new Error(`no event for ${JSON.stringify(expected)}`);
}
