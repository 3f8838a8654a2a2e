import type { Clock, Log } from '@alphapulse/core';
import type { FetchedMessage } from 'kafkajs/src/cluster/index.js';
import Batch from 'kafkajs/src/consumer/batch.js';
import { type Broker, type Cluster, createCluster, leaderOf, protocolError } from './cluster.ts';
import type { KafkaConfig } from './config.ts';

/** A record as it stands in the log, undecoded. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
}

export type StartAt = 'beginning' | 'end' | { readonly offset: number } | { readonly timestampMs: number };

export interface PartitionStart {
  readonly topic: string;
  readonly partition: number;
  readonly at: StartAt;
}

/**
 * Reads partitions of its choice without a consumer group, read committed: views of compacted topics, state, replay,
 * digests. Outages are waited out with one log line.
 */
export class LogReader {
  readonly #cluster: Cluster;
  readonly #isolation: 'read_committed' | 'read_uncommitted';
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #gatherMs: number;
  #connected = false;

  constructor(options: {
    config: KafkaConfig;
    clock: Clock;
    isolation?: 'read_committed' | 'read_uncommitted';
    /**
     * How long the broker may gather small records for one answer while following; default 100 ms. With 0 it answers
     * each record at once and holds the question while there is none: for topics on which little happens.
     */
    gatherMs?: number;
  }) {
    this.#gatherMs = options.gatherMs ?? 100;
    this.#isolation = options.isolation ?? 'read_committed';
    this.#cluster = createCluster(options.config, this.#isolation);
    this.#log = options.config.log;
    this.#clock = options.clock;
  }

  /** The id that the cluster gave itself when it was formatted: another one means another log. */
  async clusterId(): Promise<string> {
    await this.#connect();
    const { clusterId } = await this.#cluster.metadata({ topics: [] });
    return clusterId;
  }

  /** Partition numbers of a topic; empty when the topic does not exist. */
  async partitions(topic: string): Promise<number[]> {
    await this.#target([topic]);
    return this.#cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  }

  /** The offset a start means. A time after the last record means the end. */
  async offsetOf({ topic, partition, at }: PartitionStart): Promise<number> {
    if (typeof at === 'object' && 'offset' in at) return at.offset;
    await this.#target([topic]);
    const offset = await this.#listOffset(
      topic,
      partition,
      at === 'beginning' ? -2 : at === 'end' ? -1 : at.timestampMs,
    );
    return offset >= 0 ? offset : this.offsetOf({ topic, partition, at: 'end' });
  }

  /** End offsets (next to be written; last stable under read committed) of all partitions of a topic. */
  async ends(topic: string): Promise<Map<number, number>> {
    const ends = new Map<number, number>();
    for (const partition of await this.partitions(topic))
      ends.set(partition, await this.offsetOf({ topic, partition, at: 'end' }));
    return ends;
  }

  /** Reads from the starts up to the ends that the partitions have now, in order within each partition. */
  async readToEnd(
    starts: readonly PartitionStart[],
    onRecords: (records: LogRecord[]) => void | Promise<void>,
  ): Promise<void> {
    const ends = new Map<string, number>();
    for (const start of starts)
      ends.set(`${start.topic}/${start.partition}`, await this.offsetOf({ ...start, at: 'end' }));
    await this.#read(starts, ends, onRecords, new AbortController().signal);
  }

  /** Reads from the starts on until the signal aborts. */
  async follow(
    starts: readonly PartitionStart[],
    onRecords: (records: LogRecord[]) => void | Promise<void>,
    signal: AbortSignal,
    onPosition?: (topic: string, partition: number, next: number) => void,
  ): Promise<void> {
    await this.#read(starts, undefined, onRecords, signal, onPosition);
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }

  async #read(
    starts: readonly PartitionStart[],
    ends: ReadonlyMap<string, number> | undefined,
    onRecords: (records: LogRecord[]) => void | Promise<void>,
    signal: AbortSignal,
    onPosition?: (topic: string, partition: number, next: number) => void,
  ): Promise<void> {
    const next = new Map<string, { topic: string; partition: number; offset: number }>();
    let downSinceMs: number | undefined;
    const topics = [...new Set(starts.map(({ topic }) => topic))];
    for (const start of starts) {
      const offset = await this.#persist(() => this.offsetOf(start), signal);
      if (offset === undefined) return;
      next.set(`${start.topic}/${start.partition}`, { topic: start.topic, partition: start.partition, offset });
    }
    await this.#target(topics);
    while (!signal.aborted) {
      const open = [...next]
        .filter(([id, { offset }]) => ends === undefined || offset < (ends.get(id) ?? 0))
        .map(([, position]) => position);
      if (open.length === 0) return;
      try {
        const byBroker = new Map<Broker, typeof open>();
        for (const position of open) {
          const broker = await leaderOf(this.#cluster, position.topic, position.partition);
          byBroker.set(broker, [...(byBroker.get(broker) ?? []), position]);
        }
        const fetched = await Promise.all(
          [...byBroker].map(([broker, positions]) => this.#fetch(broker, positions, ends === undefined)),
        );
        if (downSinceMs !== undefined) {
          this.#log.info({ topics, afterMs: this.#clock.nowMs() - downSinceMs }, 'broker is back, reading goes on');
          downSinceMs = undefined;
        }
        for (const { topic, partition, records, nextOffset } of fetched.flat()) {
          if (signal.aborted) return;
          const position = next.get(`${topic}/${partition}`);
          if (!position) continue;
          const end = ends?.get(`${topic}/${partition}`);
          const wanted = end === undefined ? records : records.filter((record) => record.offset < end);
          if (wanted.length > 0) await onRecords(wanted);
          position.offset = Math.max(position.offset, nextOffset);
          onPosition?.(topic, partition, position.offset);
        }
      } catch (error) {
        if (signal.aborted) return;
        if ((error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE') {
          // Retention has overtaken the position: go on with the oldest record there is.
          for (const position of open)
            position.offset = Math.max(position.offset, await this.offsetOf({ ...position, at: 'beginning' }));
          continue;
        }
        if (!isOutage(error)) throw error;
        if (downSinceMs === undefined) {
          downSinceMs = this.#clock.nowMs();
          this.#log.warn(
            { code: 'broker_unavailable', topics, error: (error as Error).message },
            'broker is away, reading waits',
          );
        }
        await this.#clock.sleep(500, signal);
        await this.#cluster
          .refreshMetadata()
          .catch((failure: Error) => this.#log.debug({ error: failure.message }, 'metadata not refreshed yet'));
      }
    }
  }

  async #fetch(
    broker: Broker,
    positions: readonly { topic: string; partition: number; offset: number }[],
    following: boolean,
  ) {
    const topics = new Map<
      string,
      { partition: number; currentLeaderEpoch: number; fetchOffset: string; maxBytes: number }[]
    >();
    for (const { topic, partition, offset } of positions) {
      topics.set(topic, [
        ...(topics.get(topic) ?? []),
        { partition, currentLeaderEpoch: -1, fetchOffset: String(offset), maxBytes: 1_048_576 },
      ]);
    }
    const { responses } = await broker.fetch({
      isolationLevel: this.#isolation === 'read_committed' ? 1 : 0,
      maxWaitTime: following ? (this.#gatherMs > 0 ? this.#gatherMs : 500) : 100,
      minBytes: following && this.#gatherMs > 0 ? 64 * 1024 : 1,
      maxBytes: 16 * 1_048_576,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
    const offsets = new Map(positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
    return responses.flatMap(({ topicName, partitions }) =>
      partitions.map((fetched) => {
        const error = protocolError(fetched.errorCode);
        if (error) throw error;
        const from = offsets.get(`${topicName}/${fetched.partition}`) ?? 0;
        const batch = new Batch(topicName, String(from), fetched);
        const records = batch.messages.map((message) => toRecord(topicName, fetched.partition, message));
        // An answer without a message tells nothing of the position unless it held control or aborted records.
        const nextOffset =
          fetched.messages.length === 0 ? from : Number(fetched.messages[fetched.messages.length - 1]?.offset) + 1;
        return { topic: topicName, partition: fetched.partition, records, nextOffset };
      }),
    );
  }

  async #listOffset(topic: string, partition: number, timestamp: number): Promise<number> {
    const isolationLevel = this.#isolation === 'read_committed' ? 1 : 0;
    for (let attempt = 0; ; attempt++) {
      try {
        const broker = await leaderOf(this.#cluster, topic, partition);
        const topics = [{ topic, partitions: [{ partition, timestamp }] }];
        const { responses } = await broker.listOffsets({ isolationLevel, topics });
        return Number(responses[0]?.partitions[0]?.offset ?? -1);
      } catch (error) {
        // A topic that was created a moment ago has its leader only in fresh metadata.
        if ((error as { retriable?: boolean }).retriable !== true || attempt >= 20) throw error;
        await this.#clock.sleep(Math.min(500, 100 * (attempt + 1)));
        await this.#cluster.refreshMetadata();
      }
    }
  }

  async #connect(): Promise<void> {
    if (this.#connected) return;
    await this.#cluster.connect();
    this.#connected = true;
  }

  async #target(topics: string[]): Promise<void> {
    await this.#connect();
    await this.#cluster.addMultipleTargetTopics(topics);
    await this.#cluster.refreshMetadataIfNecessary();
  }

  async #persist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!isOutage(error)) throw error;
        if (attempt === 0)
          this.#log.warn(
            { code: 'broker_unavailable', error: (error as Error).message },
            'broker is away, reading waits',
          );
        await this.#clock.sleep(500, signal);
      }
    }
    return undefined;
  }
}

function toRecord(topic: string, partition: number, message: FetchedMessage): LogRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: message.headers ?? {},
  };
}

/** True for errors that pass when the broker comes back. */
export function isOutage(error: unknown): boolean {
  const { name, retriable, code } = error as { name?: string; retriable?: boolean; code?: string };
  return (
    retriable === true ||
    code === 'broker_unavailable' ||
    (name?.startsWith('KafkaJS') === true && name !== 'KafkaJSNonRetriableError' && name !== 'KafkaJSProtocolError')
  );
}
