import type { ParserOutput, RawRecord, SourceParser } from '@alphapulse/core';
import { SeenWindow } from '@alphapulse/market';
import type { ParsedEvent } from '@alphapulse/schemas';
import { malformed } from '../shared/numbers.ts';
import { parseJson } from '../shared/parse-json.ts';
import { isObject, type JsonObject, toArray, toObject, toText } from '../shared/shapes.ts';
import { BookSync } from './book-sync.ts';
import { toBackfilledTrade, toBar, toDepthDiff, toQuote, toSnapshot, toTrade } from './messages.ts';
import { isClearlyLater } from './renumbering.ts';
import { channelOfStream, symbolOfStream } from './scan.ts';
import { type BinanceVenue, venueOf } from './venue.ts';

type Output = ParserOutput<ParsedEvent>;

/** A trade window and the time of its highest trade, by which a restart of the venue's numbering is told. */
interface TradeLine {
  seen: SeenWindow;
  newestUs: number;
}

interface SymbolState {
  trades: TradeLine;
  aggTrades: TradeLine;
  /** Update id of the newest quote. */
  quote: number;
  /** By interval: what the newest bar held, `[openTime, trades, closed]`. */
  bars: Record<string, [openTime: number, trades: number, closed: number]>;
  book: BookSync;
}

/** Frames we know and have no event for yet, by event type or channel. */
const notUsed: Readonly<Record<string, string>> = {
  markPriceUpdate: 'mark-price-not-used',
  markPrice: 'mark-price-not-used',
  forceOrder: 'force-order-not-used',
  openInterest: 'open-interest-not-used',
  '24hrTicker': 'ticker-not-used',
  '24hrMiniTicker': 'mini-ticker-not-used',
  ticker: 'ticker-not-used',
  miniTicker: 'mini-ticker-not-used',
  '1hTicker': 'ticker-not-used',
  '4hTicker': 'ticker-not-used',
  '1dTicker': 'ticker-not-used',
  avgPrice: 'average-price-not-used',
  continuous_kline: 'continuous-kline-not-used',
  indexPriceUpdate: 'index-price-not-used',
  compositeIndex: 'composite-index-not-used',
  contractInfo: 'contract-info-not-used',
  assetIndexUpdate: 'asset-index-not-used',
  depth5: 'partial-depth-not-used',
  depth10: 'partial-depth-not-used',
  depth20: 'partial-depth-not-used',
  serverShutdown: 'control',
};

/** Folds `raw.binance` into events. State is kept by venue and symbol. */
export class BinanceParser implements SourceParser<ParsedEvent> {
  /** By venue, then symbol. */
  readonly #states = new Map<string, Map<string, SymbolState>>();
  #endpoint = '';
  #venue: BinanceVenue = 'binance';

  parse(record: RawRecord, output: Output): void {
    if (record.endpoint !== this.#endpoint) {
      this.#endpoint = record.endpoint;
      this.#venue = venueOf(record.endpoint);
    }
    if (record.channel.startsWith('rest/')) this.#response(record, this.#venue, output);
    else this.#frame(parseJson(record.payload), record, this.#venue, output);
  }

