import { readFileSync } from 'node:fs';
import { codeOf, type RawRecord } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { hostileFrames } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { parseAll, rawRecord } from '../shared/testing/recordings.ts';
import { BinanceParser } from './parse.ts';
import { binance } from './source.ts';

const endpoint = 'wss://stream.binance.com:9443/stream';

function frame(text: string, offset = 0): RawRecord {
  return rawRecord(binance, { endpoint, payload: Buffer.from(text) }, offset);
}

function trade(id: number, timeMs = 1723161255342 + id): RawRecord {
  return frame(
    `{"stream":"btcusdt@trade","data":{"e":"trade","E":${timeMs},"s":"BTCUSDT","t":${id},"p":"1","q":"1","T":${timeMs},"m":true,"M":true}}`,
    id,
  );
}

function diff(first: number, last: number, timeMs = 1723161255000 + last): RawRecord {
  return frame(
    `{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":${timeMs},"s":"BTCUSDT","U":${first},"u":${last},"b":[["1.5","${last}"]],"a":[]}}`,
    last,
  );
}

function snapshot(last: number): RawRecord {
  const requestUrl = 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000';
  const payload = Buffer.from(`{"lastUpdateId":${last},"bids":[["1.5","1"]],"asks":[["1.6","1"]]}`);
  return rawRecord(binance, { endpoint: 'https://api.binance.com/api/v3/depth', payload, requestUrl }, last);
}

/** Runs records and shows for each what became of it. */
function outcomes(parser: BinanceParser, ...records: RawRecord[]): string[] {
  return records.map((record) => {
    const { events, filtered, rejected } = parseAll(parser, [record]);
    const ids = events.map((event) => event.eventId.split(':').slice(1).join(':').replace('BTCUSDT:', ''));
    return [...ids, ...Object.keys(filtered), ...Object.keys(rejected)].join(' ');
  });
}

describe('sample frames', () => {
  interface Sample {
    readonly name: string;
    readonly endpoint: string;
    readonly requestUrl?: string;
    readonly frame: string;
    readonly outcome: string;
  }
  const samples = JSON.parse(readFileSync(new URL('./fixtures/frames.json', import.meta.url), 'utf8')) as Sample[];
  test.each(samples.map((sample) => [sample.name, sample] as const))('%s', (_name, sample) => {
    const { requestUrl } = sample;
    const context = { endpoint: sample.endpoint, payload: Buffer.from(sample.frame) };
    const record = rawRecord(binance, requestUrl === undefined ? context : { ...context, requestUrl });
    const { events, filtered, rejected } = parseAll(new BinanceParser(), [record]);
    expect(rejected).toEqual({});
    const shown = events.map((event) => `${event.kind} ${event.eventId}`);
    expect([...shown, ...Object.keys(filtered).map((reason) => `filtered ${reason}`)]).toEqual([sample.outcome]);
  });
});

describe('trades', () => {
  test('the maker’s side tells the aggressor’s', () => {
    const [event] = parseAll(new BinanceParser(), [trade(7)]).events as ParsedEvent<'trade'>[];
    expect(event).toMatchObject({ kind: 'trade', tradeId: '7', side: 'sell', aggregated: false, backfilled: false });
    expect(event).toMatchObject({ eventTime: 1723161255349000, eventTimeSource: 'venue', venue: 'binance' });
  });

  test('duplicates are dropped, late ones of a gap are not', () => {
    expect(outcomes(new BinanceParser(), trade(1), trade(1), trade(4), trade(2), trade(2), trade(4))).toEqual([
      'trade:1',
      'duplicate',
      'trade:4',
      'trade:2',
      'duplicate',
      'duplicate',
    ]);
  });

  test('a back-filled page gives what was missing, marked', () => {
    const parser = new BinanceParser();
    parseAll(parser, [trade(1), trade(4)]);
    const rows = [1, 2, 3, 4].map(
      (id) => `{"id":${id},"price":"1","qty":"2","quoteQty":"2","time":1723161255342,"isBuyerMaker":false}`,
    );
    const requestUrl = 'https://api.binance.com/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1';
    const payload = Buffer.from(`[${rows.join(',')}]`);
    const page = rawRecord(binance, { endpoint: requestUrl, payload, requestUrl }, 5);
    const events = parseAll(parser, [page]).events as ParsedEvent<'trade'>[];
    expect(events.map(({ tradeId, backfilled, side }) => [tradeId, backfilled, side])).toEqual([
      ['2', true, 'buy'],
      ['3', true, 'buy'],
    ]);
    expect(parseAll(parser, [page]).filtered).toEqual({ duplicate: 1 });
  });

  test('a bad row leaves the state as it was', () => {
    const parser = new BinanceParser();
    const requestUrl = 'https://api.binance.com/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1';
    const payload = Buffer.from('[{"id":1,"price":"1","qty":"2","time":1,"isBuyerMaker":false},{"id":2}]');
    expect(parseAll(parser, [rawRecord(binance, { endpoint: requestUrl, payload, requestUrl })]).rejected).toEqual({
      frame_malformed: 1,
    });
    expect(outcomes(parser, trade(1))).toEqual(['trade:1']);
  });

  test('a venue that counts anew is followed; an old duplicate and a time far ahead are not taken for that', () => {
    const parser = new BinanceParser();
    parseAll(parser, [trade(5000, 1723161255000)]);
    expect(outcomes(parser, trade(10, 1723161254000), trade(11, 4102444800000), trade(12, 1723161257000))).toEqual([
      'duplicate',
      'duplicate',
      'trade:12',
    ]);
  });
});

