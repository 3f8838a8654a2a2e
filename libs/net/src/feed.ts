import type { Clock, ConnectionStatus, Log, MessageOrigin, WebSocketOptions } from '@alphapulse/core';
import { backoffMs } from './backoff.ts';
import { Endpoints } from './endpoints.ts';
import type { HostLimits } from './host-limits.ts';
import { shownEndpoint } from './shown-endpoint.ts';
import { type Ending, type SocketEvents, VenueSocket } from './venue-socket.ts';

/** A connection that lived so long was a good one: backoff starts anew. */
const stableMs = 60_000;
/** A successor that has not taken over after so long is looked at. */
const handoverMs = 30_000;

export interface FeedDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly hosts: HostLimits;
  readonly ca?: string | Buffer;
  readonly handshakeMs: number;
  nextId(host: string): string;
}

/**
 * Keeps one feed up: opens a connection, and another whenever it is gone or due to be rolled over.
 * Invariant: at most one current connection and one successor; the successor becomes current either when it covers
 * what the current one brings, or when the current one ends first.
 */
export class Feed implements SocketEvents {
  readonly #options: WebSocketOptions;
  readonly #deps: FeedDeps;
  readonly #signal: AbortSignal;
  readonly #endpoints: Endpoints;
  /** All that are not yet closed, retired ones too. */
  readonly #sockets = new Set<VenueSocket>();
  readonly #stop = new AbortController();
  #current: VenueSocket | undefined;
  #successor: VenueSocket | undefined;
  /** Aborts when the successor has taken over or ended. */
  #handover = new AbortController();
  #rollOverUs = Number.POSITIVE_INFINITY;
  #failures = 0;
  #waitMs = 0;
  #opened = 0;
  /** What the current connection must bring, learnt from those before it. */
  #channels: readonly string[] = [];
  #reconnects = 0;
  #error: string | undefined;
  #bug: { readonly error: unknown } | undefined;

  constructor(options: WebSocketOptions, deps: FeedDeps, signal: AbortSignal) {
    this.#options = options;
    this.#deps = deps;
    this.#signal = signal;
    this.#endpoints = new Endpoints(deps.clock, options.endpoints);
  }

