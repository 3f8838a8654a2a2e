export interface LivenessLimits {
  readonly silentMs: number;
  readonly staleMs: number | undefined;
  readonly pingMs: number;
}

export interface LivenessVerdict {
  /** Nothing has arrived for `silentMs`, although a ping was sent: the connection is dead. */
  readonly silent: boolean;
  /** A keep-alive is due, or it is time to ask whether the other side is still there. */
  readonly ping: boolean;
  /** Channels that have just become stale. */
  readonly stale: readonly string[];
  /** Milliseconds until the next look is worth while. */
  readonly nextMs: number;
}

interface Channel {
  lastUs: number;
  stale: boolean;
}

/**
 * Judges whether a connection still lives, from what arrived when. Times in microseconds.
 * Any frame (data, heartbeat, ping, pong) keeps the connection alive; only `alive` keeps a channel fresh,
 * so heartbeats do not hide a channel that has gone quiet.
 */
export class Liveness {
  readonly #limits: LivenessLimits;
  readonly #channels = new Map<string, Channel>();
  /** Before this we were not reading, so quiet proves nothing. */
  #sinceUs: number;
  #frameUs: number;
  #pingUs: number;
  #probed = false;

  constructor(limits: LivenessLimits, nowUs: number) {
    this.#limits = limits;
    this.#sinceUs = nowUs;
    this.#frameUs = nowUs;
    this.#pingUs = nowUs;
  }

  frame(nowUs: number): void {
    this.#frameUs = nowUs;
    this.#probed = false;
  }

  alive(channel: string, nowUs: number): void {
    const known = this.#channels.get(channel);
    if (!known) {
      this.#channels.set(channel, { lastUs: nowUs, stale: false });
      return;
    }
    known.lastUs = nowUs;
    known.stale = false;
  }

  /** Reading goes on after a pause: nothing counts as quiet for the time we did not look. */
  resumed(nowUs: number): void {
    this.#sinceUs = nowUs;
    this.frame(nowUs);
  }

  get hasData(): boolean {
    return this.#channels.size > 0;
  }

  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Channels that have brought data since then. */
  activeSince(us: number): string[] {
    return [...this.#channels].filter(([, { lastUs }]) => lastUs >= us).map(([name]) => name);
  }

  check(nowUs: number, paused: boolean): LivenessVerdict {
    const { silentMs, staleMs, pingMs } = this.#limits;
    const silentUs = this.#frameUs + silentMs * 1000;
    const probeUs = this.#frameUs + silentMs * 500;
    const probe = !paused && !this.#probed && nowUs >= probeUs;
    if (probe) this.#probed = true;
    const ping = probe || nowUs >= this.#pingUs + pingMs * 1000;
    if (ping) this.#pingUs = nowUs;
    let nextUs = this.#pingUs + pingMs * 1000;
    const stale: string[] = [];
    if (!paused) {
      nextUs = Math.min(nextUs, this.#probed ? silentUs : probeUs);
      for (const [name, channel] of staleMs === undefined ? [] : this.#channels) {
        if (channel.stale) continue;
        const staleUs = Math.max(channel.lastUs, this.#sinceUs) + (staleMs ?? 0) * 1000;
        if (staleUs > nowUs) nextUs = Math.min(nextUs, staleUs);
        else {
          channel.stale = true;
          stale.push(name);
        }
      }
    }
    const silent = !paused && nowUs >= silentUs;
    return { silent, ping, stale, nextMs: Math.max(1, Math.ceil((nextUs - nowUs) / 1000)) };
  }
}
