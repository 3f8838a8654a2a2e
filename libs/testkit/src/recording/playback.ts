import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@alphapulse/core';
import { WebSocketServer } from 'ws';
import type { MarketSpeed } from '../venues/drive.ts';
import { describePlayback, type PlayableFile } from './describe-playback.ts';
import { FilePlayer, type PlaybackProgress } from './file-player.ts';
import { RecordedAnswers } from './recorded-answers.ts';

export interface PlaybackOptions {
  /** A directory of recordings, or one. */
  readonly path: string;
  readonly clock: Clock;
  /** Times the recorded speed, or as fast as clients read. Default 1. */
  readonly speed?: MarketSpeed;
  readonly host?: string;
  readonly port?: number;
  /** Before a frame that was recorded after a book snapshot, the client has so long to ask for that. Default 2 s. */
  readonly snapshotWaitMs?: number;
}

/** How a source collects a played recording: the configuration lacks nothing but what has a default. */
export interface PlaybackTask {
  /** For example `binance/recording-0`. */
  readonly id: string;
  readonly source: 'binance' | 'kraken';
  readonly config: Readonly<Record<string, unknown>>;
}

export interface PlayedFile extends PlayableFile {
  /** Local addresses in which the original host stays visible: `ws://127.0.0.1:1234/0/fstream.binance.com`. */
  readonly wsEndpoint: string;
  readonly restEndpoint: string;
}

export interface Playback {
  readonly port: number;
  readonly files: readonly PlayedFile[];
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
  readonly tasks: readonly PlaybackTask[];
  /** Per file, in the order of `files`. */
  readonly progress: readonly PlaybackProgress[];
  /** Every file has been sent. */
  readonly done: boolean;
  /** What stopped a file before its end. */
  readonly failures: readonly unknown[];
  close(): Promise<void>;
}

/**
 * Plays recordings from one local server. Each file has its own path; playing begins when a client has connected and
 * sent its first message (or asked for streams in its address). REST answers are the recorded ones, and a stream does
 * not run away from its snapshots: what was recorded after one is sent after it.
 * Invariant: nothing is added to the recorded stream, no heartbeat and no answer to a subscription.
 * @throws FatalError `recording_invalid`
 */
export async function startPlayback(options: PlaybackOptions): Promise<Playback> {
  const { clock, speed = 1, host = '127.0.0.1' } = options;
  const { files, skipped } = await describePlayback(options.path);
  const stop = new AbortController();
  const answers = files.map((file) => new RecordedAnswers(file, files));
  const players = files.map(
    (file, index) =>
      new FilePlayer({
        file,
        answers: answers[index] as RecordedAnswers,
        speed,
        clock,
        snapshotWaitMs: options.snapshotWaitMs ?? 2000,
      }),
  );
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const { index, path, query } = route(request.url);
    const answer = answers[index]?.answer(path, query) ?? notRecorded(request.url);
    response.writeHead(answer.status, { 'content-type': 'application/json', 'x-recorded': 'true' }).end(answer.body);
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { index, path, query } = route(request.url);
    const player = players[index];
    if (!player) {
      socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      const play = () => player.play(client, socket, stop.signal);
      if (query.has('streams') || path.includes('@')) play();
      else client.once('message', play);
    });
  });
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject);
    http.listen(options.port ?? 0, host, resolve);
  });
  const { port } = http.address() as AddressInfo;
  const played = files.map((file, index) => ({
    ...file,
    wsEndpoint: `ws://${host}:${port}/${index}/${file.wsAddress}`,
    restEndpoint: `http://${host}:${port}/${index}/${file.restAddress}`,
  }));

  return {
    port,
    files: played,
    skipped,
    tasks: played.map(taskOf),
    get progress() {
      return players.map((player) => player.progress);
    },
    get done() {
      return players.every((player) => player.progress.done || player.failure !== undefined);
    },
    get failures() {
      return players.flatMap((player) => (player.failure === undefined ? [] : [player.failure]));
    },
    async close() {
      stop.abort();
      for (const client of webSockets.clients) client.terminate();
      for (const player of players) await player.close();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
  };
}

/** `/2/fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT` → file 2, path `/fapi/v1/depth`. */
function route(url = '/'): { index: number; path: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, 'http://playback');
  const [, index = '', path = ''] = /^\/(\d{1,6})\/[^/]+(\/.*)?$/.exec(pathname) ?? [];
  return { index: index === '' ? -1 : Number(index), path, query: searchParams };
}

function notRecorded(url = '/'): { status: number; body: string } {
  return { status: 404, body: JSON.stringify({ code: -1000, msg: `not recorded: ${url}` }) };
}

function taskOf(file: PlayedFile, index: number): PlaybackTask {
  const { source, symbols, channels, wsEndpoint, restEndpoint } = file;
  const common = { symbols, channels, wsEndpoints: [wsEndpoint], restEndpoint };
  // A recording ends, and then is quiet: nothing to be subscribed anew, no book to be fetched again.
  const config =
    source === 'binance'
      ? { market: file.market, ...common, staleMs: 0, resnapshotMs: 0, rollOverMs: 0 }
      : {
          ...common,
          ...(file.bookDepth !== undefined && { bookDepth: file.bookDepth }),
          staleMs: 86_400_000,
          rollOverMs: 0,
        };
  return { id: `${source}/recording-${index}`, source, config };
}
