import { readFileSync } from 'node:fs';
import { type RawRecord, RejectedRecordError } from '@alphapulse/core';
import { eventKinds, eventUnionCodec, type ParsedEvent } from '@alphapulse/schemas';
import { hostileFrames } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { type BookSides, KrakenBook, wireLevel } from './book.ts';
import { createKrakenParser } from './parse.ts';
import { parseAll, RecordMaker } from './testing/records.ts';

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
const codec = eventUnionCodec<ParsedEvent>(['validate', 'enrich'], 'Parsed');

type Side = readonly (readonly [price: string, size: string])[];

/** Writes book frames of a symbol with the checksum they should have. */
class BookWriter {
  readonly #book = new KrakenBook(10);
  #time = 0;

  frame(
    type: 'snapshot' | 'update',
    bids: Side,
    asks: Side,
    options: { checksum?: number; symbol?: string } = {},
  ): string {
    const levels = (side: Side) => side.map(([price, size]) => wireLevel(price, size));
    const sides: BookSides = { bids: levels(bids), asks: levels(asks) };
    this.#book.apply(sides);
    const text = (side: Side) => side.map(([price, size]) => `{"price":${price},"qty":${size}}`).join(',');
    const time = `2026-08-01T02:53:53.${String(this.#time++).padStart(6, '0')}Z`;
    return `{"channel":"book","type":"${type}","data":[{"symbol":"${options.symbol ?? 'BTC/USD'}","bids":[${text(bids)}],"asks":[${text(asks)}],"checksum":${options.checksum ?? this.#book.checksum()},"timestamp":"${time}"}]}`;
  }
}

const books = (events: readonly ParsedEvent[]) =>
  events.flatMap((event) => (event.kind === 'book' ? [`${event.type} ${event.bids.length}/${event.asks.length}`] : []));

const trade = (id: number, symbol = 'BTC/USD') =>
  `{"channel":"trade","type":"update","data":[{"symbol":"${symbol}","side":"sell","price":100.5,"qty":0.25000000,"ord_type":"limit","trade_id":${id},"timestamp":"2026-08-01T02:53:53.184174Z"}]}`;

const ticker = (bid: string, time: string | null = '2026-08-01T02:53:53.184174Z') =>
  `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":${bid},"bid_qty":1.2,"ask":101.0,"ask_qty":2.3,"last":1${time === null ? '' : `,"timestamp":"${time}"`}}]}`;

describe('fixtures', () => {
  test.each(['v2-frames', 'v1-frames'])('%s: every frame is accounted for and every event fits its schema', (name) => {
    const { source, frames } = fixture(name);
    const maker = new RecordMaker(source);
    const records: RawRecord[] = frames.map((frame: string) => maker.make(frame));
    const parsed = parseAll(createKrakenParser(), records);
    expect(parsed.rejected).toEqual({});
    expect(new Set(parsed.events.map((event) => event.kind)).size).toBeGreaterThanOrEqual(2);
    for (const event of parsed.events) {
      expect(eventKinds).toContain(event.kind);
      expect(codec.decode(codec.encode(event))).toEqual(event);
    }
    expect(parseAll(createKrakenParser(), records)).toEqual(parsed);
  });

  test('v2 frames become these events', () => {
    const { source, frames } = fixture('v2-frames');
    const maker = new RecordMaker(source);
    const { events, filtered } = parseAll(
      createKrakenParser(),
      frames.map((frame: string) => maker.make(frame)),
    );
    expect(events.map((event) => event.kind)).toEqual([
      ...['book', 'book', 'book'],
      ...['trade', 'trade', 'trade'],
      ...['bar', 'quote'],
    ]);
    expect(filtered).toEqual({ status: 1, acknowledgement: 1, heartbeat: 2 });
    expect(events[1]).toMatchObject({ type: 'delta', bids: [], asks: [{ price: 63005, size: 2.08665551 }], depth: 10 });
    expect(events[1]).toMatchObject({
      checksum: 2532652056,
      eventTime: 1_785_552_833_646_219,
      eventTimeSource: 'venue',
    });
    expect(events[3]).toMatchObject({
      eventId: 'kraken:trade:BTC/USDT:9622656',
      venue: 'kraken',
      side: 'buy',
      price: 118832.9,
      size: 0.00409283,
      backfilled: false,
    });
  });

  test('REST answers: trades are marked as back-filled, metadata and errors are filtered', () => {
    const { trades, assetPairs } = fixture('rest-answers');
    const maker = new RecordMaker('https://api.kraken.com');
    const rest = (answer: unknown, channel: string, key: string) =>
      maker.make(JSON.stringify(answer), { channel, key });
    const parsed = parseAll(createKrakenParser(), [
      rest(trades, 'rest/Trades', 'BTC/USDT'),
      maker.make(trade(10218209, 'BTC/USDT')),
      rest(assetPairs, 'rest/AssetPairs', 'rest/AssetPairs'),
      rest({ error: ['EAPI:Rate limit exceeded'] }, 'rest/Trades', 'BTC/USDT'),
    ]);
    expect(parsed.events.map((event) => event.kind === 'trade' && event.backfilled)).toEqual([true, true, true]);
    expect(parsed.filtered).toEqual({ duplicate: 1, 'rest-metadata': 1, 'rest-error': 1 });
  });
});

