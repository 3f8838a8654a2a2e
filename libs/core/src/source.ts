import type { Clock } from './clock.ts';

/**
 * A feed we collect, as a value. One folder under libs/sources and one line in its list.
 * `Config` is plain JSON: it travels in `collection.tasks`.
 */
export interface Source<Config = unknown, Event = unknown> {
  readonly id: string;
  readonly doc: string;
  /** The venue's documentation of the feed. */
  readonly docsUrl: string;
  /** What `npm start -- --live` collects when nothing else is configured. */
  readonly defaults: Config;
  /** Checks a configuration from outside. @throws FatalError `config_invalid` naming the field. */
  configure(input: unknown): Config;
  /** Splits what is wished into tasks: one task is one connection's worth. */
  plan(config: Config): Config[];
  /** Collects a task until the signal aborts; throws only FatalError. */
  collect(config: Config, deps: CollectDeps): Promise<void>;
  /** Reads the venue's listings once, handing every response to `deps.sink` as raw messages too. */
  discover(config: Config, deps: CollectDeps): Promise<ListingSeen[]>;
  /** A fresh parser: a fold over one raw partition of this source. */
  createParser(): SourceParser<Event>;
  /** Stream facts of a frame that has none of our own bookkeeping: used to turn recordings into raw messages. */
  describe(frame: FrameContext): { key: string; channel: string };
}

export interface FrameContext {
  readonly endpoint: string;
  readonly payload: Buffer;
  /** Request URL, for an HTTP response. */
  readonly requestUrl?: string;
  /** Symbols subscribed on the connection for which the venue sends book snapshots without naming the symbol. */
  readonly bookSymbols?: readonly string[];
}

/** A raw message as a parser sees it: `raw.<source>` value with its place in the log. */
export interface RawRecord {
  readonly key: string;
  readonly source: string;
  readonly channel: string;
  readonly endpoint: string;
  /** Id of the collector’s connection: deltas of a book follow only the snapshot of their own connection. */
  readonly connectionId: string;
  readonly payload: Buffer;
  /** Microseconds. */
  readonly receivedTime: number;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
}

export interface ParserOutput<Event> {
  event(event: Event): void;
  /** Counts the message as intentionally yielding nothing, under a short kebab-case reason. */
  filtered(reason: string): void;
}

/**
 * Folds raw messages of one partition into events.
 * Invariant: pure. Same messages in the same order, same events.
 * @throws RejectedRecordError for a message that cannot be parsed; events already given for it are dropped with it.
 */
export interface SourceParser<Event> {
  parse(record: RawRecord, output: ParserOutput<Event>): void;
  /** State by key (symbol), for a checkpoint round. */
  save(): Iterable<readonly [key: string, state: Uint8Array]>;
  load(key: string, state: Uint8Array): void;
}

/** A venue's listing of an instrument as the venue states it, asset codes already ours. */
export interface ListingSeen {
  readonly venue: string;
  readonly symbol: string;
  readonly type: 'spot' | 'perpetual' | 'future';
  /** Our asset codes, for example BTC even where the venue says XBT. */
  readonly base: string;
  readonly quote: string;
  /** Settlement asset of a derivative. */
  readonly settle?: string;
  /** The venue's own asset codes, where they differ. */
  readonly venueBase?: string;
  readonly venueQuote?: string;
  readonly tickSize?: number;
  readonly lotSize?: number;
  readonly minNotional?: number;
  readonly makerFeeBps?: number;
  readonly takerFeeBps?: number;
  readonly status: 'trading' | 'halted' | 'delisted' | 'unknown';
  readonly provenance: string;
}

