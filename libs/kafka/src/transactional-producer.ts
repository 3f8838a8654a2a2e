import { FatalError, RetriableError } from '@alphapulse/core';
import { type Broker, type Cluster, createCluster, protocolError } from './cluster.ts';
import type { KafkaConfig } from './config.ts';
import { partitionOf } from './partitioner.ts';
import { type PartitionBatch, produce } from './produce-request.ts';
import { RecordBatchBuilder, type RecordHeader } from './record-batch.ts';
import { commitOffsets, endTransaction, type ProducerIdentity } from './transaction-requests.ts';
import { transactionVersion } from './transaction-version.ts';

const groupCoordinator = 0;
const transactionCoordinator = 1;
/** About ten seconds of waiting. */
const maxAttempts = 200;
/** Errors that mean: somebody else owns this transactional id now. */
const fencedTypes = new Set([
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'TRANSACTION_COORDINATOR_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'UNKNOWN_PRODUCER_ID',
]);
const waitTypes = new Set([
  'CONCURRENT_TRANSACTIONS',
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
]);
/** CONCURRENT_TRANSACTIONS: the markers of the transaction before are still being written. */
const concurrentTransactions = 51;

export interface CommittedInput {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read. */
  readonly offset: number;
  readonly metadata: string | null;
}

/**
 * Produces whole transactions for one transactional id: `init`, then for each batch `append`…, `commit`.
 *
 * Everything of a transaction is sent at commit: partitions are added, batches appended, the consumer offsets added and
 * the transaction ended. On clusters with transaction version 2 (KIP-890) batches and offsets add themselves, which
 * spares two requests a transaction; older ones are asked in the older way. After any failure the producer is used up: make a new one, whose `init` fences this one and
 * settles what it left open (Kafka's transaction protocol, KIP-98).
 */
export class TransactionalProducer {
  readonly #cluster: Cluster;
  readonly #ownsCluster: boolean;
  readonly #transactionalId: string;
  readonly #timeoutMs: number;
  readonly #newest: number;
  #producerId = -1n;
  #producerEpoch = -1;
  /** Level of the cluster's feature `transaction.version`. */
  #version = 0;
  /** True once partitions were added to a transaction that has not been ended. */
  #begun = false;
  #sequences = new Map<string, number>();
  #batches = new Map<string, { topic: string; partition: number; builder: RecordBatchBuilder }>();
  #partitionCounts = new Map<string, number>();
  readonly #coordinators = new Map<string, Broker>();

  constructor(options: {
    config: KafkaConfig;
    transactionalId: string;
    cluster?: Cluster;
    timeoutMs?: number;
    /** Uses no newer transaction version than this, whatever the cluster has. */
    transactionVersion?: number;
  }) {
    this.#newest = options.transactionVersion ?? 2;
    this.#cluster = options.cluster ?? createCluster(options.config);
    this.#ownsCluster = options.cluster === undefined;
    this.#transactionalId = options.transactionalId;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
  }

