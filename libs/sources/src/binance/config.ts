import { FatalError } from '@alphapulse/core';
import { isObject } from '../shared/shapes.ts';

export type BinanceMarket = 'spot' | 'usdm';

/** Streams that can be collected; `kline_<interval>` needs an interval, for example `kline_1m`. */
export type BinanceChannel = 'trade' | 'aggTrade' | 'bookTicker' | 'depth' | `kline_${string}`;

/** What to collect from Binance; plain JSON. */
export interface BinanceConfig {
  readonly market: BinanceMarket;
  /** The venue's symbols, upper case, for example `BTCUSDT`. */
  readonly symbols: readonly string[];
  readonly channels: readonly BinanceChannel[];
  /** WebSocket addresses without path, tried in order of health. */
  readonly wsEndpoints: readonly string[];
  /** REST address without path. */
  readonly restEndpoint: string;
  /** Levels a side of a book snapshot: 5, 10, 20, 50, 100, 500, 1000 or (spot) 5000. */
  readonly depthLimit: number;
  /** Streams on one connection; the venue allows 1024. */
  readonly streamsPerConnection: number;
  /** A successor connection is opened after so long, before the venue's own cut at 24 h. */
  readonly rollOverMs: number;
  /** A depth or bookTicker stream that is quiet for so long is subscribed anew; 0 switches it off. */
  readonly staleMs: number;
  /** Every book is snapshotted anew so often, so that replays can start anywhere; 0 switches it off. */
  readonly resnapshotMs: number;
  /** Trades fetched at most to close one gap. */
  readonly backfillLimit: number;
}

/** The venue's hard limit, https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams */
const MAX_STREAMS_PER_CONNECTION = 1024;

const depthLimits = [5, 10, 20, 50, 100, 500, 1000, 5000];
const intervals = ['1s', '1m', '3m', '5m', '15m', '30m', '1h', '2h', '4h', '6h', '8h', '12h', '1d', '3d', '1w', '1M'];

const endpoints = {
  spot: {
    wsEndpoints: ['wss://stream.binance.com:9443', 'wss://data-stream.binance.vision'],
    restEndpoint: 'https://api.binance.com',
  },
  usdm: { wsEndpoints: ['wss://fstream.binance.com'], restEndpoint: 'https://fapi.binance.com' },
};

export const binanceDefaults: BinanceConfig = {
  market: 'spot',
  symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'BNBUSDT', 'DOGEUSDT', 'ADAUSDT', 'ETHBTC'],
  channels: ['trade', 'bookTicker', 'depth'],
  ...endpoints.spot,
  depthLimit: 1000,
  streamsPerConnection: 300,
  rollOverMs: 23 * 3_600_000,
  staleMs: 120_000,
  resnapshotMs: 3_600_000,
  backfillLimit: 20_000,
};

/** Checks a configuration from outside; what it leaves out has its default. @throws FatalError `config_invalid` */
export function configureBinance(input: unknown): BinanceConfig {
  if (!isObject(input)) throw invalid('binance', 'must be an object');
  for (const key of Object.keys(input))
    if (!Object.hasOwn(binanceDefaults, key)) throw invalid(key, 'is not a setting');
  const market = input.market ?? 'spot';
  if (market !== 'spot' && market !== 'usdm') throw invalid('market', 'must be spot or usdm');
  const config = { ...binanceDefaults, ...endpoints[market], ...input, market } as BinanceConfig;

  const symbols = texts('symbols', config.symbols).map((symbol) => symbol.toUpperCase());
  for (const symbol of symbols) {
    if (!/^[\p{L}\p{N}_]{2,40}$/u.test(symbol))
      throw invalid('symbols', `has ${JSON.stringify(symbol)}, which is no symbol`);
  }
  for (const channel of texts('channels', config.channels)) {
    const known = ['trade', 'aggTrade', 'bookTicker', 'depth'].includes(channel);
    if (!known && !intervals.some((interval) => channel === `kline_${interval}`))
      throw invalid('channels', `has unknown ${channel}`);
  }
  for (const url of texts('wsEndpoints', config.wsEndpoints)) checkUrl('wsEndpoints', url, ['ws:', 'wss:']);
  checkUrl('restEndpoint', config.restEndpoint, ['http:', 'https:']);
  if (!depthLimits.includes(config.depthLimit)) throw invalid('depthLimit', `must be one of ${depthLimits.join(', ')}`);
  if (market === 'usdm' && config.depthLimit > 1000) throw invalid('depthLimit', 'is at most 1000 on usdm');
  whole('streamsPerConnection', config.streamsPerConnection, config.channels.length, MAX_STREAMS_PER_CONNECTION);
  whole('rollOverMs', config.rollOverMs, 0, 24 * 3_600_000);
  whole('staleMs', config.staleMs, 0);
  whole('resnapshotMs', config.resnapshotMs, 0);
  whole('backfillLimit', config.backfillLimit, 0);
  return { ...config, symbols: [...new Set(symbols)], channels: [...new Set(config.channels)] };
}

/** One task is one connection's worth; all channels of a symbol stay on one connection, so they fail and heal together. */
export function planBinance(config: BinanceConfig): BinanceConfig[] {
  const perTask = Math.max(1, Math.floor(config.streamsPerConnection / config.channels.length));
  const tasks: BinanceConfig[] = [];
  for (let at = 0; at < config.symbols.length; at += perTask) {
    tasks.push({ ...config, symbols: config.symbols.slice(at, at + perTask) });
  }
  return tasks;
}

function texts(field: string, value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')) return value;
  throw invalid(field, 'must be a list of texts, at least one');
}

function whole(field: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw invalid(field, `must be a whole number from ${least} to ${most}`);
  }
}

function checkUrl(field: string, value: unknown, protocols: readonly string[]): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !protocols.includes(url.protocol))
    throw invalid(field, `must be an address of ${protocols.join(' or ')}`);
}

function invalid(field: string, problem: string): FatalError {
  return new FatalError('config_invalid', `binance: ${field} ${problem}`, { details: { source: 'binance', field } });
}