describe('duplicates', () => {
  test('a trade is given once, whatever brings it; a back-filled hole is filled once', () => {
    const maker = new RecordMaker();
    const ids = [5, 6, 9, 6, 7, 8, 7, 10];
    const { events, filtered } = parseAll(
      createKrakenParser(),
      ids.map((id, at) => maker.make(trade(id), { connectionId: at % 2 ? 'second' : 'first' })),
    );
    expect(events.map((event) => event.kind === 'trade' && event.tradeId)).toEqual(['5', '6', '9', '7', '8', '10']);
    expect(filtered).toEqual({ duplicate: 2 });
  });

  test('tickers equal in time and values are given once; without a time, equal ones one after the other', () => {
    const maker = new RecordMaker();
    const frames = [ticker('99.9'), ticker('99.8'), ticker('99.9'), ticker('99.9', '2026-08-01T02:53:54Z')];
    const untimed = [ticker('99.9', null), ticker('99.9', null), ticker('99.8', null), ticker('99.9', null)];
    const { events, filtered } = parseAll(
      createKrakenParser(),
      [...frames, ...untimed].map((frame) => maker.make(frame)),
    );
    expect(events).toHaveLength(6);
    expect(events.slice(3).map((event) => event.eventTimeSource)).toEqual(['received', 'received', 'received']);
    expect(filtered).toEqual({ duplicate: 2 });
  });

  test('v1 trades have no id: the n-th with the same content is the same on every connection', () => {
    const maker = new RecordMaker('wss://ws.kraken.com');
    const row = '["354.11","0.5","1618678142.557535","s","l",""]';
    const frame = (rows: string[]) => `[993,[${rows.join(',')}],"trade","XMR/USD"]`;
    const { events } = parseAll(createKrakenParser(), [
      maker.make(frame([row, row])),
      maker.make(frame([row, row]), { connectionId: 'second' }),
      maker.make(frame([row]), { connectionId: 'second' }),
    ]);
    expect(events.map((event) => event.eventId)).toEqual(
      [0, 1, 2].map((at) => `kraken:trade:XMR/USD:1618678142557535:354.11:0.5:s:${at}`),
    );
  });
});