describe('books', () => {
  test('diffs wait for the snapshot, which may come after diffs it needs', () => {
    const parser = new BinanceParser();
    const records = [diff(11, 13), diff(14, 16), diff(17, 20), snapshot(15), diff(21, 22)];
    expect(outcomes(parser, ...records)).toEqual([
      'awaiting-snapshot',
      'awaiting-snapshot',
      'awaiting-snapshot',
      'snapshot:15 book:16 book:20',
      'book:22',
    ]);
  });

  test('buffered diffs keep their own receive time and origin', () => {
    const events = parseAll(new BinanceParser(), [diff(11, 13), snapshot(11), diff(14, 14)])
      .events as ParsedEvent<'book'>[];
    expect(
      events.map((event) => [event.type, event.origin.offset, event.receivedTime - 1_723_161_255_000_000]),
    ).toEqual([
      ['snapshot', 11, 11],
      ['delta', 13, 13],
      ['delta', 14, 14],
    ]);
  });

  test('a snapshot older than the first diff is not used', () => {
    const records = [diff(11, 13), snapshot(9), diff(14, 15), snapshot(10)];
    expect(outcomes(new BinanceParser(), ...records).slice(1)).toEqual([
      'stale-snapshot',
      'awaiting-snapshot',
      'snapshot:10 book:13 book:15',
    ]);
  });

  test('a hole rejects the diff behind it, and the book waits for a snapshot that covers it', () => {
    const parser = new BinanceParser();
    const records = [snapshot(10), diff(11, 12), diff(15, 16), diff(17, 18), snapshot(15), snapshot(17), diff(19, 19)];
    expect(outcomes(parser, ...records)).toEqual([
      'snapshot:10',
      'book:12',
      'book_sequence_gap',
      'awaiting-snapshot',
      'stale-snapshot',
      'snapshot:17 book:18',
      'book:19',
    ]);
  });

  test('duplicates and diffs before the snapshot are told apart; overlapping windows of two connections connect', () => {
    const records = [snapshot(10), diff(8, 9), diff(9, 12), diff(9, 12), diff(11, 14), diff(15, 15)];
    expect(outcomes(new BinanceParser(), ...records)).toEqual([
      'snapshot:10',
      'before-snapshot',
      'book:12',
      'duplicate',
      'book:14',
      'book:15',
    ]);
  });

  test('a second snapshot re-bases a book in sync; an older or repeated one does not', () => {
    const records = [snapshot(10), diff(11, 12), snapshot(20), diff(13, 18), diff(19, 21), snapshot(20), snapshot(11)];
    expect(outcomes(new BinanceParser(), ...records)).toEqual([
      'snapshot:10',
      'book:12',
      'snapshot:20',
      'before-snapshot',
      'book:21',
      'duplicate',
      'stale-snapshot',
    ]);
  });

  test('the buffer is bounded', () => {
    const parser = new BinanceParser();
    for (let id = 1; id <= 20_000; id++) parseAll(parser, [diff(id, id)]);
    expect(outcomes(parser, diff(20_001, 20_001))).toEqual(['book_buffer_overflow']);
    expect(outcomes(parser, snapshot(20_001), diff(20_002, 20_002))).toEqual(['snapshot:20001', 'book:20002']);
  });

  test('USD-M diffs follow by pu, not by U', () => {
    const usdm = (first: number, last: number, previous: number) =>
      rawRecord(binance, {
        endpoint: 'wss://fstream.binance.com/stream',
        payload: Buffer.from(
          `{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1,"s":"BTCUSDT","U":${first},"u":${last},"pu":${previous},"b":[],"a":[]}}`,
        ),
      });
    const requestUrl = 'https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000';
    const payload = Buffer.from('{"lastUpdateId":105,"E":1723161256501,"T":1723161256493,"bids":[],"asks":[]}');
    const body = rawRecord(binance, { endpoint: requestUrl, payload, requestUrl });
    const parsed = outcomes(
      new BinanceParser(),
      usdm(101, 104, 90),
      usdm(105, 110, 104),
      body,
      usdm(130, 140, 110),
      usdm(160, 170, 150),
    );
    expect(parsed).toEqual([
      'awaiting-snapshot',
      'awaiting-snapshot',
      'snapshot:105 book:110',
      'book:140',
      'book_sequence_gap',
    ]);
  });

  test('a venue that counts anew is followed from its next snapshot on', () => {
    const parser = new BinanceParser();
    parseAll(parser, [snapshot(5000), diff(5001, 5002, 1723161255000)]);
    expect(outcomes(parser, diff(11, 12, 1723161257000), snapshot(11), diff(13, 13, 1723161257100))).toEqual([
      'awaiting-snapshot',
      'snapshot:11 book:12',
      'book:13',
    ]);
  });
});

