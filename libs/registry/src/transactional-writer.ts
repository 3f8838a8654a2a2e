import { codeOf, FatalError } from '@alphapulse/core';
import { createCluster, type KafkaConfig, partitionOf, TransactionalProducer } from '@alphapulse/kafka';
import type { EncodedRecord, ProducerPort } from './ports.ts';

/** One for all registrars, which is what serialises them. */
export const writerTransactionalId = 'registry-writer';

/** A registrar that was killed holds readers back for no longer. */
const transactionTimeoutMs = 15_000;

/** Well below what a broker takes as one batch (`message.max.bytes`, 1 MiB). */
const maxBatchBytes = 512 * 1024;

type Cluster = ReturnType<typeof createCluster>;

/**
 * The registry's writer over Kafka transactions: taking over is initialising the one transactional id, which fences the
 * former owner and settles its open transaction (KIP-98).
 */
export class TransactionalWriter implements ProducerPort {
  readonly #config: KafkaConfig;
  #cluster: Cluster | undefined;
  #producer: TransactionalProducer | undefined;
  readonly #partitions = new Map<string, number>();

  constructor(config: KafkaConfig) {
    this.#config = config;
  }

  get holds(): boolean {
    return this.#producer !== undefined;
  }

  async takeOver(topics: readonly string[]): Promise<void> {
    this.#producer = undefined;
    try {
      const cluster = await this.#connect();
      const producer = new TransactionalProducer({
        config: this.#config,
        transactionalId: writerTransactionalId,
        cluster,
        timeoutMs: transactionTimeoutMs,
      });
      await producer.init(topics);
      for (const topic of topics) this.#partitions.set(topic, cluster.findTopicPartitionMetadata(topic).length);
      this.#producer = producer;
    } catch (error) {
      await this.#disconnect();
      throw error;
    }
  }

  async commit(records: readonly EncodedRecord[], timestampMs: number): Promise<ReadonlyMap<string, number>> {
    const producer = this.#producer;
    if (!producer) throw new FatalError('unexpected', 'committing without having taken over');
    const next = new Map<string, number>();
    const pending = new Map<string, number>();
    const flush = async () => {
      for (const [id, base] of await producer.flush()) next.set(id, base + (pending.get(id) ?? 0));
      pending.clear();
    };
    try {
      for (const { topic, key, prefix, value } of records) {
        const partition = partitionOf(key, this.#partitions.get(topic) ?? 1);
        producer.append(topic, Buffer.from(key), key, prefix, value, timestampMs, undefined, partition);
        pending.set(`${topic}/${partition}`, (pending.get(`${topic}/${partition}`) ?? 0) + 1);
        if (producer.pendingBytes >= maxBatchBytes) await flush();
      }
      await flush();
      await producer.commitRecords();
      return next;
    } catch (error) {
      // A producer is used up by any failure.
      this.#producer = undefined;
      if (codeOf(error) !== 'producer_fenced') await this.#disconnect();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#producer = undefined;
    await this.#disconnect();
  }

  async #connect(): Promise<Cluster> {
    if (!this.#cluster) {
      const cluster = createCluster(this.#config);
      await cluster.connect();
      this.#cluster = cluster;
    }
    return this.#cluster;
  }

  async #disconnect(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster
      ?.disconnect()
      .catch((error: Error) => this.#config.log.debug({ error: error.message }, 'connection was lost already'));
  }
}
