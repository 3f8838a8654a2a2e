import { type Clock, FatalError, type Log } from '@alphapulse/core';
import { type Cluster, createCluster, protocolError } from './cluster.ts';
import type { KafkaConfig } from './config.ts';
import { partitionOf } from './partitioner.ts';
import { produce } from './produce-request.ts';
import { RecordBatchBuilder, type RecordHeader } from './record-batch.ts';

interface Open {
  readonly topic: string;
  readonly partition: number;
  builder: RecordBatchBuilder;
}

interface Sealed {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly builder: RecordBatchBuilder;
}

export interface ProducerLimits {
  /** A partition's open batch is sent when it has grown to so many bytes … */
  readonly batchBytes: number;
  /** … or the oldest record has waited so long. */
  readonly lingerMs: number;
  /** Bytes waiting above which `full` is true. */
  readonly bufferBytes: number;
}

export const defaultLimits: ProducerLimits = { batchBytes: 256 * 1024, lingerMs: 10, bufferBytes: 32 * 1024 * 1024 };

/**
 * Appends records in order, without duplicates, for as long as it takes: when the broker is away it keeps what it has,
 * says so in one log line, and goes on when the broker is back. One request is in flight at a time, so order within a
 * partition holds across retries; producer id and sequence numbers let the broker drop what it already has (KIP-98).
 */
export class IdempotentProducer {
  readonly #cluster: Cluster;
  readonly #limits: ProducerLimits;
  readonly #log: Log;
  readonly #clock: Clock;
  #open = new Map<string, Open>();
  #sealed: Sealed[] = [];
  #sequences = new Map<string, number>();
  #partitionCounts = new Map<string, number>();
  #producerId: bigint = -1n;
  #producerEpoch = -1;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #drainWaiters: (() => void)[] = [];
  #closed = false;
  #gaveUp: Error | undefined;

  constructor(options: { config: KafkaConfig; clock: Clock; limits?: Partial<ProducerLimits> }) {
    this.#cluster = createCluster(options.config);
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#log = options.config.log;
    this.#clock = options.clock;
  }

