import type { Source } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { collectKraken } from './collect.ts';
import { configureKraken, type KrakenConfig, krakenDefaults, planKraken } from './config.ts';
import { describeContext } from './describe.ts';
import { discoverKraken } from './discovery.ts';
import { createKrakenParser } from './parse.ts';

/** Kraken spot: WebSocket v2 live; recordings of v1 and v2 parse alike. */
export const kraken: Source<KrakenConfig, ParsedEvent> = {
  id: 'kraken',
  doc: 'Kraken spot: trades, best prices, order books verified by CRC32 checksum, instruments.',
  docsUrl: 'https://docs.kraken.com/api/docs/category/websocket-api-v2/market-data',
  defaults: krakenDefaults,
  configure: configureKraken,
  plan: planKraken,
  collect: collectKraken,
  discover: discoverKraken,
  createParser: () => createKrakenParser(),
  describe: describeContext,
};