  #frame(frame: unknown, record: RawRecord, venue: BinanceVenue, output: Output): void {
    if (Array.isArray(frame)) output.filtered('unknown-channel');
    else if (!isObject(frame)) throw malformed('frame', 'an object', frame);
    else if (!Object.hasOwn(frame, 'stream')) this.#data(frame, undefined, record, venue, output);
    else {
      const stream = toText(frame.stream, 'stream');
      if (Array.isArray(frame.data)) output.filtered(notUsedReason(channelOfStream(stream)) ?? 'unknown-channel');
      else this.#data(toObject(frame.data, 'data'), stream, record, venue, output);
    }
  }

  #data(data: JsonObject, stream: string | undefined, record: RawRecord, venue: BinanceVenue, output: Output): void {
    const channel = stream === undefined ? record.channel : channelOfStream(stream);
    const kind = eventOf(channel, data);
    if (kind === 'trade') this.#trade(data, record, venue, false, output);
    else if (kind === 'bookTicker') this.#quote(data, record, venue, output);
    else if (kind === 'depthUpdate') this.#depth(data, record, venue, output);
    else if (kind === 'aggTrade') this.#trade(data, record, venue, true, output);
    else if (kind === 'kline') this.#bar(data, record, venue, output);
    else if (kind === 'depthSnapshot') {
      const symbol = stream === undefined ? record.key : symbolOfStream(stream);
      this.#snapshot(data, toText(symbol, 'stream'), record, venue, output);
    } else if (kind === 'control') output.filtered('control');
    else output.filtered(notUsedReason(kind) ?? notUsedReason(channel) ?? 'unknown-channel');
  }

  #response(record: RawRecord, venue: BinanceVenue, output: Output): void {
    const { channel, key, payload } = record;
    if (channel === 'rest/depth') {
      this.#snapshot(toObject(parseJson(payload), 'body'), key, record, venue, output);
    } else if (channel === 'rest/historicalTrades' || channel === 'rest/trades') {
      this.#backfill(toArray(parseJson(payload), 'body'), record, venue, output);
    } else {
      // Listings are read by discovery and reach the registries from there.
      output.filtered(channel === 'rest/exchangeInfo' ? 'listings' : 'unknown-channel');
    }
  }

  #trade(data: JsonObject, record: RawRecord, venue: BinanceVenue, aggregated: boolean, output: Output): void {
    const trade = toTrade(data, record, venue, aggregated);
    // USD-M also reports what the insurance fund and the liquidation engine took over; no market made those prices.
    if (data.X !== undefined && data.X !== 'MARKET') output.filtered('not-market-trade');
    else if (this.#isNewTrade(trade)) output.event(trade);
    else output.filtered('duplicate');
  }

  #backfill(rows: readonly unknown[], record: RawRecord, venue: BinanceVenue, output: Output): void {
    // All rows are read before any is taken, so that a bad one leaves the state as it was.
    const trades = rows.map((row) => toBackfilledTrade(toObject(row, 'trade'), record.key, record, venue));
    let taken = 0;
    for (const trade of trades) {
      if (!this.#isNewTrade(trade)) continue;
      output.event(trade);
      taken++;
    }
    if (taken === 0) output.filtered(trades.length === 0 ? 'empty' : 'duplicate');
  }

  #isNewTrade(trade: ParsedEvent<'trade'>): boolean {
    const id = Number(trade.tradeId);
    const state = this.#state(trade.venue, trade.symbol);
    const line = trade.aggregated ? state.aggTrades : state.trades;
    if (id <= line.seen.highest && isClearlyLater(trade.eventTime, line.newestUs, trade.receivedTime)) {
      line.seen = new SeenWindow();
    }
    const highest = line.seen.highest;
    const isNew = line.seen.take(id);
    if (line.seen.highest > highest) line.newestUs = trade.eventTime;
    return isNew;
  }

  #quote(data: JsonObject, record: RawRecord, venue: BinanceVenue, output: Output): void {
    const quote = toQuote(data, record, venue);
    const state = this.#state(venue, quote.symbol);
    const sequence = quote.sequence as number;
    if (sequence <= state.quote) {
      output.filtered('duplicate');
      return;
    }
    state.quote = sequence;
    // A side without orders is sent as zeros.
    if (quote.bidPrice === 0 || quote.askPrice === 0) output.filtered('one-sided-quote');
    else output.event(quote);
  }

  #depth(data: JsonObject, record: RawRecord, venue: BinanceVenue, output: Output): void {
    const diff = toDepthDiff(data, record, venue);
    const state = this.#state(venue, diff.event.symbol);
    if (state.book.isRenumbered(diff)) {
      // Quotes count by the book's update ids.
      state.book = new BookSync();
      state.quote = -1;
    }
    state.book.diff(diff, record.payload.length, output);
  }

  #snapshot(data: JsonObject, symbol: string, record: RawRecord, venue: BinanceVenue, output: Output): void {
    if (symbol === 'unscanned') throw malformed('symbol', 'known for a book snapshot', undefined);
    const snapshot = toSnapshot(data, symbol, record, venue);
    this.#state(venue, symbol).book.snapshot(snapshot, output);
  }

  #bar(data: JsonObject, record: RawRecord, venue: BinanceVenue, output: Output): void {
    const bar = toBar(data, record, venue);
    const { bars } = this.#state(venue, bar.symbol);
    const before = bars[bar.intervalMs];
    const now: [number, number, number] = [bar.openTime, bar.trades as number, bar.closed ? 1 : 0];
    if (before && !isLater(now, before)) {
      output.filtered('duplicate');
      return;
    }
    bars[bar.intervalMs] = now;
    output.event(bar);
  }

  #state(venue: string, symbol: string): SymbolState {
    return this.#states.get(venue)?.get(symbol) ?? this.#start(venue, symbol);
  }

  #start(venue: string, symbol: string): SymbolState {
    const state: SymbolState = {
      trades: { seen: new SeenWindow(), newestUs: 0 },
      aggTrades: { seen: new SeenWindow(), newestUs: 0 },
      quote: -1,
      bars: {},
      book: new BookSync(),
    };
    this.#set(venue, symbol, state);
    return state;
  }

  *save(): Iterable<readonly [key: string, state: Uint8Array]> {
    for (const [venue, symbols] of this.#states) {
      for (const [symbol, state] of symbols) yield [`${venue}/${symbol}`, Buffer.from(JSON.stringify(state))];
    }
  }

  load(key: string, bytes: Uint8Array): void {
    const json = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const line = (saved: TradeLine): TradeLine => ({ ...saved, seen: SeenWindow.fromJSON(saved.seen) });
    const [venue, symbol] = key.split('/', 2) as [string, string];
    this.#set(venue, symbol, {
      ...json,
      trades: line(json.trades),
      aggTrades: line(json.aggTrades),
      book: BookSync.fromJSON(json.book),
    });
  }

  #set(venue: string, symbol: string, state: SymbolState): void {
    const symbols = this.#states.get(venue) ?? new Map<string, SymbolState>();
    this.#states.set(venue, symbols.set(symbol, state));
  }
}