  /** Takes over the transactional id: fences a former owner and settles its open transaction. */
  async init(topics: readonly string[]): Promise<void> {
    if (this.#ownsCluster) await this.#cluster.connect();
    await this.#cluster.addMultipleTargetTopics([...topics]);
    await this.#cluster.refreshMetadataIfNecessary();
    for (const topic of topics)
      this.#partitionCounts.set(topic, this.#cluster.findTopicPartitionMetadata(topic).length);
    this.#version = this.#newest >= 2 ? await this.#clusterVersion() : 0;
    const result = await this.#withCoordinator((coordinator) =>
      coordinator.initProducerId({ transactionalId: this.#transactionalId, transactionTimeout: this.#timeoutMs }),
    );
    this.#producerId = BigInt(result.producerId);
    this.#producerEpoch = result.producerEpoch;
    this.#begun = false;
    this.#sequences.clear();
  }

  /** Adds a record to the transaction; `partition` overrides the key's own. */
  append(
    topic: string,
    key: Buffer | null,
    keyText: string,
    prefix: Buffer | null,
    value: Buffer | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
    partition?: number,
  ): void {
    const count = this.#partitionCounts.get(topic);
    if (count === undefined || count === 0)
      throw new FatalError('config_invalid', `topic ${topic} does not exist or was not declared to the producer`);
    const target = partition ?? partitionOf(keyText, count);
    const id = `${topic}/${target}`;
    let batch = this.#batches.get(id);
    if (!batch) {
      batch = { topic, partition: target, builder: new RecordBatchBuilder() };
      this.#batches.set(id, batch);
    }
    batch.builder.append(key, prefix, value, timestampMs, headers);
  }

  get pendingBytes(): number {
    let bytes = 0;
    for (const { builder } of this.#batches.values()) bytes += builder.bytes;
    return bytes;
  }

  /** Sends what was appended so far without ending the transaction; returns the base offset by `topic/partition`. */
  async flush(): Promise<Map<string, number>> {
    const bases = new Map<string, number>();
    if (this.#batches.size === 0) return bases;
    const pending = [...this.#batches.values()];
    this.#batches.clear();
    this.#begun = true;
    if (this.#version < 2) await this.#addPartitions(pending);
    const finished: PartitionBatch[] = pending.map(({ topic, partition, builder }) => {
      const id = `${topic}/${partition}`;
      const baseSequence = this.#sequences.get(id) ?? 0;
      this.#sequences.set(id, (baseSequence + builder.count) % 0x80000000);
      const batch = builder.finish({
        producerId: this.#producerId,
        producerEpoch: this.#producerEpoch,
        baseSequence,
        transactional: true,
      });
      return { topic, partition, batch };
    });
    for (let attempt = 0, left = finished; left.length > 0; attempt++) {
      const results = await produce(this.#cluster, this.#transactionalId, left, this.#version < 2 ? 7 : 12);
      const again = new Set<string>();
      for (const { topic, partition, errorCode, baseOffset } of results) {
        const error = protocolError(errorCode);
        if (errorCode === concurrentTransactions && attempt < maxAttempts) again.add(`${topic}/${partition}`);
        else if (error) throw this.#classify(error, `${topic}-${partition}`);
        else bases.set(`${topic}/${partition}`, baseOffset);
      }
      // Nothing of these was appended, so they go again as they are, sequence numbers included.
      left = left.filter(({ topic, partition }) => again.has(`${topic}/${partition}`));
      if (left.length > 0) await pause(attempt);
    }
    return bases;
  }

  /** Ends the transaction with the inputs it consumed; when it throws, nothing of it is visible to read-committed readers. */
  async commit(group: string, inputs: readonly CommittedInput[]): Promise<void> {
    // Records and offsets take different ways to the broker: side by side they cost three round trips, not five.
    await Promise.all([this.flush(), this.#sendOffsets(group, inputs)]);
    await this.#end();
  }

  /**
   * Ends a transaction that consumed nothing: for writers that are serialised by their transactional id, because whoever
   * calls `init` later makes this one's commit fail. Nothing appended, nothing to end.
   */
  async commitRecords(): Promise<void> {
    await this.flush();
    if (this.#begun) await this.#end();
  }

  async #addPartitions(batches: Iterable<{ topic: string; partition: number }>): Promise<void> {
    const topics = new Map<string, number[]>();
    for (const { topic, partition } of batches) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
    await this.#withCoordinator((coordinator) =>
      coordinator.addPartitionsToTxn({
        ...this.#identity(),
        topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
      }),
    );
  }

  async #sendOffsets(group: string, inputs: readonly CommittedInput[]): Promise<void> {
    const topics = new Map<string, { partition: number; offset: bigint; metadata: string | null }[]>();
    for (const { topic, partition, offset, metadata } of inputs) {
      topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset: BigInt(offset), metadata }]);
    }
    if (this.#version >= 2) {
      await this.#retry('group', group, groupCoordinator, (coordinator) =>
        commitOffsets(coordinator, this.#producer(), group, topics),
      );
      return;
    }
    await this.#withCoordinator((coordinator) => coordinator.addOffsetsToTxn({ ...this.#identity(), groupId: group }));
    await this.#retry('group', group, groupCoordinator, (coordinator) =>
      coordinator.txnOffsetCommit({
        ...this.#identity(),
        groupId: group,
        topics: [...topics].map(([topic, partitions]) => ({
          topic,
          partitions: partitions.map((partition) => ({ ...partition, offset: String(partition.offset) })),
        })),
      }),
    );
  }

  async #end(): Promise<void> {
    this.#begun = false;
    if (this.#version < 2) {
      await this.#withCoordinator((coordinator) =>
        coordinator.endTxn({ ...this.#identity(), transactionResult: true }),
      );
      return;
    }
    const next = await this.#withCoordinator((coordinator) => endTransaction(coordinator, this.#producer(), true));
    this.#producerId = next.producerId;
    this.#producerEpoch = next.producerEpoch;
    // Sequence numbers count from zero in each epoch.
    this.#sequences.clear();
  }

  async #clusterVersion(): Promise<number> {
    try {
      return await transactionVersion(this.#cluster);
    } catch (cause) {
      throw this.#classify(cause, 'features');
    }
  }

  async disconnect(): Promise<void> {
    if (this.#ownsCluster) await this.#cluster.disconnect();
  }

  #producer(): ProducerIdentity {
    return { transactionalId: this.#transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch };
  }

  /** As kafkajs takes it. */
  #identity() {
    return { ...this.#producer(), producerId: String(this.#producerId) };
  }

  #withCoordinator<T>(call: (coordinator: Broker) => Promise<T>): Promise<T> {
    return this.#retry('transaction', this.#transactionalId, transactionCoordinator, call);
  }

  /**
   * Calls a coordinator, which is looked up once and again after an error; waits out one that is loading or still ending
   * the former transaction. All of these calls may be repeated.
   */
  async #retry<T>(
    what: string,
    id: string,
    coordinatorType: number,
    call: (coordinator: Broker) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        const known = this.#coordinators.get(id);
        const coordinator = known ?? (await this.#cluster.findGroupCoordinator({ groupId: id, coordinatorType }));
        this.#coordinators.set(id, coordinator);
        return await call(coordinator);
      } catch (cause) {
        const type = (cause as { type?: string }).type ?? '';
        if (type !== 'CONCURRENT_TRANSACTIONS') this.#coordinators.delete(id);
        if (!waitTypes.has(type) || attempt >= maxAttempts) throw this.#classify(cause, what);
        // The markers of the transaction before are usually written within a few milliseconds.
        await pause(attempt);
      }
    }
  }

  #classify(cause: unknown, what: string): Error {
    const { type, message } = cause as { type?: string; message: string };
    if (type && fencedTypes.has(type))
      return new RetriableError(
        'producer_fenced',
        `${this.#transactionalId} was taken over by another process (${type})`,
        { cause },
      );
    return new RetriableError('broker_unavailable', `${this.#transactionalId}, ${what}: ${message}`, { cause });
  }
}

/** A little longer each time, up to 50 ms. */
function pause(attempt: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(50, 2 ** Math.min(attempt, 6))));
}
