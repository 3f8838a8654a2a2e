import { FatalError } from '@alphapulse/core';
import { BOOK_DEPTHS } from './book.ts';

export const KRAKEN_CHANNELS = ['trade', 'ticker', 'book', 'instrument', 'ohlc'] as const;
export type KrakenChannel = (typeof KRAKEN_CHANNELS)[number];
export type BookDepth = (typeof BOOK_DEPTHS)[number];

/** What is collected from Kraken spot and how; plain JSON. */
export interface KrakenConfig {
  /** As the v2 feed writes them: `BTC/USD`, not `XBT/USD`. */
  readonly symbols: readonly string[];
  readonly channels: readonly KrakenChannel[];
  readonly bookDepth: BookDepth;
  /** Whether a ticker is sent on each change of the best prices or on each trade. */
  readonly tickerTrigger: 'bbo' | 'trades';
  /** Minutes of the bars of channel `ohlc`. */
  readonly ohlcMinutes: number;
  /** All channels of a symbol share a connection; this many symbols do. */
  readonly symbolsPerConnection: number;
  readonly wsEndpoints: readonly string[];
  readonly restEndpoint: string;
  /** A book or ticker that brought data and then is quiet for so long is subscribed anew. */
  readonly staleMs: number;
  /** Replaces a connection after so long, overlapping; 0 never: Kraken does not end connections by age. */
  readonly rollOverMs: number;
  /** Lists pairs under their v1 name (`XBT/USD`) too, which recordings of the v1 feed carry. */
  readonly listV1Symbols: boolean;
}

export const krakenDefaults: KrakenConfig = {
  symbols: ['BTC/USD', 'ETH/USD', 'SOL/USD', 'BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT', 'DOGE/USDT'],
  channels: ['trade', 'ticker', 'book', 'instrument'],
  bookDepth: 10,
  tickerTrigger: 'bbo',
  ohlcMinutes: 1,
  symbolsPerConnection: 40,
  wsEndpoints: ['wss://ws.kraken.com/v2'],
  restEndpoint: 'https://api.kraken.com',
  staleMs: 120_000,
  rollOverMs: 0,
  listV1Symbols: true,
};

const OHLC_MINUTES = [1, 5, 15, 30, 60, 240, 1440, 10080, 21600];

/** Lays a configuration from outside over the defaults. @throws FatalError `config_invalid` naming the field. */
export function configureKraken(input: unknown): KrakenConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalid('configuration', 'an object');
  const unknown = Object.keys(input).find((field) => !Object.hasOwn(krakenDefaults, field));
  if (unknown !== undefined) throw invalid(unknown, 'left out: there is no such field');
  const config = { ...krakenDefaults, ...input } as { [K in keyof KrakenConfig]: unknown };
  return {
    symbols: list(config.symbols, 'symbols', isSymbol, 'symbols such as BTC/USD'),
    channels: list(config.channels, 'channels', isChannel, `some of ${KRAKEN_CHANNELS.join(', ')}`),
    bookDepth: oneOf(config.bookDepth, 'bookDepth', BOOK_DEPTHS),
    tickerTrigger: oneOf(config.tickerTrigger, 'tickerTrigger', ['bbo', 'trades'] as const),
    ohlcMinutes: oneOf(config.ohlcMinutes, 'ohlcMinutes', OHLC_MINUTES),
    symbolsPerConnection: whole(config.symbolsPerConnection, 'symbolsPerConnection', 1, 200),
    wsEndpoints: list(config.wsEndpoints, 'wsEndpoints', (url) => isUrl(url, 'ws'), 'ws:// or wss:// addresses'),
    restEndpoint: restUrl(config.restEndpoint),
    staleMs: whole(config.staleMs, 'staleMs', 1000, 86_400_000),
    rollOverMs: whole(config.rollOverMs, 'rollOverMs', 0, 7 * 86_400_000),
    listV1Symbols: oneOf(config.listV1Symbols, 'listV1Symbols', [true, false] as const),
  };
}

/** One task is one connection's worth of symbols, with all their channels; `instrument` goes with the first. */
export function planKraken(config: KrakenConfig): KrakenConfig[] {
  const symbols = [...new Set(config.symbols)];
  const tasks: KrakenConfig[] = [];
  for (let at = 0; at < symbols.length; at += config.symbolsPerConnection) {
    const channels = at === 0 ? config.channels : config.channels.filter((channel) => channel !== 'instrument');
    tasks.push({ ...config, channels, symbols: symbols.slice(at, at + config.symbolsPerConnection) });
  }
  return tasks;
}

function list<T extends string>(
  value: unknown,
  field: string,
  fits: (element: unknown) => element is T,
  expected: string,
): T[] {
  if (Array.isArray(value) && value.length > 0 && value.every(fits)) return value;
  throw invalid(field, `a list of ${expected}`);
}

function oneOf<T>(value: unknown, field: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(field, `one of ${allowed.join(', ')}`);
  return found;
}

function whole(value: unknown, field: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(field, `a whole number from ${least} to ${most}`);
}

function restUrl(value: unknown): string {
  if (!isUrl(value, 'http')) throw invalid('restEndpoint', 'an http:// or https:// address');
  return value.replace(/\/+$/, '');
}

function isChannel(value: unknown): value is KrakenChannel {
  return KRAKEN_CHANNELS.some((channel) => channel === value);
}

function isSymbol(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.]{1,20}\/[\w.]{1,20}$/.test(value);
}

function isUrl(value: unknown, scheme: 'ws' | 'http'): value is string {
  return typeof value === 'string' && URL.canParse(value) && new RegExp(`^${scheme}s?:$`).test(new URL(value).protocol);
}

function invalid(field: string, expected: string): FatalError {
  return new FatalError('config_invalid', `kraken: ${field} must be ${expected}`, { details: { field } });
}