/**
 * What a frame is: its event type, else what its channel or its fields tell; `unknown` when nothing does.
 * @throws RejectedRecordError when the channel is known and demands an event type that is not there.
 */
function eventOf(channel: string, data: JsonObject): string {
  // Partial books of USD-M say depthUpdate too, so their stream is asked first.
  if (channel.startsWith('depth') && notUsedReason(channel) !== undefined) return channel;
  if (typeof data.e === 'string') return data.e;
  if (data.e !== undefined) throw malformed('e', 'a text', data.e);
  if (channel === 'bookTicker' || channel === 'depthSnapshot') return channel;
  if (channel === 'trade' || channel === 'aggTrade' || channel === 'depth' || channel.startsWith('kline')) {
    throw malformed('e', 'there', undefined);
  }
  if (Object.hasOwn(data, 'u') && Object.hasOwn(data, 'B') && Object.hasOwn(data, 'A')) return 'bookTicker';
  if (Object.hasOwn(data, 'result') || Object.hasOwn(data, 'error')) return 'control';
  if (Object.hasOwn(data, 'code') && Object.hasOwn(data, 'msg')) return 'control';
  return 'unknown';
}

function notUsedReason(kind: string): string | undefined {
  return Object.hasOwn(notUsed, kind) ? notUsed[kind] : undefined;
}

function isLater(now: readonly number[], before: readonly number[]): boolean {
  for (let at = 0; at < now.length; at++) {
    if (now[at] !== before[at]) return (now[at] as number) > (before[at] as number);
  }
  return false;
}
