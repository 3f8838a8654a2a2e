import { hostileFrames, krakenProtocol } from '@alphapulse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createKrakenParser } from './parse.ts';
import { kraken } from './source.ts';
import { LocalKraken } from './testing/local-kraken.ts';
import { parseAll, sum } from './testing/records.ts';

let venue: LocalKraken;

function start(...config: ConstructorParameters<typeof LocalKraken>): LocalKraken {
  venue = new LocalKraken(...config);
  venue.start();
  return venue;
}

afterEach(() => venue.stop());

/** The book of a parser that has read the whole raw log, and the venue's own. */
function books(symbol: string) {
  const parser = createKrakenParser();
  parseAll(parser, venue.records());
  const pair = venue.market.pairs.find(({ base, quote }) => `${base}/${quote}` === symbol);
  if (!pair) throw new Error(`no ${symbol}`);
  const { bids, asks } = venue.market.book(pair, 10);
  const book = parser.book(symbol);
  const plain = (side: readonly { price: number; size: number }[] = []) => side.map(({ price, size }) => [price, size]);
  return { parsed: { bids: plain(book?.bids), asks: plain(book?.asks) }, venue: { bids, asks } };
}

function tradeIds(symbol: string): number[] {
  const { events } = parseAll(createKrakenParser(), venue.records());
  return events
    .flatMap((event) => (event.kind === 'trade' && event.symbol === symbol ? [Number(event.tradeId)] : []))
    .sort((a, b) => a - b);
}

const rising = (ids: readonly number[]) => ids.map((_, at) => (ids[0] ?? 0) + at);

/**
 * Loses one frame of a symbol's channel; of a book, one that removes a level: had it only changed a size, the next
 * change of that size would heal the book before any checksum could tell.
 */
function loseOne(channel: string, symbol: string) {
  let left = 1;
  venue.wire = (frame) => {
    const hit = frame.startsWith(`{"channel":"${channel}","type":"update"`) && frame.includes(`"symbol":"${symbol}"`);
    if (channel === 'book' && !/"qty":0\.0+\}/.test(frame)) return frame;
    return hit && left-- > 0 ? null : frame;
  };
}