export interface CollectDeps {
  readonly clock: Clock;
  readonly net: Net;
  readonly sink: RawSink;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** The logging that libraries need; pino's loggers fit. */
export interface Log {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

/** Where a collector's output goes; implemented over Kafka by apps/collect and in memory by tests. */
export interface RawSink {
  /** Appends one message to `raw.<source>`. Never throws and never drops; obey `full`. */
  message(key: string, channel: string, from: MessageOrigin, payload: Buffer, contentType?: string): void;
  /** True when so much is waiting for Kafka that reading must pause; net pauses sockets on it. */
  readonly full: boolean;
  /** Resolves when `full` has become false. */
  drained(): Promise<void>;
  /** Opens a gap in `ops.gaps`; call `resolve` when the feed is whole again. */
  gap(gap: GapSeen): { resolve(how: GapHow): void };
}

export interface MessageOrigin {
  readonly endpoint: string;
  readonly connectionId: string;
  readonly sequence: number;
  /** Microseconds. */
  readonly receivedTime: number;
}

export type GapCause = 'sequence' | 'checksum' | 'disconnect' | 'stale' | 'backpressure' | 'snapshot';
export type GapHow = 'snapshot' | 'resubscribe' | 'backfill' | 'reconnect' | 'none';

export interface GapSeen {
  readonly source: string;
  readonly venue: string;
  readonly channel: string;
  /** The venue's symbol, or `*` for a whole connection. */
  readonly symbol: string;
  readonly cause: GapCause;
  readonly fromSequence?: number;
  readonly toSequence?: number;
  /** Microseconds. */
  readonly fromTime: number;
  readonly toTime: number;
}

/** One resilient way to the outside for all sources; implemented by libs/net. */
export interface Net {
  /** Keeps a WebSocket up until the signal aborts: failover, backoff, ping, stale detection, roll-over. */
  webSocket(options: WebSocketOptions, signal: AbortSignal): Promise<void>;
  /**
   * One HTTP exchange with retries inside the policy: honours Retry-After (418, 429; RateLimit-Reset where that is
   * missing), token buckets, size limit.
   * @throws RetriableError `venue_unavailable` | `venue_rate_limited`, or `venue_refused` for another 4xx.
   */
  http(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

export interface WebSocketOptions {
  /** Tried in order of health; at least one. */
  readonly endpoints: readonly string[];
  /** Called on every (re)connection before any message; subscribe here. `overlapping` while an older one still runs. */
  onOpen(connection: VenueConnection, overlapping: boolean): void;
  onMessage(connection: VenueConnection, payload: Buffer, origin: MessageOrigin): void;
  /** Called when a connection that was open is gone and not already replaced by roll-over. */
  onClose?(connection: VenueConnection, reason: string): void;
  /** Pauses reading while the sink is full. */
  readonly sink: Pick<RawSink, 'full' | 'drained'>;
  /** A connection that brings no message at all for so long is closed and replaced. Default 15 s. */
  readonly silentMs?: number;
  /** A channel once marked with `alive` that is then quiet for so long triggers `onStale`. Default off. */
  readonly staleMs?: number;
  onStale?(connection: VenueConnection, channel: string): void;
  /** Text frame to send as keep-alive, each `pingMs`; without it a protocol ping is sent. */
  readonly pingText?: () => string;
  /** Default 15 s. */
  readonly pingMs?: number;
  /** Opens a successor after so long and closes the old one when the successor has brought data. Default off. */
  readonly rollOverMs?: number;
  /** Default 16 MiB; a larger frame closes the connection. */
  readonly maxFrameBytes?: number;
  /** Outgoing messages a second, smoothed by a token bucket. Default 5. */
  readonly messagesPerSecond?: number;
  /** Told of every change, for health reports. */
  onStatus?(status: ConnectionStatus): void;
}

export interface ConnectionStatus {
  readonly state: 'connecting' | 'live' | 'waiting' | 'closed';
  readonly endpoint: string;
  readonly reconnects: number;
  readonly error?: string;
}

export interface VenueConnection {
  readonly id: string;
  readonly endpoint: string;
  readonly open: boolean;
  /** Queues a text frame behind the token bucket. */
  send(text: string): void;
  /** Marks a channel (for example `trade:BTCUSDT`) as having brought data, for stale detection. */
  alive(channel: string): void;
  /** True once this connection has been replaced by its roll-over successor. */
  readonly retired: boolean;
  /** Closes it; a successor is opened after backoff. */
  reconnect(reason: string): void;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Name of the token bucket it draws from, for example `binance-rest`, and what it costs. The rate holds in any
   * window of `windowMs` (default a minute): 250 a minute over 6,000 ms is never more than 25 in six seconds.
   */
  readonly bucket?: {
    readonly name: string;
    readonly perMinute: number;
    readonly cost?: number;
    readonly windowMs?: number;
  };
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
  /** Attempts in all. Default 5. */
  readonly attempts?: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: Buffer;
  readonly contentType: string;
  /** Origin facts for `RawSink.message`. */
  readonly origin: MessageOrigin;
}
