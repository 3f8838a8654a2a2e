import type { RawRecord } from '@alphapulse/core';
import { OrderBook } from '@alphapulse/market';
import type { ParsedEvent } from '@alphapulse/schemas';
import { describe, expect, test } from '@jest/globals';
import {
  countOf,
  hasRecordings,
  parseAll,
  rawRecord,
  readRecordings,
  readSharedBytes,
  readSharedJson,
  withoutRecordings,
} from '../shared/testing/recordings.ts';
import { readListings } from './discovery.ts';
import { BinanceParser } from './parse.ts';
import { binance } from './source.ts';

interface Summary {
  readonly frames: Record<string, number>;
  readonly depth_first_U: number;
  readonly depth_last_u: number;
  readonly trades: { count: number; first_id: number; last_id: number; volume: string };
  readonly last_bookTicker: Record<'u' | 'b' | 'B' | 'a' | 'A', string | number>;
  readonly ohlcv_1m_by_trade_time: { start_ms: number; open: string; high: string; volume: string; trades: number }[];
  readonly book_after_replay: {
    snapshot_lastUpdateId: number;
    diffs_applied: number;
    best_bid: [string, string];
    best_ask: [string, string];
  };
}

interface Pair {
  readonly i: number;
  readonly message: { stream: string };
  readonly expected: Record<string, unknown>[];
}

type Events = readonly ParsedEvent[];
const tradesOf = (events: Events) => events.filter((event): event is ParsedEvent<'trade'> => event.kind === 'trade');
const quotesOf = (events: Events) => events.filter((event): event is ParsedEvent<'quote'> => event.kind === 'quote');
const booksOf = (events: Events) => events.filter((event): event is ParsedEvent<'book'> => event.kind === 'book');