describe('collecting', () => {
  test('every frame is in raw under its symbol and channel, and parses', async () => {
    start();
    const connection = venue.open();
    await venue.trade(600);
    connection.session?.tick(venue.clock.nowUs());
    connection.session?.tick(venue.clock.nowUs());
    await venue.settle();
    expect(connection.sent.map((text) => JSON.parse(text).params)).toEqual([
      { channel: 'trade', symbol: ['BTC/USD', 'ETH/USDT'], snapshot: false },
      { channel: 'ticker', symbol: ['BTC/USD', 'ETH/USDT'], event_trigger: 'bbo', snapshot: true },
      { channel: 'book', symbol: ['BTC/USD', 'ETH/USDT'], depth: 10, snapshot: true },
      { channel: 'instrument', snapshot: true },
    ]);
    const places = new Set(venue.messages.map(({ key, channel }) => `${key} ${channel}`));
    for (const symbol of ['BTC/USD', 'ETH/USDT'])
      for (const channel of ['trade', 'ticker', 'book', 'control']) expect(places).toContain(`${symbol} ${channel}`);
    for (const place of ['status status', 'control control', 'instrument instrument', 'heartbeat heartbeat'])
      expect(places).toContain(place);
    expect(places.size).toBe(12);
    const parsed = parseAll(createKrakenParser(), venue.records());
    expect(parsed.rejected).toEqual({});
    expect(parsed.fruitful + sum(parsed.filtered)).toBe(venue.messages.length);
    expect(new Set(parsed.events.map(({ kind }) => kind))).toEqual(new Set(['trade', 'quote', 'book']));
    expect(tradeIds('BTC/USD')).toEqual(rising(tradeIds('BTC/USD')));
    expect(books('BTC/USD').parsed).toEqual(books('BTC/USD').venue);
    expect(venue.gaps).toEqual([]);
    expect(connection.lively).toContain('book:BTC/USD');
  });

  test('a lost book frame is found by the checksum and resyncs that symbol alone', async () => {
    start();
    const connection = venue.open();
    await venue.trade(100);
    loseOne('book', 'BTC/USD');
    await venue.trade(600);
    expect(venue.gapsAs()).toEqual(['book BTC/USD checksum resubscribe']);
    expect(connection.requests('book')).toEqual([
      'subscribe BTC/USD,ETH/USDT',
      'unsubscribe BTC/USD',
      'subscribe BTC/USD',
    ]);
    for (const channel of ['trade', 'ticker']) expect(connection.requests(channel)).toHaveLength(1);
    const { rejected } = parseAll(createKrakenParser(), venue.records());
    expect(rejected).toEqual({ book_checksum_mismatch: 1 });
    for (const symbol of venue.config.symbols) expect(books(symbol).parsed).toEqual(books(symbol).venue);
  });

  test('a deeper book holds as well', async () => {
    start({ bookDepth: 100 });
    venue.open();
    await venue.trade(300);
    const parsed = parseAll(createKrakenParser(), venue.records());
    expect(parsed.rejected).toEqual({});
    const deltas = parsed.events.filter((event) => event.kind === 'book' && event.type === 'delta');
    expect(deltas.length).toBeGreaterThan(20);
    expect(books('BTC/USD').parsed.bids.slice(0, 10)).toEqual(books('BTC/USD').venue.bids);
  });

  test('a book whose snapshots never verify is asked for less and less often', async () => {
    start();
    const connection = venue.open();
    await venue.trade(50);
    venue.wire = (frame) =>
      frame.includes('"book"') && frame.includes('BTC/USD') ? frame.replace('"checksum":', '"checksum":1') : frame;
    await venue.trade(100);
    await venue.pass(120);
    const asked = connection.requests('book').filter((request) => request === 'subscribe BTC/USD').length;
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(12);
    expect(venue.gapsAs()).toEqual(['book BTC/USD checksum open']);
    venue.wire = (frame) => frame;
    await venue.pass(61);
    expect(venue.gapsAs()).toEqual(['book BTC/USD checksum resubscribe']);
  });

  test('an unreadable book frame counts as one that broke the book', async () => {
    start();
    const connection = venue.open();
    await venue.trade(50);
    venue.receive(connection, '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"pr');
    await venue.settle();
    expect(venue.messages.some(({ payload, key }) => payload.toString().endsWith('{"pr') && key === 'BTC/USD')).toBe(
      true,
    );
    expect(venue.gapsAs()).toEqual(['book BTC/USD checksum resubscribe']);
    expect(books('BTC/USD').parsed).toEqual(books('BTC/USD').venue);
  });

  test('a lost trade is back-filled over REST', async () => {
    start();
    venue.open();
    await venue.trade(200);
    loseOne('trade', 'BTC/USD');
    await venue.trade(400);
    await venue.pass(3);
    expect(venue.gapsAs()).toEqual(['trade BTC/USD sequence backfill']);
    const [gap] = venue.gaps;
    expect(gap?.fromSequence).toBe(gap?.toSequence);
    expect(venue.urls).toHaveLength(1);
    expect(venue.urls[0]).toMatch(/^https:\/\/api\.kraken\.com\/0\/public\/Trades\?pair=XBTUSD&since=\d{19}$/);
    expect(venue.messages.filter(({ channel, key }) => channel === 'rest/Trades' && key === 'BTC/USD')).toHaveLength(1);
    const ids = tradeIds('BTC/USD');
    expect(ids).toContain(gap?.fromSequence);
    const live = ids.filter((id) => id >= (gap?.fromSequence ?? 0));
    expect(live).toEqual(rising(live));
  });

  test('a back-fill that the venue refuses is tried again, and given up in the end', async () => {
    start();
    venue.open();
    await venue.trade(200);
    let refusals = 2;
    venue.answer = () => (refusals-- > 0 ? '{"error":["EAPI:Rate limit exceeded"]}' : null);
    loseOne('trade', 'BTC/USD');
    await venue.trade(400);
    await venue.pass(20);
    expect(venue.gapsAs()).toEqual(['trade BTC/USD sequence backfill']);
    refusals = Number.POSITIVE_INFINITY;
    loseOne('trade', 'ETH/USDT');
    await venue.trade(400);
    await venue.pass(120);
    expect(venue.gapsAs()[1]).toBe('trade ETH/USDT sequence none');
  });

  test('trades that the venue has forgotten are not called back-filled', async () => {
    start();
    venue.open();
    await venue.trade(200);
    venue.answer = ({ url }) => {
      const { body } = krakenProtocol.http(
        { method: 'GET', path: new URL(url).pathname, query: new URLSearchParams('pair=XBTUSD') },
        venue.market,
        venue.clock.nowUs(),
      );
      const answer = JSON.parse(body);
      answer.result.XXBTZUSD = answer.result.XXBTZUSD.slice(-1);
      return JSON.stringify(answer);
    };
    loseOne('trade', 'BTC/USD');
    await venue.trade(400);
    await venue.pass(3);
    expect(venue.gapsAs()).toEqual(['trade BTC/USD sequence none']);
  });

  test('a refused symbol is recorded and does not stop the others', async () => {
    start({ symbols: ['BTC/USD', 'NOPE/USD', 'ETH/USDT'] });
    const connection = venue.open();
    await venue.trade(300);
    expect(venue.gapsAs()).toEqual(['trade', 'ticker', 'book'].map((channel) => `${channel} NOPE/USD snapshot none`));
    expect(venue.logged.filter(({ metric }) => metric === 'subscription_refused')).toHaveLength(3);
    expect(venue.logged).toContainEqual(expect.objectContaining({ error: 'Currency pair not supported NOPE/USD' }));
    await venue.pass(90);
    expect(connection.sent).toHaveLength(4);
    expect(venue.gaps).toHaveLength(3);
    expect(books('ETH/USDT').parsed).toEqual(books('ETH/USDT').venue);
  });

  test('a disconnection is a gap of each symbol and channel, each closed by its own means', async () => {
    start();
    const first = venue.open();
    await venue.trade(300);
    venue.cut(first);
    await venue.trade(300);
    expect(venue.gapsAs()).toEqual(
      ['trade', 'ticker', 'book'].flatMap((channel) =>
        venue.config.symbols.map((symbol) => `${channel} ${symbol} disconnect open`),
      ),
    );
    venue.open();
    await venue.trade(300);
    await venue.pass(10);
    const how: Record<string, string> = { trade: 'backfill', ticker: 'reconnect', book: 'snapshot' };
    expect(venue.gapsAs()).toEqual(
      ['trade', 'ticker', 'book'].flatMap((channel) =>
        venue.config.symbols.map((symbol) => `${channel} ${symbol} disconnect ${how[channel]}`),
      ),
    );
    for (const symbol of venue.config.symbols) {
      expect(tradeIds(symbol)).toEqual(rising(tradeIds(symbol)));
      expect(books(symbol).parsed).toEqual(books(symbol).venue);
    }
  });

  test('a REST answer that lags behind the feed leaves a hole that is filled too', async () => {
    start();
    const first = venue.open();
    await venue.trade(300);
    venue.cut(first);
    await venue.trade(200);
    const stale = new Map<string, string>();
    venue.answer = ({ url }) => {
      const pair = new URL(url).searchParams.get('pair') ?? '';
      if (stale.has(pair)) return null;
      stale.set(pair, '');
      return `{"error":[],"result":{"${pair}":[],"last":"0"}}`;
    };
    venue.open();
    await venue.trade(300);
    await venue.pass(20);
    await venue.trade(100);
    await venue.pass(20);
    for (const symbol of venue.config.symbols) expect(tradeIds(symbol)).toEqual(rising(tradeIds(symbol)));
    expect(venue.gaps.every(({ resolved }) => resolved !== null)).toBe(true);
  });

  test('an overlapping roll-over leaves no gap and gives every trade once', async () => {
    start({ rollOverMs: 3_600_000 });
    const first = venue.open();
    await venue.trade(200);
    venue.open(true);
    await venue.trade(200);
    first.retired = true;
    await venue.trade(50);
    first.open = false;
    await venue.trade(200);
    await venue.pass(2);
    expect(venue.gaps).toEqual([]);
    const parsed = parseAll(createKrakenParser(), venue.records());
    expect(parsed.rejected).toEqual({});
    expect(parsed.filtered.duplicate).toBeGreaterThan(50);
    const ids = tradeIds('BTC/USD');
    expect(ids).toEqual(rising(ids));
    expect(books('BTC/USD').parsed).toEqual(books('BTC/USD').venue);
  });

  test('a stale channel is subscribed anew', async () => {
    start();
    const connection = venue.open();
    await venue.trade(100);
    venue.stale(connection, 'book:BTC/USD');
    venue.stale(connection, 'ticker:ETH/USDT');
    await venue.settle();
    expect(venue.gapsAs()).toEqual(['book BTC/USD stale resubscribe', 'ticker ETH/USDT stale resubscribe']);
    expect(connection.requests('ticker').slice(1)).toEqual(['unsubscribe ETH/USDT', 'subscribe ETH/USDT']);
    expect(connection.requests('book').slice(1)).toEqual(['unsubscribe BTC/USD', 'subscribe BTC/USD']);
  });

  test('what is not acknowledged, or whose snapshot does not come, is asked for again', async () => {
    start();
    venue.wire = (frame) => (frame.includes('ETH/USDT') || frame.includes('instrument') ? null : frame);
    const connection = venue.open();
    await venue.pass(5);
    expect(connection.sent).toHaveLength(4);
    venue.wire = (frame) => frame;
    await venue.pass(8);
    expect(connection.requests('trade')).toEqual(['subscribe BTC/USD,ETH/USDT', 'subscribe ETH/USDT']);
    expect(connection.requests('ticker')).toEqual(['subscribe BTC/USD,ETH/USDT', 'subscribe ETH/USDT']);
    expect(connection.requests('book').slice(1)).toEqual(['unsubscribe ETH/USDT', 'subscribe ETH/USDT']);
    expect(connection.requests('instrument')).toHaveLength(2);
    expect(venue.gapsAs()).toEqual(['book ETH/USDT snapshot resubscribe']);
    await venue.pass(60);
    expect(connection.sent).toHaveLength(9);
  });

  test('hostile frames are all in raw and change nothing', async () => {
    start();
    const connection = venue.open();
    await venue.trade(100);
    const frames = hostileFrames('kraken').filter(({ payload }) => payload.length < 1_000_000);
    const harmless = frames.filter(({ name }) => !/book|infinite-size|id$/.test(name));
    const before = venue.messages.length;
    for (const { payload } of harmless) venue.receive(connection, Buffer.from(payload));
    expect(venue.messages).toHaveLength(before + harmless.length);
    expect(venue.messages.slice(before).map(({ payload }) => payload)).toEqual(
      harmless.map(({ payload }) => Buffer.from(payload)),
    );
    await venue.trade(200);
    expect(venue.gaps).toEqual([]);
    expect(books('BTC/USD').parsed).toEqual(books('BTC/USD').venue);
  });
});

