import type { IncomingMessage } from 'node:http';
import type { Clock, MessageOrigin, RawSink, VenueConnection } from '@alphapulse/core';
import { type ClientOptions, WebSocket } from 'ws';
import { Liveness, type LivenessLimits } from './liveness.ts';
import { Outbox } from './outbox.ts';
import { retryAfterMs } from './retry-after.ts';
import { shownEndpoint } from './shown-endpoint.ts';

/** How long the other side has for its half of the closing handshake. */
const closeTimeoutMs = 1000;

/** The same for a retired connection, whose last messages are still wanted. */
const retireTimeoutMs = 10_000;

/** A connection that ends so soon after a pause is taken to have been cut because of it. */
const afterPauseMs = 10_000;

/**
 * Why a connection ended. Our reasons start with a word that can be told apart: `unreachable`, `handshake`, `refused`
 * (never opened), `disconnect`, `backpressure`, `silent`, `oversized`, `protocol`, `overflow`, `rollover`, `stopped`.
 * A source that calls `reconnect` brings its own.
 */
export interface Ending {
  readonly reason: string;
  /** The venue asks to stay away (418, 429, 503 on the upgrade). */
  readonly retryAfterMs?: number;
}

/** What a socket tells its feed, always in this order: opened, any number of the others, ended. */
export interface SocketEvents {
  opened(socket: VenueSocket): void;
  message(socket: VenueSocket, payload: Buffer, origin: MessageOrigin): void;
  alive(socket: VenueSocket): void;
  stale(socket: VenueSocket, channel: string): void;
  /** Once, also when it never opened. */
  ended(socket: VenueSocket, ending: Ending): void;
}

export interface SocketSettings {
  readonly id: string;
  readonly address: string;
  readonly clock: Clock;
  readonly events: SocketEvents;
  readonly sink: Pick<RawSink, 'full' | 'drained'>;
  readonly limits: LivenessLimits;
  readonly handshakeMs: number;
  readonly maxFrameBytes: number;
  readonly messagesPerSecond: number;
  readonly pingText?: () => string;
  /** Certificate authorities to trust instead of the usual ones. */
  readonly ca?: string | Buffer;
}

/** One WebSocket from its handshake to its end. Never reconnects; the feed opens another. */
export class VenueSocket implements VenueConnection {
  readonly id: string;
  readonly endpoint: string;
  /** The address with its secrets, for the feed's own bookkeeping. */
  readonly address: string;
  /** Settles when it has opened or failed to. */
  readonly opening: Promise<void>;
  /** Settles when nothing is left of it. */
  readonly closed: Promise<void>;
  readonly #settings: SocketSettings;
  readonly #clock: Clock;
  readonly #ws: WebSocket;
  readonly #life = new AbortController();
  readonly #outbox: Outbox;
  #liveness: Liveness;
  #openedUs = 0;
  #sequence = 0;
  #opened = false;
  #ended = false;
  #retired = false;
  #paused = false;
  #resumedUs = Number.NEGATIVE_INFINITY;

