import { systemClock } from '@alphapulse/core';
import type { RawMessage } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import {
  binanceProtocol,
  type DislocationOptions,
  krakenProtocol,
  MarketModel,
  type PlantedDislocation,
  type VenueProtocol,
  type VenueSession,
  type WrongMapping,
} from '@alphapulse/testkit';
import { raw, type SourceId } from '@alphapulse/topics';
import type { Kafka } from './kafka.ts';

/** One message as a collector would append it. */
export interface RawRow {
  readonly source: SourceId;
  readonly key: string;
  readonly message: RawMessage;
}

export interface SimulatedRaw {
  readonly rows: readonly RawRow[];
  /** When its market began, µs. */
  readonly startUs: number;
  /** What the market planted. */
  readonly truth: readonly PlantedDislocation[];
}

const stepUs = 5_000;

/**
 * What the collectors would have received from a seeded market over some seconds of its time: subscriptions answered,
 * snapshots, every frame, in receive order. Nothing waits for a clock, so minutes of market take moments.
 */
export function simulatedRaw(options: {
  seed: number;
  seconds: number;
  eventsPerSecond?: number;
  startUs?: number;
  dislocations?: Partial<DislocationOptions> | boolean;
  /** Times are in seconds after the market began. */
  wrongMappings?: readonly (Omit<WrongMapping, 'fromUs' | 'toUs'> & { fromSecond: number; toSecond: number })[];
}): SimulatedRaw {
  // Ends about now: the broker's retention goes by the records' time.
  const startUs = options.startUs ?? systemClock.nowUs() - options.seconds * 1_000_000;
  const model = new MarketModel({
    seed: options.seed,
    startUs,
    firstId: systemClock.nowUs(),
    eventsPerSecond: options.eventsPerSecond ?? 200,
    ...(options.dislocations === undefined || options.dislocations === true
      ? {}
      : { dislocations: options.dislocations }),
    wrongMappings: (options.wrongMappings ?? []).map(({ fromSecond, toSecond, ...wrong }) => ({
      ...wrong,
      fromUs: startUs + fromSecond * 1e6,
      toUs: startUs + toSecond * 1e6,
    })),
  });
  const rows: RawRow[] = [];
  let nowUs = startUs;
  const sessions = new Map<string, VenueSession>();
  const recorders = new Map<string, Recorder>();
  for (const [venue, protocol] of [
    ['binance', binanceProtocol],
    ['kraken', krakenProtocol],
  ] as const) {
    const market = model.venues.get(venue);
    if (!market) throw new Error(`the model has no ${venue}`);
    const recorder = new Recorder(venue, protocol, rows, () => nowUs);
    recorders.set(venue, recorder);
    sessions.set(venue, recorder.connect(market));
  }
  model.startDislocations(startUs + 1_000_000);
  let nextTickUs = startUs + 1_000_000;
  let snapshots = false;
  for (const endUs = startUs + options.seconds * 1_000_000; nowUs < endUs; nowUs += stepUs) {
    model.advance(nowUs, (venue, event) => sessions.get(venue)?.event(event));
    if (nowUs >= nextTickUs) {
      nextTickUs += 1_000_000;
      for (const session of sessions.values()) session.tick(nowUs);
      if (!snapshots) for (const recorder of recorders.values()) recorder.snapshots(model);
      snapshots = true;
    }
  }
  model.finish();
  return { rows, startUs, truth: model.truth };
}

/** Appends rows to their raw topics, in order. */
export async function appendRaw(kafka: Kafka, rows: readonly RawRow[]): Promise<void> {
  for (const { source, key, message } of rows) {
    const topic = raw[source];
    kafka.producer.send(
      topic.name,
      key,
      kafka.schemas.prefix(topic),
      topic.value.encode(message),
      Math.floor(message.receivedTime / 1000),
    );
    if (kafka.producer.full) await kafka.producer.drained();
  }
  await kafka.producer.flush();
}

class Recorder {
  readonly #venue: 'binance' | 'kraken';
  readonly #protocol: VenueProtocol;
  readonly #rows: RawRow[];
  readonly #nowUs: () => number;
  readonly #connectionId: string;
  #sequence = 0;

  constructor(venue: 'binance' | 'kraken', protocol: VenueProtocol, rows: RawRow[], nowUs: () => number) {
    this.#venue = venue;
    this.#protocol = protocol;
    this.#rows = rows;
    this.#nowUs = nowUs;
    this.#connectionId = `simulated-${venue}-${systemClock.nowUs()}`;
  }

  connect(market: Parameters<VenueProtocol['connect']>[2]): VenueSession {
    const path = this.#venue === 'binance' ? '/stream' : '/v2';
    const session = this.#protocol.connect(
      path,
      new URLSearchParams(),
      market,
      (text) => this.#take(text),
      this.#nowUs,
    );
    if (this.#venue === 'binance') {
      const params = market.pairs.flatMap(({ base, quote }) =>
        ['trade', 'bookTicker', 'depth@100ms'].map((stream) => `${base}${quote}`.toLowerCase().concat('@', stream)),
      );
      session.message(JSON.stringify({ method: 'SUBSCRIBE', params, id: 1 }));
    } else {
      const symbol = market.pairs.map(({ base, quote }) => `${base}/${quote}`);
      session.message(JSON.stringify({ method: 'subscribe', params: { channel: 'trade', symbol, snapshot: false } }));
      session.message(
        JSON.stringify({ method: 'subscribe', params: { channel: 'ticker', symbol, event_trigger: 'bbo' } }),
      );
      session.message(JSON.stringify({ method: 'subscribe', params: { channel: 'book', symbol, depth: 10 } }));
    }
    return session;
  }

  /** Binance sends book snapshots over REST only. */
  snapshots(model: MarketModel): void {
    if (this.#venue !== 'binance') return;
    const market = model.venues.get(this.#venue);
    for (const { base, quote } of market?.pairs ?? []) {
      const query = new URLSearchParams({ symbol: `${base}${quote}`, limit: '1000' });
      const { body } = this.#protocol.http(
        { method: 'GET', path: '/api/v3/depth', query },
        market as never,
        this.#nowUs(),
      );
      this.#take(body, `http://127.0.0.1/api/v3/depth?${query}`);
    }
  }

  #take(text: string, requestUrl?: string): void {
    const source = sources.find(({ id }) => id === this.#venue);
    if (!source) throw new Error(`no source ${this.#venue}`);
    const payload = Buffer.from(text);
    const endpoint = requestUrl ?? `ws://127.0.0.1/${this.#venue === 'binance' ? 'stream' : 'v2'}`;
    const { key, channel } = source.describe({
      endpoint,
      payload,
      ...(requestUrl === undefined ? {} : { requestUrl }),
    });
    const message: RawMessage = {
      source: this.#venue,
      channel,
      endpoint,
      connectionId: this.#connectionId,
      sequence: this.#sequence++,
      receivedTime: this.#nowUs(),
      contentType: 'application/json',
      payload,
    };
    this.#rows.push({ source: this.#venue, key, message });
  }
}