  async connect(topics: readonly string[]): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.addMultipleTargetTopics([...topics]);
    await this.#cluster.refreshMetadataIfNecessary();
    for (const topic of topics)
      this.#partitionCounts.set(topic, this.#cluster.findTopicPartitionMetadata(topic).length);
    await this.#newIdentity();
  }

  /** Queues a record. @throws FatalError for a topic that was not named to `connect`. */
  send(
    topic: string,
    keyText: string,
    prefix: Buffer | null,
    value: Buffer | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
    partition?: number,
  ): void {
    if (this.#gaveUp) throw this.#gaveUp;
    const count = this.#partitionCounts.get(topic);
    if (!count)
      throw new FatalError('config_invalid', `topic ${topic} does not exist or was not named to the producer`);
    const target = partition ?? partitionOf(keyText, count);
    const id = `${topic}/${target}`;
    let open = this.#open.get(id);
    if (!open) {
      open = { topic, partition: target, builder: new RecordBatchBuilder() };
      this.#open.set(id, open);
    }
    const before = open.builder.bytes;
    open.builder.append(Buffer.from(keyText), prefix, value, timestampMs, headers);
    this.#bytes += open.builder.bytes - before;
    if (open.builder.bytes >= this.#limits.batchBytes) {
      this.#open.delete(id);
      this.#sealed.push({ id, ...open });
      this.#kick();
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#kick();
      }, this.#limits.lingerMs);
    }
  }

  get full(): boolean {
    return this.#bytes >= this.#limits.bufferBytes;
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Resolves when half of the buffer is free again. */
  drained(): Promise<void> {
    if (this.#bytes < this.#limits.bufferBytes / 2) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** Resolves when everything queued so far has been acknowledged. */
  async flush(): Promise<void> {
    while (this.#bytes > 0) {
      if (this.#gaveUp) throw this.#gaveUp;
      this.#kick();
      await this.#sending;
    }
  }

  /** Sends what is waiting, up to `timeoutMs`, and disconnects. Returns false when something had to be left unsent. */
  async close(timeoutMs = 10_000): Promise<boolean> {
    const giveUp = new AbortController();
    const done = await Promise.race([
      this.flush().then(() => true),
      this.#clock.sleep(timeoutMs, giveUp.signal).then(() => false),
    ]);
    giveUp.abort();
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#cluster.disconnect();
    return done;
  }

  #kick(): void {
    if (this.#sending || this.#bytes === 0) return;
    this.#sending = this.#sendAll()
      .catch((error: Error) => {
        // Thrown again by the next send, flush or close: whoever produces must stop.
        this.#gaveUp = error;
        this.#log.error({ error: error.message }, 'producing stopped');
        for (const wake of this.#drainWaiters.splice(0)) wake();
      })
      .finally(() => {
        this.#sending = undefined;
      });
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const round = this.#takeRound();
      if (round.length === 0) return;
      await this.#sendRound(round);
      for (const { builder } of round) this.#bytes -= builder.bytes - emptyBatchBytes;
      if (this.#bytes < this.#limits.bufferBytes / 2) for (const wake of this.#drainWaiters.splice(0)) wake();
      // What came in meanwhile lingers on its own timer unless it is a full batch.
      if (this.#sealed.length === 0 && this.#timer !== undefined) return;
    }
  }

  /** At most one batch a partition: the next one of a partition waits for the round before. */
  #takeRound(): Sealed[] {
    const round = new Map<string, Sealed>();
    const later: Sealed[] = [];
    for (const sealed of this.#sealed) {
      if (round.has(sealed.id)) later.push(sealed);
      else round.set(sealed.id, sealed);
    }
    this.#sealed = later;
    for (const [id, open] of this.#open) {
      if (round.has(id) || later.some((sealed) => sealed.id === id)) continue;
      round.set(id, { id, ...open });
      this.#open.delete(id);
    }
    return [...round.values()];
  }

  async #sendRound(round: readonly Sealed[]): Promise<void> {
    let left = round;
    let downSinceMs: number | undefined;
    let failure: Error | undefined;
    const isAway = () => {
      if (failure === undefined || downSinceMs !== undefined) return;
      downSinceMs = this.#clock.nowMs();
      this.#log.warn(
        { code: 'broker_unavailable', waitingBytes: this.#bytes, error: failure.message },
        'broker is away, records wait',
      );
    };
    for (let attempt = 0; ; attempt++) {
      try {
        left = await this.#attempt(left);
        if (left.length === 0) {
          if (downSinceMs !== undefined)
            this.#log.info({ afterMs: this.#clock.nowMs() - downSinceMs }, 'broker is back, producing goes on');
          return;
        }
      } catch (error) {
        if (error instanceof FatalError) throw error;
        failure = error as Error;
        if (attempt >= 2) isAway();
      }
      if (this.#closed) throw new FatalError('broker_unavailable', 'producer was closed while the broker was away');
      await this.#clock.sleep(Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)));
      // The driver asks for metadata for many seconds before it gives up: too long to say nothing.
      const asked = new AbortController();
      void this.#clock.sleep(awayAfterMs, asked.signal).then(() => asked.signal.aborted || isAway());
      await this.#cluster
        .refreshMetadata()
        .catch((error: Error) => this.#log.debug({ error: error.message }, 'metadata not refreshed yet'));
      asked.abort();
    }
  }

  /** Returns the batches that must be sent again. */
  async #attempt(round: readonly Sealed[]): Promise<Sealed[]> {
    const finished = round.map(({ id, topic, partition, builder }) => ({
      topic,
      partition,
      batch: builder.finish({
        producerId: this.#producerId,
        producerEpoch: this.#producerEpoch,
        baseSequence: this.#sequences.get(id) ?? 0,
        transactional: false,
      }),
    }));
    const results = await produce(this.#cluster, null, finished);
    const again: Sealed[] = [];
    let newIdentity = false;
    for (const sealed of round) {
      const result = results.find(({ topic, partition }) => topic === sealed.topic && partition === sealed.partition);
      const error = protocolError(result?.errorCode ?? 0);
      if (error === undefined || error.type === 'DUPLICATE_SEQUENCE_NUMBER') {
        this.#sequences.set(sealed.id, ((this.#sequences.get(sealed.id) ?? 0) + sealed.builder.count) % 0x80000000);
        continue;
      }
      if (
        error.type === 'UNKNOWN_PRODUCER_ID' ||
        error.type === 'OUT_OF_ORDER_SEQUENCE_NUMBER' ||
        error.type === 'INVALID_PRODUCER_EPOCH'
      )
        newIdentity = true;
      else if (!error.retriable)
        throw new FatalError(
          'broker_unavailable',
          `${sealed.topic}-${sealed.partition} refuses records: ${error.message}`,
          { cause: error },
        );
      again.push(sealed);
    }
    if (newIdentity) await this.#newIdentity();
    return again;
  }

  async #newIdentity(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const broker = await this.#cluster.findControllerBroker();
        const result = await broker.initProducerId({ transactionalId: undefined, transactionTimeout: 60_000 });
        this.#producerId = BigInt(result.producerId);
        this.#producerEpoch = result.producerEpoch;
        this.#sequences.clear();
        return;
      } catch (error) {
        // A broker that has just started is still loading its transaction log.
        if ((error as { retriable?: boolean }).retriable !== true || attempt >= 50) throw error;
        await this.#clock.sleep(100);
      }
    }
  }
}

/** A broker that does not answer for so long is away. */
const awayAfterMs = 1_000;
const emptyBatchBytes = new RecordBatchBuilder(64).bytes;
