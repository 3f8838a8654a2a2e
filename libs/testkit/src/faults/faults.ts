/** What a frame must be like for a rule to apply: text it contains, a pattern, or any test. */
export type FrameMatch = string | RegExp | ((frame: string) => boolean);

/** How a connection ends: with a close frame, by TCP reset, or by TCP close in the middle of a frame. */
export type DisconnectKind = 'close' | 'reset' | 'mid-frame';

/** What a server lets faults do to its connections. */
export interface FaultTarget {
  inject(payload: string | Buffer, binary: boolean): void;
  disconnect(kind: DisconnectKind, code: number, reason: string): void;
}

export interface HttpOverride {
  /** Path and query must contain or match this; left out, every request does. */
  readonly match?: string | RegExp;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How many requests. Default 1. */
  readonly times?: number;
}

interface FrameRule {
  readonly name: string;
  readonly matches: (frame: string) => boolean;
  /** Frames to send instead; `hold` sends this one after the next. */
  readonly act: (frame: string) => readonly string[] | 'hold';
  left: number;
}

function matcher(match: FrameMatch): (frame: string) => boolean {
  if (typeof match === 'function') return match;
  if (typeof match === 'string') return (frame) => frame.includes(match);
  return (frame) => frame.search(match) >= 0;
}

/** Frames that are no market data: heartbeats, status and answers to requests of either venue. */
const heartbeatFrame = /"channel":"(?:heartbeat|status)"|"method":|"result":/;

/**
 * The faults of a local venue server: change it at any time, the server obeys from the next frame on.
 * Frame rules apply once unless told otherwise, in the order they were made; `applied` counts what has been done.
 */
export class Faults {
  /** Times each fault has been applied, by its name. */
  readonly applied: Record<string, number> = {};
  /** `data`: only heartbeats and answers pass; `all`: nothing does, WebSocket pings neither. */
  silence: 'off' | 'data' | 'all' = 'off';
  /** Every connection is ended when it is this old. */
  disconnectEveryMs: number | undefined = undefined;
  disconnectEveryKind: DisconnectKind = 'close';
  /** Every HTTP answer waits so long. */
  httpDelayMs = 0;
  /** Pairs, as `BTC/USDT`, that new connections cannot subscribe to, though the venue still lists them. */
  readonly refused = new Set<string>();
  readonly #rules: FrameRule[] = [];
  readonly #http: { override: HttpOverride; left: number }[] = [];
  readonly #upgrades: { override: HttpOverride; left: number }[] = [];
  readonly #targets = new Set<FaultTarget>();
  #held = new WeakMap<object, string[]>();

  /** Loses frames: a hole in the sequence. */
  drop(match: FrameMatch, times = 1): this {
    return this.#rule('drop', match, times, () => []);
  }

  duplicate(match: FrameMatch, times = 1): this {
    return this.#rule('duplicate', match, times, (frame) => [frame, frame]);
  }

  /** Sends a frame after the one that follows it on its connection. */
  reorder(match: FrameMatch, times = 1): this {
    return this.#rule('reorder', match, times, () => 'hold');
  }

  replace(match: FrameMatch, edit: (frame: string) => string, times = 1): this {
    return this.#rule('replace', match, times, (frame) => [edit(frame)]);
  }

  /** Makes the checksum of a Kraken book frame wrong. */
  corruptChecksum(match: FrameMatch = '"checksum":', times = 1): this {
    return this.#rule('corrupt-checksum', match, times, (frame) => [
      frame.replace(/"checksum":(\d+)/, (_, digits: string) => `"checksum":${(Number(digits) + 1) % 2 ** 32}`),
    ]);
  }

  /** Cuts a frame's text to a share of its length; what goes out is a whole WebSocket frame with half a JSON text. */
  truncate(match: FrameMatch, share = 0.5, times = 1): this {
    return this.#rule('truncate', match, times, (frame) => [
      frame.slice(0, Math.max(1, Math.floor(frame.length * share))),
    ]);
  }

  /** Sends a frame of the test's own to every open connection, now. */
  inject(payload: string | Buffer, options: { readonly binary?: boolean } = {}): void {
    this.#count('inject');
    for (const target of this.#targets) target.inject(payload, options.binary ?? false);
  }

  /** Ends every open connection, now. */
  disconnectAll(kind: DisconnectKind = 'close', code = 1001, reason = 'going away'): void {
    this.#count(`disconnect-${kind}`);
    for (const target of this.#targets) target.disconnect(kind, code, reason);
  }

  /** Answers REST requests with another status, for example 429 with Retry-After, or 451. */
  overrideHttp(override: HttpOverride): this {
    this.#http.push({ override, left: override.times ?? 1 });
    return this;
  }

  /** Refuses WebSocket connections with an HTTP status. */
  refuseUpgrade(override: HttpOverride): this {
    this.#upgrades.push({ override, left: override.times ?? 1 });
    return this;
  }

  refuse(pair: string): this {
    this.refused.add(pair);
    return this;
  }

  /** Back to a venue without faults. */
  clear(): void {
    this.#rules.length = 0;
    this.#http.length = 0;
    this.#upgrades.length = 0;
    this.#held = new WeakMap();
    this.refused.clear();
    this.silence = 'off';
    this.disconnectEveryMs = undefined;
    this.httpDelayMs = 0;
  }

  /** For servers: the frames to send instead of this one; undefined when it goes out as it is. */
  outgoing(connection: object, frame: string): readonly string[] | undefined {
    if (this.silence !== 'off' && (this.silence === 'all' || !heartbeatFrame.test(frame))) {
      this.#count('silence');
      return [];
    }
    const held = this.#held.get(connection);
    if (held) {
      this.#held.delete(connection);
      return [frame, ...held];
    }
    if (this.#rules.length === 0) return undefined;
    const index = this.#rules.findIndex((rule) => rule.matches(frame));
    const rule = this.#rules[index];
    if (!rule) return undefined;
    this.#count(rule.name);
    if (--rule.left <= 0) this.#rules.splice(index, 1);
    const instead = rule.act(frame);
    if (instead !== 'hold') return instead;
    this.#held.set(connection, [frame]);
    return [];
  }

  /** For servers: the answer to give instead of the protocol's. */
  httpOverride(url: string): HttpOverride | undefined {
    return this.#take(this.#http, url, 'http');
  }

  /** For servers: the answer that refuses a WebSocket connection. */
  upgradeOverride(url: string): HttpOverride | undefined {
    return this.#take(this.#upgrades, url, 'upgrade');
  }

  /** For servers: makes its connections reachable for `inject` and `disconnectAll`; returns how to leave. */
  attach(target: FaultTarget): () => void {
    this.#targets.add(target);
    return () => this.#targets.delete(target);
  }

  #rule(name: string, match: FrameMatch, times: number, act: FrameRule['act']): this {
    this.#rules.push({ name, matches: matcher(match), act, left: times });
    return this;
  }

  #take(list: { override: HttpOverride; left: number }[], url: string, name: string): HttpOverride | undefined {
    const index = list.findIndex(({ override: { match } }) => match === undefined || matcher(match)(url));
    const found = list[index];
    if (!found) return undefined;
    this.#count(name);
    if (--found.left <= 0) list.splice(index, 1);
    return found.override;
  }

  #count(name: string): void {
    this.applied[name] = (this.applied[name] ?? 0) + 1;
  }
}
