import type { Clock, GapHow, GapSeen, MessageOrigin, RawSink } from '@alphapulse/core';
import type { IdempotentProducer, SchemaIds } from '@alphapulse/kafka';
import type { Gap } from '@alphapulse/schemas';
import { opsGaps, type RawTopic } from '@alphapulse/topics';

/** What a task has received, for its health report. */
export interface SinkCounts {
  messages: number;
  bytes: number;
  /** Microseconds; undefined before the first message. */
  lastMessageTime: number | undefined;
  gapsOpen: number;
  gapsHealed: number;
}

/** One task's way into Kafka: raw messages and gaps, through the collector's one producer. */
export class KafkaSink implements RawSink {
  readonly counts: SinkCounts = { messages: 0, bytes: 0, lastMessageTime: undefined, gapsOpen: 0, gapsHealed: 0 };
  readonly #producer: IdempotentProducer;
  readonly #schemas: SchemaIds;
  readonly #clock: Clock;
  readonly #topic: RawTopic;
  readonly #source: string;
  readonly #collector: string;
  #gaps = 0;

  constructor(options: {
    producer: IdempotentProducer;
    schemas: SchemaIds;
    clock: Clock;
    topic: RawTopic;
    source: string;
    collector: string;
  }) {
    this.#producer = options.producer;
    this.#schemas = options.schemas;
    this.#clock = options.clock;
    this.#topic = options.topic;
    this.#source = options.source;
    this.#collector = options.collector;
  }

  message(key: string, channel: string, from: MessageOrigin, payload: Buffer, contentType = 'application/json'): void {
    const { endpoint, connectionId, sequence, receivedTime } = from;
    const value = this.#topic.value.encode({
      source: this.#source,
      channel,
      endpoint,
      connectionId,
      sequence,
      receivedTime,
      contentType,
      payload,
    });
    this.#producer.send(
      this.#topic.name,
      key,
      this.#schemas.prefix(this.#topic),
      value,
      Math.floor(receivedTime / 1000),
    );
    this.counts.messages++;
    this.counts.bytes += payload.length;
    this.counts.lastMessageTime = receivedTime;
  }

  get full(): boolean {
    return this.#producer.full;
  }

  drained(): Promise<void> {
    return this.#producer.drained();
  }

  gap(seen: GapSeen): { resolve(how: GapHow): void } {
    const detectedTime = this.#clock.nowUs();
    const gap: Gap = {
      id: `${this.#collector}/${seen.source}/${detectedTime}/${this.#gaps++}`,
      source: seen.source,
      venue: seen.venue,
      channel: seen.channel,
      symbol: seen.symbol,
      fromSequence: seen.fromSequence ?? null,
      toSequence: seen.toSequence ?? null,
      fromTime: seen.fromTime,
      toTime: seen.toTime,
      detectedTime,
      resolvedTime: null,
      resyncMs: null,
      cause: seen.cause,
      how: null,
    };
    this.counts.gapsOpen++;
    this.#send(gap, detectedTime);
    let open = true;
    return {
      resolve: (how) => {
        if (!open) return;
        open = false;
        this.counts.gapsOpen--;
        if (how !== 'none') this.counts.gapsHealed++;
        const resolvedTime = this.#clock.nowUs();
        this.#send({ ...gap, resolvedTime, resyncMs: (resolvedTime - detectedTime) / 1000, how }, resolvedTime);
      },
    };
  }

  #send(gap: Gap, timeUs: number): void {
    this.#producer.send(
      opsGaps.name,
      `${gap.source}/${gap.symbol}`,
      this.#schemas.prefix(opsGaps),
      opsGaps.value.encode(gap),
      Math.floor(timeUs / 1000),
    );
  }
}