describe('books', () => {
  const snapshot = (writer: BookWriter) => writer.frame('snapshot', [['10.0', '1.00']], [['11.0', '1.00']]);

  test('updates before a snapshot wait for it', () => {
    const maker = new RecordMaker();
    const writer = new BookWriter();
    const early = new BookWriter().frame('update', [['9.0', '1.00']], []);
    const { events, filtered } = parseAll(createKrakenParser(), [maker.make(early), maker.make(snapshot(writer))]);
    expect(books(events)).toEqual(['snapshot 1/1']);
    expect(filtered).toEqual({ 'awaiting-snapshot': 1 });
  });

  test('a wrong checksum rejects the frame, and the book waits for its next snapshot', () => {
    const maker = new RecordMaker();
    const writer = new BookWriter();
    const parser = createKrakenParser();
    const { events, filtered, rejected } = parseAll(parser, [
      maker.make(snapshot(writer)),
      maker.make(writer.frame('update', [['9.0', '1.00']], [], { checksum: 1 })),
      maker.make(writer.frame('update', [['8.0', '1.00']], [])),
      maker.make(snapshot(new BookWriter())),
    ]);
    expect(books(events)).toEqual(['snapshot 1/1', 'snapshot 1/1']);
    expect(rejected).toEqual({ book_checksum_mismatch: 1 });
    expect(filtered).toEqual({ 'awaiting-snapshot': 1 });
  });

  test('a frame that cannot be read leaves a hole, so the book waits; other symbols go on', () => {
    const maker = new RecordMaker();
    const [btc, eth] = [new BookWriter(), new BookWriter()];
    const parser = createKrakenParser();
    const { events, filtered, rejected } = parseAll(parser, [
      maker.make(snapshot(btc)),
      maker.make(eth.frame('snapshot', [['5.0', '1.00']], [], { symbol: 'ETH/USD' })),
      maker.make(btc.frame('update', [['9.0', '1.00']], []).slice(0, 90)),
      maker.make(btc.frame('update', [['8.0', '1.00']], [])),
      maker.make(eth.frame('update', [['4.0', '1.00']], [], { symbol: 'ETH/USD' })),
    ]);
    expect(books(events)).toEqual(['snapshot 1/1', 'snapshot 1/0', 'delta 1/0']);
    expect(rejected).toEqual({ frame_not_json: 1 });
    expect(filtered).toEqual({ 'awaiting-snapshot': 1 });
  });

  test('a frame of two symbols of which one is wrong gives neither, and both wait', () => {
    const maker = new RecordMaker();
    const [btc, eth] = [new BookWriter(), new BookWriter()];
    const two = (a: string, b: string) => `${a.slice(0, -2)},${b.slice(b.indexOf('[') + 1)}`;
    const parser = createKrakenParser();
    const parsed = parseAll(parser, [
      maker.make(two(snapshot(btc), eth.frame('snapshot', [['5.0', '1.00']], [], { symbol: 'ETH/USD' }))),
      maker.make(
        two(
          btc.frame('update', [['9.0', '1.00']], []),
          eth.frame('update', [['4.0', '1.00']], [], { symbol: 'ETH/USD', checksum: 1 }),
        ),
      ),
      maker.make(btc.frame('update', [['8.0', '1.00']], [])),
    ]);
    expect(books(parsed.events)).toEqual(['snapshot 1/1', 'snapshot 1/0']);
    expect(parsed.rejected).toEqual({ book_checksum_mismatch: 1 });
    expect(parsed.filtered).toEqual({ 'awaiting-snapshot': 1 });
  });

  test('a roll-over: the successor’s snapshot is followed, the old connection’s updates are duplicates', () => {
    const maker = new RecordMaker();
    const [old, fresh] = [new BookWriter(), new BookWriter()];
    const { events, filtered, rejected } = parseAll(createKrakenParser(), [
      maker.make(snapshot(old)),
      maker.make(old.frame('update', [['9.0', '1.00']], [])),
      // The successor stands one update behind the old connection when it takes over.
      maker.make(snapshot(fresh), { connectionId: 'second' }),
      maker.make(old.frame('update', [['8.0', '1.00']], [])),
      maker.make(fresh.frame('update', [['9.0', '1.00']], []), { connectionId: 'second' }),
      maker.make(old.frame('update', [['7.0', '1.00']], [])),
      maker.make(fresh.frame('update', [['8.0', '1.00']], []), { connectionId: 'second' }),
    ]);
    expect(books(events)).toEqual(['snapshot 1/1', 'delta 1/0', 'snapshot 1/1', 'delta 1/0', 'delta 1/0']);
    expect(filtered).toEqual({ duplicate: 2 });
    expect(rejected).toEqual({});
  });

  test('redundant collectors: when the one followed breaks or falls silent, the other’s whole book takes over', () => {
    const maker = new RecordMaker();
    const [one, two] = [new BookWriter(), new BookWriter()];
    const second = { connectionId: 'second' };
    const parser = createKrakenParser();
    const late = { receivedTime: 1_785_552_899_000_000 };
    const { events, filtered, rejected } = parseAll(parser, [
      maker.make(snapshot(one)),
      maker.make(snapshot(two), second),
      maker.make(one.frame('update', [['9.0', '1.00']], [])),
      maker.make(two.frame('update', [['9.0', '1.00']], [], { checksum: 1 }), second),
      maker.make(one.frame('update', [['8.0', '1.00']], [])),
      maker.make(one.frame('update', [['7.0', '1.00']], [])),
      maker.make(snapshot(new BookWriter()), second),
      maker.make(one.frame('update', [['6.0', '1.00']], []), late),
    ]);
    expect(books(events)).toEqual([
      ...['snapshot 1/1', 'snapshot 1/1'],
      ...['snapshot 3/1', 'delta 1/0'],
      ...['snapshot 1/1', 'snapshot 5/1'],
    ]);
    expect(filtered).toEqual({ duplicate: 1 });
    expect(rejected).toEqual({ book_checksum_mismatch: 1 });
  });

  test('whoever applies the steps always has the followed connection’s book', () => {
    const maker = new RecordMaker();
    const writers = [new BookWriter(), new BookWriter(), new BookWriter()];
    const parser = createKrakenParser();
    const mirror = new Map<number, number>();
    for (let step = 0; step < 400; step++) {
      const at = (step * 7 + (step >> 3)) % 3;
      const price = `${1 + ((step * 13) % 9)}.0`;
      const anew = step % 37 === 0;
      if (anew) writers[at] = new BookWriter();
      const size = !anew && step % 3 === 0 ? '0.00' : `${step + 1}.00`;
      const checksum = !anew && step % 41 === 0 ? { checksum: 1 } : {};
      const frame = (writers[at] as BookWriter).frame(anew ? 'snapshot' : 'update', [[price, size]], [], checksum);
      const { events } = parseAll(parser, [maker.make(frame, { connectionId: `c${at}` })]);
      for (const event of events) {
        if (event.kind !== 'book') continue;
        if (event.type === 'snapshot') mirror.clear();
        for (const level of event.bids) {
          if (level.size === 0) mirror.delete(level.price);
          else mirror.set(level.price, level.size);
        }
        const followed = (parser.book('BTC/USD')?.bids ?? []).map((level) => [level.price, level.size]);
        expect([...mirror].sort(([a], [b]) => b - a)).toEqual(followed);
      }
    }
  });

  test('the subscribed depth comes from the acknowledgement, not from how full the snapshot is', () => {
    const maker = new RecordMaker();
    const ack =
      '{"method":"subscribe","result":{"channel":"book","depth":500,"snapshot":true,"symbol":"BTC/USD"},"success":true}';
    const { events } = parseAll(createKrakenParser(), [maker.make(ack), maker.make(snapshot(new BookWriter()))]);
    expect(events).toMatchObject([{ depth: 500 }]);
    expect(maker.make(ack)).toMatchObject({ key: 'BTC/USD', channel: 'control' });
  });

  test('state goes through a checkpoint at any moment', () => {
    const maker = new RecordMaker();
    const writer = new BookWriter();
    const frames = [snapshot(writer), trade(7), ticker('99.9'), trade(9), trade(8)];
    for (let at = 0; at < 30; at++) frames.push(writer.frame('update', [[`${at % 12}.5`, `${at % 4}.00`]], []));
    frames.push(trade(8), ticker('99.9'));
    const records = frames.map((frame) => maker.make(frame));
    const whole = parseAll(createKrakenParser(), records);
    for (let cut = 0; cut <= records.length; cut++) {
      const first = createKrakenParser();
      const before = parseAll(first, records.slice(0, cut));
      const second = createKrakenParser();
      for (const [key, state] of first.save()) second.load(key, state);
      expect([...before.events, ...parseAll(second, records.slice(cut)).events]).toEqual(whole.events);
    }
  });
});

