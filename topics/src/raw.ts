import { defineTopic, type Topic } from '@alphapulse/core';
import { avroCodec, loadSchema, type RawMessage } from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

/** The 20 kinds of feeds; `raw.<source>` holds what each sent, byte for byte. */
export const sourceIds = [
  'binance',
  'coinbase',
  'kraken',
  'bybit',
  'ethereum',
  'polygon',
  'arbitrum',
  'solana',
  'uniswap-v3',
  'curve',
  'aave',
  'compound',
  'alpaca',
  'ibkr-tws',
  'tradovate',
  'databento',
  'x',
  'reddit',
  'news',
  'economic-indicators',
] as const;

export type SourceId = (typeof sourceIds)[number];
export type RawTopic = Topic<`raw.${SourceId}`, RawMessage>;

const codec = avroCodec<RawMessage>(loadSchema('raw/RawMessage'));

function rawTopic(source: SourceId): RawTopic {
  return defineTopic({
    name: `raw.${source}`,
    doc: `What ${source} sent, byte for byte, with its receive time.`,
    key: 'the venue’s symbol, or the stream where a message has none',
    value: codec,
    partitions: dataPartitions,
    cleanupPolicy: 'delete',
    retentionMs: 7 * 24 * 3_600_000,
  });
}

/** `raw.<source>` by source. */
export const raw = Object.fromEntries(sourceIds.map((source) => [source, rawTopic(source)])) as {
  readonly [S in SourceId]: RawTopic;
};
