import { dirname } from 'node:path';
import type { RecordedFrame, RecordingHeader, RecordingLine } from '@alphapulse/recording';
import { findRecordings, openRecording } from '@alphapulse/recording';
import { scanBinanceFrame, scanKrakenFrame } from './scan-frame.ts';

/** A recorded answer to a REST request. */
export interface RecordedAnswer {
  readonly path: string;
  /** Upper case; undefined when the request names none. */
  readonly symbol: string | undefined;
  readonly status: number;
  readonly body: string;
  /** When it was recorded, microseconds. */
  readonly t: number | null;
  /** Frames recorded before it in its own file; undefined when it comes from another one. */
  readonly framesBefore: number | undefined;
}

/** A recording that a local server can play to the source it came from. */
export interface PlayableFile {
  readonly file: string;
  /** The source that collects it: `binance` for binance_us too. */
  readonly source: 'binance' | 'kraken';
  /** The recording's own name of its source, for example `binance_us`. */
  readonly recordedSource: string;
  /** Where it was recorded: host and, for Kraken, path; what a source is configured with, without the scheme. */
  readonly wsAddress: string;
  readonly restAddress: string;
  /** `usdm` for Binance’s futures feed. */
  readonly market: 'spot' | 'usdm';
  readonly symbols: readonly string[];
  /** In the words of the source’s configuration. */
  readonly channels: readonly string[];
  /** Levels of Kraken’s book channel, where it was recorded. */
  readonly bookDepth: number | undefined;
  /** Frames that will be played. */
  readonly frames: number;
  /** REST answers recorded in this file or in HTTP-only recordings of the same source beside it. */
  readonly answers: readonly RecordedAnswer[];
}

export interface PlaybackDescription {
  readonly files: readonly PlayableFile[];
  /** Recordings and other files that are not played, with the reason. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

const sources: Readonly<Record<string, 'binance' | 'kraken'>> = {
  binance: 'binance',
  binance_us: 'binance',
  kraken: 'kraken',
};

/** A REST depth answer that was written between the stream’s frames: it came over HTTP, so it is played over HTTP. */
export function isInlineAnswer(line: RecordedFrame): boolean {
  return !line.binary && line.payload.subarray(0, 16).toString('latin1').startsWith('{"lastUpdateId":');
}

/**
 * Reads a directory of recordings (or one file) and says how each can be collected from a local server.
 * @throws FatalError `recording_invalid` when there is no such place or a recording is broken.
 */
export async function describePlayback(path: string): Promise<PlaybackDescription> {
  const found = await findRecordings(path);
  const skipped = [...found.skipped];
  const files: PlayableFile[] = [];
  const pools = new Map<string, RecordedAnswer[]>();
  for (const { file, header } of found.recordings) {
    const source = sources[header.source];
    if (!source) skipped.push({ file, reason: `there is no source for ${header.source} yet` });
    else if (header.transport === 'tcp') skipped.push({ file, reason: 'recordings over TCP are not played' });
    else {
      const facts = await scan(file, header, source);
      const poolKey = `${dirname(file)} ${header.source}`;
      if (header.transport === 'http') pools.set(poolKey, [...(pools.get(poolKey) ?? []), ...facts.answers]);
      else if (facts.symbols.length === 0 || facts.channels.length === 0)
        skipped.push({ file, reason: 'no frame names a symbol and a channel that the source knows' });
      else files.push(facts);
    }
  }
  return {
    files: files.map((one) => ({
      ...one,
      answers: [
        ...one.answers,
        ...(pools.get(`${dirname(one.file)} ${one.recordedSource}`) ?? []).map((answer) => ({
          ...answer,
          framesBefore: undefined,
        })),
      ],
    })),
    skipped,
  };
}

async function scan(file: string, header: RecordingHeader, source: 'binance' | 'kraken'): Promise<PlayableFile> {
  const recording = await openRecording(file);
  const symbols = new Set<string>();
  const channels = new Set<string>();
  const inline: RecordedAnswer[] = [];
  const path = endpointIsFutures(header.endpoint) ? '/fapi/v1/depth' : '/api/v3/depth';
  const depthSymbols = new Set<string>();
  const answers: RecordedAnswer[] = [];
  let frames = 0;
  let bookDepth: number | undefined;
  let endpoint = header.endpoint;
  const frame = (line: RecordedFrame): void => {
    if (source === 'binance' && isInlineAnswer(line)) {
      inline.push({
        path,
        symbol: undefined,
        status: 200,
        body: line.payload.toString(),
        t: line.t,
        framesBefore: frames,
      });
      return;
    }
    frames++;
    const facts = source === 'binance' ? scanBinanceFrame(line.payload) : scanKrakenFrame(line.payload);
    for (const symbol of facts.symbols) {
      symbols.add(symbol);
      if (facts.channel === 'depth') depthSymbols.add(symbol);
    }
    if (facts.channel) channels.add(facts.channel);
    bookDepth = facts.bookDepth ?? bookDepth;
  };
  const line = (one: RecordingLine): void => {
    if (one.dir === 'in') frame(one);
    else if (one.dir === 'connect' && endpoint === '') endpoint = one.endpoint;
    else if (one.dir === 'http') {
      const url = new URL(one.request.url);
      const symbol = url.searchParams.get('symbol') ?? url.searchParams.get('pair') ?? undefined;
      answers.push({
        path: url.pathname,
        symbol: symbol?.toUpperCase(),
        status: one.response.status,
        body: one.response.text,
        t: one.t,
        framesBefore: frames,
      });
    }
  };
  for await (const one of recording.lines) line(one);
  const address = addresses(source, endpoint);
  const only = depthSymbols.size === 1 ? [...depthSymbols][0] : undefined;
  for (const one of inline) answers.push({ ...one, symbol: only });
  return {
    file,
    source,
    recordedSource: header.source,
    ...address,
    symbols: [...symbols].sort(),
    channels: [...channels].sort(),
    bookDepth,
    frames,
    answers,
  };
}

function addresses(
  source: 'binance' | 'kraken',
  endpoint: string,
): { wsAddress: string; restAddress: string; market: 'spot' | 'usdm' } {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (source === 'kraken') {
    const path = url?.pathname.replace(/\/$/, '') ?? '/v2';
    return { wsAddress: `${url?.host ?? 'ws.kraken.com'}${path}`, restAddress: 'api.kraken.com', market: 'spot' };
  }
  const host = url?.host ?? 'stream.binance.com:9443';
  if (endpointIsFutures(endpoint)) return { wsAddress: host, restAddress: 'fapi.binance.com', market: 'usdm' };
  const us = url?.hostname.endsWith('binance.us') ?? false;
  return { wsAddress: host, restAddress: us ? 'api.binance.us' : 'api.binance.com', market: 'spot' };
}

function endpointIsFutures(endpoint: string): boolean {
  return URL.canParse(endpoint) && new URL(endpoint).hostname.startsWith('fstream');
}
