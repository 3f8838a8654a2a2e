import type { Source } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { collectBinance } from './collect.ts';
import { type BinanceConfig, binanceDefaults, configureBinance, planBinance } from './config.ts';
import { describeFrame } from './describe.ts';
import { discoverBinance } from './discovery.ts';
import { BinanceParser } from './parse.ts';

/** Binance: spot, USD-M futures and Binance.US, which speak the same protocol. */
export const binance: Source<BinanceConfig, ParsedEvent> = {
  id: 'binance',
  doc: 'Binance spot and USD-M futures: trades, best bid and ask, order books, klines.',
  docsUrl: 'https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams',
  defaults: binanceDefaults,
  configure: configureBinance,
  plan: planBinance,
  collect: collectBinance,
  discover: discoverBinance,
  createParser: () => new BinanceParser(),
  describe: describeFrame,
};
