import type { GapCause, GapHow, RawSink } from '@alphapulse/core';

interface OpenGap {
  readonly cause: GapCause;
  resolve(how: GapHow): void;
}

/** The gaps that are open now, at most one for each channel of a symbol. */
export class OpenGaps {
  readonly #sink: RawSink;
  readonly #open = new Map<string, OpenGap>();

  constructor(sink: RawSink) {
    this.#sink = sink;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens a gap unless one is open there already: it is the same hole until the feed is whole again. */
  open(channel: string, symbol: string, cause: GapCause, fromTime: number, toTime: number): void {
    const name = `${channel}|${symbol}`;
    if (this.#open.has(name)) return;
    const gap = this.#sink.gap({ source: 'kraken', venue: 'kraken', channel, symbol, cause, fromTime, toTime });
    this.#open.set(name, { cause, resolve: (how) => gap.resolve(how) });
  }

  /** Closes the gap when there is one; `how` may depend on its cause. */
  close(channel: string, symbol: string, how: GapHow | ((cause: GapCause) => GapHow)): void {
    const gap = this.take(channel, symbol);
    gap?.resolve(typeof how === 'string' ? how : how(gap.cause));
  }

  /** Hands over the open gap to who will resolve it. */
  take(channel: string, symbol: string): OpenGap | undefined {
    const name = `${channel}|${symbol}`;
    const gap = this.#open.get(name);
    this.#open.delete(name);
    return gap;
  }
}
