import type { Duplex } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Clock } from '@alphapulse/core';
import type { RecordedFrame } from '@alphapulse/recording';
import { openRecording } from '@alphapulse/recording';
import type { WebSocket } from 'ws';
import type { MarketSpeed } from '../venues/drive.ts';
import { isInlineAnswer, type PlayableFile } from './describe-playback.ts';
import type { RecordedAnswers } from './recorded-answers.ts';

const highWaterBytes = 512 * 1024;
const framesPerTurn = 256;

export interface PlaybackProgress {
  readonly file: string;
  readonly sent: number;
  readonly total: number;
  /** Everything has been sent and the socket has taken it. */
  readonly done: boolean;
}

export interface FilePlayerOptions {
  readonly file: PlayableFile;
  readonly answers: RecordedAnswers;
  readonly speed: MarketSpeed;
  readonly clock: Clock;
  /** How long the stream waits at a snapshot for the client to ask for it. */
  readonly snapshotWaitMs: number;
}

const snapshotPollMs = 2;

/**
 * Plays one recording: every received frame once, in order, verbatim. A client that loses its connection and comes
 * again goes on where it was; a second one beside it gets nothing.
 */
export class FilePlayer {
  readonly #file: PlayableFile;
  readonly #speed: MarketSpeed;
  readonly #clock: Clock;
  readonly #answers: RecordedAnswers;
  readonly #snapshotWaitMs: number;
  readonly #frames: AsyncIterator<RecordedFrame>;
  #next: RecordedFrame | undefined;
  #sent = 0;
  #client: WebSocket | undefined;
  #failure: unknown;
  #playing: Promise<void> = Promise.resolve();

  constructor({ file, answers, speed, clock, snapshotWaitMs }: FilePlayerOptions) {
    this.#file = file;
    this.#answers = answers;
    this.#speed = speed;
    this.#clock = clock;
    this.#snapshotWaitMs = snapshotWaitMs;
    this.#frames = receivedFrames(file);
  }

  get progress(): PlaybackProgress {
    const open = this.#client !== undefined && this.#client.readyState === this.#client.OPEN;
    const waiting = open ? (this.#client?.bufferedAmount ?? 0) : 0;
    return {
      file: this.#file.file,
      sent: this.#sent,
      total: this.#file.frames,
      done: this.#sent === this.#file.frames && waiting === 0,
    };
  }

  /** Why playing had to stop: a recording that broke off, for example. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Plays what is left to a client, until it leaves or the recording ends. */
  play(client: WebSocket, raw: Duplex, stop: AbortSignal): void {
    if (this.#client !== undefined && this.#client.readyState === this.#client.OPEN) return;
    this.#client = client;
    const left = new AbortController();
    client.once('close', () => left.abort());
    const signal = AbortSignal.any([stop, left.signal]);
    // The client before may just be leaving; two must not take from the recording at once.
    this.#playing = this.#playing.then(() => this.#play(client, raw, signal));
  }

  async #play(client: WebSocket, raw: Duplex, signal: AbortSignal): Promise<void> {
    const open = () => client.readyState === client.OPEN && !signal.aborted;
    try {
      // Recorded time of the first frame of this connection, and the clock's when it was sent.
      let from: { recordedUs: number; clockUs: number } | undefined;
      let turn = 0;
      raw.cork();
      const flush = async (pause: () => Promise<unknown>) => {
        raw.uncork();
        await pause();
        raw.cork();
        turn = 0;
      };
      while (open()) {
        this.#next ??= await this.#read();
        if (this.#next === undefined) break;
        const { t, payload, binary } = this.#next;
        if (t !== null && this.#speed !== 'max') {
          from ??= { recordedUs: t, clockUs: this.#clock.nowUs() };
          const waitUs = from.clockUs + (t - from.recordedUs) / this.#speed - this.#clock.nowUs();
          if (waitUs >= 1000) await flush(() => this.#clock.sleep(waitUs / 1000, signal));
        }
        const snapshot = this.#answers.awaitedBefore(this.#next, this.#sent);
        if (snapshot) {
          let waitedMs = 0;
          for (
            ;
            this.#answers.isAwaited(snapshot) && open() && waitedMs < this.#snapshotWaitMs;
            waitedMs += snapshotPollMs
          )
            await flush(() => setTimeout(snapshotPollMs));
          if (open()) this.#answers.giveUp(snapshot);
          continue;
        }
        while (client.bufferedAmount > highWaterBytes && open()) await flush(() => setTimeout(1));
        if (!open()) break;
        client.send(payload, { binary });
        this.#sent++;
        this.#next = undefined;
        if (++turn >= framesPerTurn) await flush(() => setImmediate());
      }
    } catch (error) {
      this.#failure = error;
      client.close(1011, 'the recording cannot be read');
    } finally {
      raw.uncork();
    }
  }

  /** Call when the signal given to `play` has aborted. */
  async close(): Promise<void> {
    await this.#playing;
    await this.#frames.return?.();
  }

  async #read(): Promise<RecordedFrame | undefined> {
    const { done, value } = await this.#frames.next();
    return done ? undefined : value;
  }
}

async function* receivedFrames(file: PlayableFile): AsyncGenerator<RecordedFrame, undefined> {
  const recording = await openRecording(file.file);
  for await (const line of recording.lines)
    if (line.dir === 'in' && !(file.source === 'binance' && isInlineAnswer(line))) yield line;
  return undefined;
}