describe('discovery', () => {
  test('lists what the venue lists, in our codes', async () => {
    start();
    const listings = await kraken.discover(venue.config, venue.deps);
    expect(venue.messages).toMatchObject([{ key: 'rest/AssetPairs', channel: 'rest/AssetPairs' }]);
    const bitcoin = listings.filter(({ base, quote }) => base === 'BTC' && quote === 'USD');
    expect(bitcoin.map(({ symbol }) => symbol)).toEqual(['BTC/USD', 'XBT/USD']);
    expect(bitcoin[0]).toEqual({
      venue: 'kraken',
      symbol: 'BTC/USD',
      type: 'spot',
      base: 'BTC',
      quote: 'USD',
      venueBase: 'XXBT',
      venueQuote: 'ZUSD',
      tickSize: 0.1,
      lotSize: 1e-8,
      minNotional: 0.5,
      makerFeeBps: 25,
      takerFeeBps: 40,
      status: 'trading',
      provenance: 'kraken AssetPairs',
    });
    const v2Only = await kraken.discover({ ...venue.config, listV1Symbols: false }, venue.deps);
    expect(v2Only.map(({ symbol }) => symbol)).toEqual(venue.market.pairs.map(({ base, quote }) => `${base}/${quote}`));
  });

  test('an error of the venue is one to try again after', async () => {
    start();
    venue.answer = () => '{"error":["EGeneral:Too many requests"]}';
    await expect(kraken.discover(venue.config, venue.deps)).rejects.toMatchObject({ code: 'venue_rate_limited' });
    venue.answer = () => '{"error":["EService:Unavailable"]}';
    await expect(kraken.discover(venue.config, venue.deps)).rejects.toMatchObject({ code: 'venue_unavailable' });
  });
});