test('spot and USD-M state of one symbol are apart', () => {
  const parser = new BinanceParser();
  const usdm = { ...trade(1), endpoint: 'wss://fstream.binance.com/stream' };
  expect(parseAll(parser, [trade(1), usdm]).events.map((event) => event.venue)).toEqual(['binance', 'binance-usdm']);
});

test('a parser restored in the middle goes on exactly as one that was not', () => {
  const records = [trade(1), diff(11, 13), trade(5), diff(14, 16), snapshot(12), trade(3), diff(17, 17), trade(5)];
  const whole = parseAll(new BinanceParser(), records).events;
  for (let cut = 0; cut <= records.length; cut++) {
    const first = new BinanceParser();
    const head = parseAll(first, records.slice(0, cut)).events;
    const second = new BinanceParser();
    for (const [key, state] of first.save()) second.load(key, state);
    expect([...head, ...parseAll(second, records.slice(cut)).events]).toEqual(whole);
  }
});

describe('hostile frames', () => {
  /** What only later stages can judge. */
  const judgedLater = ['price_not_positive', 'size_negative', 'event_time_ahead', 'symbol_unknown', 'accepted'];
  test.each(hostileFrames('binance').map((hostile) => [hostile.name, hostile] as const))('%s', (_name, hostile) => {
    const parser = new BinanceParser();
    parseAll(parser, [snapshot(0)]);
    const payload = Buffer.from(hostile.payload);
    const { events, filtered, rejected } = parseAll(parser, [rawRecord(binance, { endpoint, payload })]);
    const outcome = [
      ...(events.length > 0 ? ['accepted'] : []),
      ...(Object.keys(filtered).length > 0 ? ['filtered'] : []),
      ...Object.keys(rejected),
    ];
    const allowed: string[] = [...hostile.expect];
    if (hostile.expect.some((code) => judgedLater.includes(code))) allowed.push('accepted');
    expect(allowed).toContain(outcome[0]);
    // The stream goes on.
    expect(outcomes(parser, trade(1_000_000), diff(2, 3))).toEqual(['trade:1000000', expect.stringMatching(/book/)]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a snapshot without symbol is malformed', () => {
    const record = { ...snapshot(5), key: 'unscanned' };
    try {
      new BinanceParser().parse(record, { event: () => undefined, filtered: () => undefined });
      throw new Error('accepted');
    } catch (error) {
      expect(codeOf(error)).toBe('frame_malformed');
    }
  });
});