  /** Resolves after the signal has aborted and all is closed; throws what a callback threw. */
  async run(): Promise<void> {
    const stop = () => this.#stopAll();
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    while (!this.#stop.signal.aborted) {
      const live = this.#current;
      // Ends early when the connection does.
      if (live) await this.#untilRollOver(live);
      else await this.#connect(this.#stop.signal);
    }
    this.#signal.removeEventListener('abort', stop);
    await Promise.all([...this.#sockets].map((socket) => socket.closed));
    this.#status('closed', this.#options.endpoints[0]!);
    if (this.#bug) throw this.#bug.error;
  }

  async #untilRollOver(live: VenueSocket): Promise<void> {
    if (this.#options.rollOverMs === undefined) {
      await new Promise<void>((resolve) => {
        if (live.signal.aborted) resolve();
        live.signal.addEventListener('abort', () => resolve(), { once: true });
      });
      return;
    }
    const waitMs = (this.#rollOverUs - this.#deps.clock.nowUs()) / 1000;
    if (waitMs > 0) await this.#deps.clock.sleep(Math.ceil(waitMs), live.signal);
    if (live === this.#current && this.#deps.clock.nowUs() >= this.#rollOverUs) await this.#connect(live.signal);
  }

  /** One attempt, after the waits it owes. `wanted` aborts when there is no use in it any more. */
  async #connect(wanted: AbortSignal): Promise<void> {
    const { clock, hosts } = this.#deps;
    const address = this.#endpoints.pick((endpoint) => hosts.blockedMs(new URL(endpoint).host));
    const host = new URL(address).host;
    if (this.#waitMs > 0 || hosts.blockedMs(host) > 0) this.#status('waiting', address);
    const waitMs = this.#waitMs;
    this.#waitMs = 0;
    if (waitMs > 0) await clock.sleep(waitMs, wanted);
    if (!wanted.aborted) await hosts.connect(host, wanted);
    if (wanted.aborted) return;
    this.#status('connecting', address);
    const socket = this.#open(address, host);
    await socket.opening;
    while (socket === this.#successor && socket.open) await this.#judgeSuccessor(socket);
  }

  #open(address: string, host: string): VenueSocket {
    const { silentMs = 15_000, staleMs, pingMs = 15_000, maxFrameBytes = 16 * 1024 * 1024 } = this.#options;
    const { clock, ca, handshakeMs } = this.#deps;
    const socket = new VenueSocket({
      id: this.#deps.nextId(host),
      address,
      clock,
      events: this,
      sink: this.#options.sink,
      limits: { silentMs, staleMs, pingMs },
      handshakeMs,
      maxFrameBytes,
      messagesPerSecond: this.#options.messagesPerSecond ?? 5,
      ...(this.#options.pingText ? { pingText: this.#options.pingText } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    this.#sockets.add(socket);
    void socket.closed.then(() => this.#sockets.delete(socket));
    return socket;
  }

  /** After a while: takes over with what there is, or gives up a successor that is dumb while the current one talks. */
  async #judgeSuccessor(socket: VenueSocket): Promise<void> {
    await this.#deps.clock.sleep(handoverMs, this.#handover.signal);
    if (socket !== this.#successor || !socket.open) return;
    if (socket.hasData) this.#takeOver(socket);
    else if (this.#current && this.#current.activeSince(socket.openedUs).length > 0)
      socket.end({ reason: 'rollover: the successor brought no data' });
  }

  opened(socket: VenueSocket): void {
    const overlapping = this.#current !== undefined;
    this.#opened += 1;
    if (overlapping) {
      this.#successor = socket;
      this.#handover = new AbortController();
    } else {
      if (this.#opened > 1) this.#reconnects += 1;
      this.#makeCurrent(socket);
    }
    this.#deps.log.info({ connection: socket.id, endpoint: socket.endpoint, overlapping }, 'connection open');
    this.#call(() => this.#options.onOpen(socket, overlapping));
  }

  message(socket: VenueSocket, payload: Buffer, origin: MessageOrigin): void {
    if (this.#stop.signal.aborted) return;
    // Not through #call: this is the hot path, and it saves a closure a message.
    try {
      this.#options.onMessage(socket, payload, origin);
    } catch (error) {
      this.#fail(error);
    }
  }

  alive(socket: VenueSocket): void {
    if (socket === this.#successor && this.#current && socket.covers(this.#current)) this.#takeOver(socket);
  }

  stale(socket: VenueSocket, channel: string): void {
    this.#deps.log.warn({ connection: socket.id, channel }, 'channel is stale');
    this.#call(() => this.#options.onStale?.(socket, channel));
  }

  ended(socket: VenueSocket, ending: Ending): void {
    if (this.#stop.signal.aborted) return;
    if (ending.retryAfterMs !== undefined) this.#deps.hosts.block(new URL(socket.address).host, ending.retryAfterMs);
    if (socket.retired) return;
    this.#deps.log.warn({ connection: socket.id, endpoint: socket.endpoint, reason: ending.reason }, 'connection lost');
    this.#error = ending.reason;
    this.#blame(socket);
    if (socket === this.#successor) {
      this.#successor = undefined;
      this.#handover.abort();
    }
    if (socket !== this.#current) return;
    this.#current = undefined;
    this.#channels = socket.channels;
    const successor = this.#successor;
    if (successor) {
      this.#reconnects += 1;
      this.#promote(successor);
    }
    // A successor that already brought data has replaced it; otherwise the feed may have a hole.
    if (successor?.hasData) socket.retire();
    else this.#call(() => this.#options.onClose?.(socket, ending.reason));
  }

  #blame(socket: VenueSocket): void {
    const stable = socket.livedMs >= stableMs;
    if (stable) {
      this.#failures = 0;
      this.#endpoints.worked(socket.address);
    }
    this.#endpoints.failed(socket.address, stable ? 0.5 : 1);
    // Every endpoint gets its quick try before the waits grow.
    const rounds = Math.floor(this.#failures / this.#endpoints.count);
    this.#failures += 1;
    this.#waitMs = backoffMs(rounds, this.#deps.random);
  }

  #takeOver(successor: VenueSocket): void {
    const old = this.#current;
    if (old && old.livedMs >= stableMs) {
      this.#failures = 0;
      this.#endpoints.worked(old.address);
    }
    this.#channels = old?.channels ?? [];
    this.#promote(successor);
    old?.retire();
    this.#deps.log.info({ connection: successor.id, replaces: old?.id }, 'connection rolled over');
  }

  #promote(successor: VenueSocket): void {
    this.#successor = undefined;
    this.#makeCurrent(successor);
    this.#handover.abort();
  }

  #makeCurrent(socket: VenueSocket): void {
    this.#current = socket;
    socket.inherit(this.#channels);
    this.#waitMs = 0;
    this.#error = undefined;
    const { rollOverMs } = this.#options;
    // Up to a tenth early, so that connections opened together do not roll over together.
    if (rollOverMs !== undefined)
      this.#rollOverUs = socket.openedUs + rollOverMs * (1 - this.#deps.random() / 10) * 1000;
    this.#status('live', socket.address);
  }

  #call(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A callback that throws is a bug of the source: the feed ends with it. */
  #fail(error: unknown): void {
    this.#bug ??= { error };
    this.#stopAll();
  }

  #stopAll(): void {
    this.#stop.abort();
    this.#handover.abort();
    for (const socket of this.#sockets) socket.end({ reason: 'stopped' });
  }

  #status(state: ConnectionStatus['state'], address: string): void {
    // While a successor is being opened the feed is live on the old connection: nothing to tell.
    if (this.#current && (state === 'waiting' || state === 'connecting')) return;
    const endpoint = this.#current?.endpoint ?? shownEndpoint(address);
    const error = this.#error;
    this.#call(() =>
      this.#options.onStatus?.({
        state,
        endpoint,
        reconnects: this.#reconnects,
        ...(error === undefined ? {} : { error }),
      }),
    );
  }
}