describe('hostile frames', () => {
  test.each(hostileFrames('kraken').map((frame) => [frame.name, frame] as const))('%s', (_name, hostile) => {
    const maker = new RecordMaker();
    const parser = createKrakenParser();
    const writer = new BookWriter();
    const other = maker.make(writer.frame('snapshot', [['5.0', '1.00']], [], { symbol: 'ETH/USD' }));
    parseAll(parser, [other]);
    const { filtered, rejected } = parseAll(parser, [maker.make(hostile.payload)]);
    const outcome = Object.keys(rejected)[0] ?? (Object.keys(filtered).length > 0 ? 'filtered' : 'accepted');
    // Codes of the later stages: parsing accepts what only they can judge.
    const later = ['price_not_positive', 'size_negative', 'event_time_ahead', 'symbol_unknown'];
    const allowed: readonly string[] = hostile.expect;
    expect(
      [...allowed, ...(allowed.some((code) => later.includes(code)) ? ['accepted'] : [])].concat('filtered'),
    ).toContain(outcome);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const update = maker.make(writer.frame('update', [['4.0', '1.00']], [], { symbol: 'ETH/USD' }));
    expect(parseAll(parser, [update]).fruitful).toBe(1);
  });

  test('a frame that is rejected takes no trade id', () => {
    const maker = new RecordMaker();
    const parser = createKrakenParser();
    const bad = trade(5).replace('}]}', '},{"symbol":"BTC/USD"}]}');
    expect(parseAll(parser, [maker.make(bad), maker.make(trade(5))]).events).toHaveLength(1);
  });

  test('more levels than any depth has', () => {
    const maker = new RecordMaker();
    const many = Array.from({ length: 5000 }, (_, at) => [`${at}.0`, '1.0'] as const);
    expect(() =>
      createKrakenParser().parse(maker.make(new BookWriter().frame('snapshot', many, [])), {
        event: () => undefined,
        filtered: () => undefined,
      }),
    ).toThrow(RejectedRecordError);
  });
});
