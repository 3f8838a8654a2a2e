import type { Clock, Log } from '@alphapulse/core';
import kafkajs, { type Assigner, type Consumer, type KafkaMessage, type PartitionAssigner } from 'kafkajs';
import { type KafkaConfig, securityOptions } from './config.ts';
import './kafkajs-fixes.ts';
import { kafkajsLogCreator } from './kafkajs-log.ts';

export interface ConsumedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly KafkaMessage[];
  /** Keeps the membership alive; call it in long work. */
  heartbeat(): Promise<void>;
  /** True when the batch has been overtaken by a seek, a rebalance or a stop: drop it. */
  stale(): boolean;
  /** Moves the position past an offset. */
  resolve(offset: number): void;
}

export interface GroupConsumerOptions {
  readonly config: KafkaConfig;
  readonly clock: Clock;
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Batches of different partitions handled at once; one partition's batches never overlap. */
  readonly concurrency: number;
  readonly sessionTimeoutMs?: number;
  /** How long the broker holds an empty fetch, and how much it collects before it answers. */
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  /** Called for each fetched batch of a partition. Throwing stops the consumer and reaches `run`. */
  onBatch(batch: ConsumedBatch): Promise<void>;
  /** Called after each (re)join, before any batch, with what this member has now. */
  onAssigned?(assignment: ReadonlyMap<string, readonly number[]>): void;
}

// kafkajs is CommonJS: only its default export is sure to be there under ESM.
const { AssignerProtocol, Kafka, logLevel } = kafkajs;

/**
 * A member of a Kafka consumer group that commits nothing by itself.
 * Crashed members (broker gone, coordinator errors) are replaced with backoff; a watchdog replaces one that neither
 * fetches nor heartbeats any more, which kafkajs is known to do after coordinator errors.
 */
export class GroupConsumer {
  readonly #options: GroupConsumerOptions;
  readonly #log: Log;
  #consumer: Consumer | undefined;
  #progressMs = 0;
  #downSinceMs: number | undefined;
  #failure: unknown;

  constructor(options: GroupConsumerOptions) {
    this.#options = options;
    this.#log = options.config.log;
  }

  /** Consumes until the signal aborts, then leaves the group. Rejects with what `onBatch` threw. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    let attempt = 0;
    while (!signal.aborted && this.#failure === undefined) {
      const ended = new AbortController();
      const startedMs = clock.nowMs();
      try {
        await this.#runOnce(signal, ended);
      } catch (error) {
        if (this.#downSinceMs === undefined) {
          this.#downSinceMs = clock.nowMs();
          this.#log.warn(
            { code: 'broker_unavailable', group: this.#options.groupId, error: (error as Error).message },
            'consumer stopped, joining again',
          );
        }
      }
      if (signal.aborted || this.#failure !== undefined) break;
      attempt = clock.nowMs() - startedMs > 60_000 ? 0 : attempt + 1;
      await clock.sleep(Math.min(5_000, 250 * 2 ** Math.min(attempt, 5)), signal);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sets the position of a partition; batches in flight become stale. */
  seek(topic: string, partition: number, offset: number): void {
    this.#consumer?.seek({ topic, partition, offset: String(offset) });
  }

  async #runOnce(signal: AbortSignal, ended: AbortController): Promise<void> {
    const { config, clock, groupId, topics, concurrency } = this.#options;
    const kafka = new Kafka({
      ...securityOptions(config),
      brokers: config.brokers,
      clientId: config.clientId,
      logLevel: logLevel.WARN,
      logCreator: kafkajsLogCreator(config.log),
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
    const sessionTimeout = this.#options.sessionTimeoutMs ?? 10_000;
    const consumer = kafka.consumer({
      groupId,
      partitionAssigners: [copartitionAssigner],
      sessionTimeout,
      rebalanceTimeout: 30_000,
      heartbeatInterval: Math.min(1_000, sessionTimeout / 4),
      maxBytesPerPartition: 512 * 1024,
      minBytes: this.#options.minBytes ?? 1,
      maxWaitTimeInMs: this.#options.maxWaitMs ?? 50,
      allowAutoTopicCreation: false,
      retry: { retries: 3, initialRetryTime: 100, maxRetryTime: 2_000, restartOnFailure: async () => false },
    });
    this.#consumer = consumer;
    const progress = () => {
      this.#progressMs = clock.nowMs();
    };
    progress();
    const stop = () => ended.abort();
    signal.addEventListener('abort', stop, { once: true });
    const stopped = new Promise<void>((resolve, reject) => {
      ended.signal.addEventListener('abort', () => resolve());
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    });
    stopped.catch((error: Error) => this.#log.debug({ error: error.message }, 'consumer ended'));
    consumer.on(consumer.events.FETCH, progress);
    consumer.on(consumer.events.HEARTBEAT, progress);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.#downSinceMs !== undefined)
        this.#log.info({ group: groupId, afterMs: clock.nowMs() - this.#downSinceMs }, 'consumer has joined again');
      this.#downSinceMs = undefined;
      this.#options.onAssigned?.(new Map(Object.entries(payload.memberAssignment)));
    });
    const watchdog = setInterval(() => {
      if (clock.nowMs() - this.#progressMs < 60_000) return;
      this.#log.warn({ group: groupId }, 'consumer makes no progress, replacing it');
      ended.abort();
    }, 5_000);
    try {
      await consumer.connect();
      for (const topic of topics) await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: concurrency,
        eachBatch: async ({ batch, heartbeat, isRunning, isStale, resolveOffset }) => {
          try {
            await this.#options.onBatch({
              topic: batch.topic,
              partition: batch.partition,
              messages: batch.messages,
              heartbeat,
              stale: () => !isRunning() || isStale() || signal.aborted,
              resolve: (offset) => resolveOffset(String(offset)),
            });
          } catch (error) {
            // Group errors are kafkajs's to handle: it joins again.
            if ((error as Error).name?.startsWith('KafkaJS')) throw error;
            this.#failure = error;
            ended.abort();
          }
        },
      });
      await stopped;
    } finally {
      clearInterval(watchdog);
      signal.removeEventListener('abort', stop);
      this.#consumer = undefined;
      await consumer
        .disconnect()
        .catch((error: Error) => this.#log.debug({ error: error.message }, 'consumer did not disconnect cleanly'));
    }
  }
}

/** Gives partition n of every topic to the same member, so that copartitioned topics are folded together. */
const copartitionAssigner: PartitionAssigner = ({ cluster }): Assigner => ({
  name: 'alphapulse-copartition',
  version: 1,
  async assign({ members, topics }) {
    const ids = members.map(({ memberId }) => memberId).sort();
    const assignment = new Map<string, Record<string, number[]>>(ids.map((id) => [id, {}]));
    for (const topic of [...topics].sort()) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const member = assignment.get(ids[partitionId % ids.length] as string) as Record<string, number[]>;
        member[topic] = [...(member[topic] ?? []), partitionId];
      }
    }
    return ids.map((memberId) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 1,
        assignment: assignment.get(memberId) as Record<string, number[]>,
        userData: Buffer.alloc(0),
      }),
    }));
  },
  protocol({ topics }) {
    return {
      name: 'alphapulse-copartition',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics: [...topics], userData: Buffer.alloc(0) }),
    };
  },
});