if (!hasRecordings) {
  test('recordings of Binance', () => {
    console.log(withoutRecordings);
  });
} else {
  describe('hftbacktest recordings match their independently derived summary', () => {
    const summaries = readSharedJson<Record<string, Summary>>('binance/expected_hftbacktest_summary.json');
    test.each(Object.entries(summaries))('%s', async (name, expected) => {
      const records = await readRecordings(binance, `binance/hftbacktest_${name}.jsonl.gz`);
      const parsed = parseAll(new BinanceParser(), records);
      expect(parsed.withEvents + countOf(parsed.filtered)).toBe(records.length);
      expect(parsed.rejected).toEqual({});

      const trades = tradesOf(parsed.events);
      expect(trades).toHaveLength(expected.trades.count);
      expect(trades[0]?.tradeId).toBe(String(expected.trades.first_id));
      expect(trades.at(-1)?.tradeId).toBe(String(expected.trades.last_id));
      const volume = trades.reduce((sum, { size }) => sum + size, 0);
      expect(volume).toBeCloseTo(Number(expected.trades.volume), 6);
      for (const bar of expected.ohlcv_1m_by_trade_time) {
        const startUs = bar.start_ms * 1000;
        const inside = trades.filter(({ eventTime }) => eventTime >= startUs && eventTime < startUs + 60_000_000);
        expect(inside).toHaveLength(bar.trades);
        expect(inside[0]?.price).toBe(Number(bar.open));
        expect(Math.max(...inside.map(({ price }) => price))).toBe(Number(bar.high));
      }

      const quotes = quotesOf(parsed.events);
      expect(quotes).toHaveLength(expected.frames.bookTicker as number);
      const { u, b, B, a, A } = expected.last_bookTicker;
      const last = { sequence: u, bidPrice: Number(b), bidSize: Number(B), askPrice: Number(a), askSize: Number(A) };
      expect(quotes.at(-1)).toMatchObject(last);

      const [snapshot, ...deltas] = booksOf(parsed.events);
      const { book_after_replay: replayed } = expected;
      expect(snapshot).toMatchObject({ type: 'snapshot', lastSequence: replayed.snapshot_lastUpdateId });
      expect(deltas).toHaveLength(replayed.diffs_applied);
      expect(deltas.at(-1)?.lastSequence).toBe(expected.depth_last_u);
      const book = new OrderBook();
      for (const event of booksOf(parsed.events)) book.apply(event);
      const best = (side: 'bids' | 'asks') => book[side].top(1).map(({ price, size }) => [price, size])[0];
      expect(best('bids')).toEqual(replayed.best_bid.map(Number));
      expect(best('asks')).toEqual(replayed.best_ask.map(Number));

      expect(new Set(parsed.events.map(({ eventId }) => eventId)).size).toBe(parsed.events.length);
      expect(parsed.events[0]?.venue).toBe(name.startsWith('usdm') ? 'binance-usdm' : 'binance');
    });

    test('the same input gives the same output, through a checkpoint and with a second collector too', async () => {
      const records = await readRecordings(binance, 'binance/hftbacktest_spot_ethusdt_20240808.jsonl.gz');
      const some = records.slice(0, 4000);
      const once = parseAll(new BinanceParser(), some).events;
      expect(parseAll(new BinanceParser(), some).events).toEqual(once);

      const first = new BinanceParser();
      const head = parseAll(first, some.slice(0, 3)).events;
      const second = new BinanceParser();
      for (const [key, state] of first.save()) second.load(key, state);
      expect([...head, ...parseAll(second, some.slice(3)).events]).toEqual(once);

      const twice: RawRecord[] = some.flatMap((record) => [record, record]);
      const parsed = parseAll(new BinanceParser(), twice);
      expect(parsed.events).toEqual(once);
      expect(parsed.rejected).toEqual({});
    });
  });

  describe('cryptofeed recordings give as many events as cryptofeed', () => {
    const counts = readSharedJson<Record<string, Record<string, number>>>('binance/expected_counts_cryptofeed.json');
    test.each([
      ['BINANCE', 'binance', 'binance'],
      ['BINANCE_US', 'binance_us', 'binance-us'],
    ])('%s', async (name, folder, venue) => {
      const files = ['ws', 'depth_rest'].map((kind) => `${folder}/cryptofeed_20211011_${kind}.jsonl.gz`);
      const records = await readRecordings(binance, ...files);
      const { events, filtered, rejected, withEvents } = parseAll(new BinanceParser(), records);
      expect(withEvents + countOf(filtered)).toBe(records.length);
      expect(rejected).toEqual({});
      expect({
        candles: events.filter(({ kind }) => kind === 'bar').length,
        l2_book: booksOf(events).length,
        ticker: quotesOf(events).length,
        trades: tradesOf(events).length,
      }).toEqual(counts[name]);
      expect(new Set(events.map((event) => event.venue))).toEqual(new Set([venue]));
    });
  });

  describe('messages that tardis-node normalised', () => {
    /** Expected levels that come from diffs which the file of pairs leaves out. */
    const fromElsewhere: Record<string, [price: number, amount: number][]> = {
      'gntbtc@depthSnapshot': [
        [0.00002246, 375],
        [0.00002249, 0],
      ],
      'btcusdt@depthSnapshot': [
        [8493.78, 0.162],
        [4096, 2.425419],
      ],
    };
    test.each([
      ['binance', 'binance/tardis_binance_pairs.json', 'wss://stream.binance.com:9443/stream'],
      ['binance-futures', 'binance/tardis_binance_futures_pairs.json', 'wss://fstream.binance.com/stream'],
    ])('%s', (_name, file, endpoint) => {
      const parser = new BinanceParser();
      for (const { message, expected } of readSharedJson<{ pairs: Pair[] }>(file).pairs) {
        const payload = Buffer.from(JSON.stringify(message));
        const { events } = parseAll(parser, [rawRecord(binance, { endpoint, payload })]);
        const wanted = expected.filter(({ type }) => type !== 'derivative_ticker' && type !== 'liquidation');
        // tardis leaves aggregate trades out where raw ones are to be had.
        if (message.stream.endsWith('@aggTrade')) continue;
        expect(events.length).toBe(wanted.length);
        for (const [at, want] of wanted.entries()) {
          compare(events[at] as ParsedEvent, want, fromElsewhere[message.stream] ?? []);
        }
      }
    });

    function compare(event: ParsedEvent, want: Record<string, unknown>, elsewhere: readonly [number, number][]): void {
      expect(event.symbol).toBe(want.symbol);
      const venueTime = Date.parse(want.timestamp as string) * 1000;
      if (event.eventTimeSource === 'venue') expect(event.eventTime).toBe(venueTime);
      if (event.kind === 'trade') {
        const { tradeId, price, size, side } = event;
        expect({ id: tradeId, price, amount: size, side, type: 'trade' }).toMatchObject(
          pick(want, 'id', 'price', 'amount', 'side', 'type'),
        );
      } else if (event.kind === 'quote') {
        const { bidPrice, bidSize, askPrice, askSize } = event;
        expect({ bidPrice, bidAmount: bidSize, askPrice, askAmount: askSize, type: 'book_ticker' }).toMatchObject(
          pick(want, 'bidPrice', 'bidAmount', 'askPrice', 'askAmount', 'type'),
        );
      } else {
        expect(want.type).toBe('book_change');
        expect(event).toMatchObject({ kind: 'book', type: want.isSnapshot ? 'snapshot' : 'delta' });
        for (const side of ['bids', 'asks'] as const) {
          const levels = new Map((event as ParsedEvent<'book'>)[side].map(({ price, size }) => [price, size]));
          const wantedLevels = want[side] as { price: number; amount: number }[];
          for (const { price, amount } of wantedLevels) {
            if (!elsewhere.some((level) => level[0] === price && level[1] === amount))
              expect(levels.get(price)).toBe(amount);
          }
          for (const price of levels.keys()) expect(wantedLevels.map((level) => level.price)).toContain(price);
        }
      }
    }
  });

  test('a recorded exchangeInfo becomes listings', () => {
    const { listings, rejected } = readListings(readSharedBytes('binance/exchangeInfo_20211011.json'), 'binance');
    expect(rejected).toEqual([]);
    expect(listings).toHaveLength(1695);
    expect(listings.find(({ symbol }) => symbol === 'BTCUSDT')).toMatchObject({
      venue: 'binance',
      type: 'spot',
      base: 'BTC',
      quote: 'USDT',
      tickSize: 0.01,
      lotSize: 0.00001,
      minNotional: 10,
      makerFeeBps: 10,
      takerFeeBps: 10,
      status: 'trading',
    });
  });
}

function pick(from: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}