  constructor(settings: SocketSettings) {
    this.#settings = settings;
    this.#clock = settings.clock;
    this.id = settings.id;
    this.address = settings.address;
    this.endpoint = shownEndpoint(settings.address);
    this.#liveness = new Liveness(settings.limits, this.#clock.nowUs());
    this.#outbox = new Outbox(this.#clock, settings.messagesPerSecond, this.#life.signal);
    // `closeTimeout` is missing in the types of ws.
    const options: ClientOptions & { closeTimeout: number } = {
      maxPayload: settings.maxFrameBytes,
      perMessageDeflate: false,
      // Raw keeps even a text frame that is not UTF-8; ws would drop it and the connection.
      skipUTF8Validation: true,
      rejectUnauthorized: true,
      closeTimeout: retireTimeoutMs,
      ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    };
    this.#ws = new WebSocket(settings.address, options);
    this.opening = new Promise((resolve) => {
      this.#ws.once('open', resolve);
      this.#life.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.closed = new Promise((resolve) => this.#ws.once('close', () => resolve()));
    this.#listen();
    void this.#limitHandshake();
  }

  get open(): boolean {
    return this.#opened && !this.#ended;
  }

  get retired(): boolean {
    return this.#retired;
  }

  /** Aborts when the connection has ended. */
  get signal(): AbortSignal {
    return this.#life.signal;
  }

  get livedMs(): number {
    return this.#opened ? (this.#clock.nowUs() - this.#openedUs) / 1000 : 0;
  }

  get openedUs(): number {
    return this.#openedUs;
  }

  /** True once a message was marked as bringing data. */
  get hasData(): boolean {
    return this.#liveness.hasData;
  }

  /** True when all that the older connection has brought since this one opened comes here too. */
  covers(older: VenueSocket): boolean {
    if (!this.hasData || !this.#outbox.empty) return false;
    return older.activeSince(this.#openedUs).every((channel) => this.#liveness.has(channel));
  }

  /** The channels that have brought data. */
  get channels(): string[] {
    return this.#liveness.activeSince(Number.NEGATIVE_INFINITY);
  }

  /** Expects data on the channels of the connection that this one follows, as if it had brought some just now. */
  inherit(channels: readonly string[]): void {
    const nowUs = this.#clock.nowUs();
    for (const channel of channels) if (!this.#liveness.has(channel)) this.#liveness.alive(channel, nowUs);
  }

  activeSince(us: number): string[] {
    return this.#liveness.activeSince(us);
  }

  send(text: string): void {
    if (!this.open || this.#retired) return;
    if (!this.#outbox.push(() => this.#ws.send(text))) this.reconnect('overflow: too many messages wait to be sent');
  }

  alive(channel: string): void {
    this.#liveness.alive(channel, this.#clock.nowUs());
    if (this.open) this.#settings.events.alive(this);
  }

  reconnect(reason: string): void {
    this.end({ reason });
  }

  /** Closes it; what still arrives is not handed over any more. */
  end(ending: Ending): void {
    if (this.#ended) return;
    this.#finish(ending);
    // A paused socket would not see the answer to the closing handshake.
    if (this.#paused) this.#ws.resume();
    this.#letGo();
  }

  /** Closes politely, but not for long. Real time on purpose: this frees a socket, it decides nothing. */
  #letGo(): void {
    const timer = setTimeout(() => this.#ws.terminate(), closeTimeoutMs);
    void this.closed.then(() => clearTimeout(timer));
    this.#ws.close(1000);
  }

  /** Marks and closes it because its successor has taken over; what still arrives meanwhile is handed over. */
  retire(): void {
    this.#retired = true;
    // While paused, messages from before the successor may still be unread: closing waits for them.
    if (!this.#paused) this.#ws.close(1000);
  }

  #listen(): void {
    const ws = this.#ws;
    ws.on('open', () => this.#onOpen());
    ws.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#onMessage(data);
    });
    ws.on('ping', () => {
      this.#liveness.frame(this.#clock.nowUs());
      // ws has answered it.
      this.#outbox.sent();
    });
    ws.on('pong', () => this.#liveness.frame(this.#clock.nowUs()));
    ws.on('unexpected-response', (_request, response) => this.#onRefused(response));
    ws.on('error', (error) => this.#onError(error));
    ws.on('close', (code, text) => {
      const said = text.length > 0 ? ` ${JSON.stringify(text.toString())}` : '';
      const how = code === 1006 ? 'without a closing handshake' : `by the venue with code ${code}${said}`;
      // The end of a connection that was cut while we did not read shows only after reading goes on.
      const slow = this.#paused || this.#clock.nowUs() - this.#resumedUs < afterPauseMs * 1000;
      const cause = slow ? 'backpressure: closed while or soon after reading was paused,' : 'disconnect: closed';
      this.#finish({ reason: `${cause} ${how}` });
    });
  }

  async #limitHandshake(): Promise<void> {
    const over = new AbortController();
    void this.opening.then(() => over.abort());
    await this.#clock.sleep(this.#settings.handshakeMs, over.signal);
    if (over.signal.aborted) return;
    this.#finish({ reason: `handshake: no answer for ${this.#settings.handshakeMs} ms` });
    this.#ws.terminate();
  }

  #onOpen(): void {
    if (this.#ended) return;
    this.#opened = true;
    this.#openedUs = this.#clock.nowUs();
    this.#liveness = new Liveness(this.#settings.limits, this.#openedUs);
    void this.#watch();
    this.#settings.events.opened(this);
  }

  #onMessage(payload: Buffer): void {
    if (this.#ended) return;
    const receivedTime = this.#clock.nowUs();
    this.#liveness.frame(receivedTime);
    this.#settings.events.message(this, payload, {
      endpoint: this.endpoint,
      connectionId: this.id,
      sequence: this.#sequence++,
      receivedTime,
    });
    if (this.#settings.sink.full && !this.#paused && !this.#retired) void this.#pause();
  }

  /** Stops reading until the sink has room; TCP then slows the venue down. */
  async #pause(): Promise<void> {
    this.#paused = true;
    this.#ws.pause();
    while (this.#settings.sink.full && !this.#ended) await this.#settings.sink.drained();
    if (this.#ended) return;
    this.#paused = false;
    this.#resumedUs = this.#clock.nowUs();
    this.#liveness.resumed(this.#resumedUs);
    this.#ws.resume();
    if (this.#retired) this.#ws.close(1000);
  }

  #onRefused(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    const { 'retry-after': retryAfter, date } = response.headers;
    const asked = retryAfterMs(retryAfter, date, this.#clock.nowMs());
    const limited = status === 418 || status === 429;
    // Without a wish of its own, a venue that says "too many" gets a minute of peace.
    const waitMs = limited ? (asked ?? 60_000) : status === 503 ? asked : undefined;
    this.#finish({
      reason: `refused: the venue answered the upgrade with HTTP ${status}`,
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    });
    this.#ws.terminate();
  }

  #onError(error: Error & { code?: string }): void {
    // ws has begun to close, as the protocol wants it.
    if (this.#opened && !this.#ended) this.#letGo();
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      this.#finish({ reason: `oversized: a frame is larger than ${this.#settings.maxFrameBytes} bytes` });
    else if (this.#opened) this.#finish({ reason: `protocol: ${error.message}` });
    else this.#finish({ reason: `unreachable: ${error.message || error.code || 'the connection failed'}` });
  }

  async #watch(): Promise<void> {
    for (;;) {
      const verdict = this.#liveness.check(this.#clock.nowUs(), this.#paused);
      if (verdict.silent) {
        this.#finish({ reason: `silent: nothing arrived for ${this.#settings.limits.silentMs} ms` });
        // The other side is not there to answer a closing handshake.
        this.#ws.terminate();
        return;
      }
      if (verdict.ping) this.#outbox.keepAlive(() => this.#ping());
      for (const channel of verdict.stale) this.#settings.events.stale(this, channel);
      await this.#clock.sleep(verdict.nextMs, this.#life.signal);
      if (this.#ended || this.#retired) return;
    }
  }

  #ping(): void {
    if (this.#settings.pingText) this.#ws.send(this.#settings.pingText());
    else this.#ws.ping();
  }

  #finish(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#life.abort();
    this.#settings.events.ended(this, ending);
  }
}
