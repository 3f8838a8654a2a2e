import { RetriableError } from '@alphapulse/core';
import Encoder from 'kafkajs/src/protocol/encoder.js';
import * as responseV7 from 'kafkajs/src/protocol/requests/produce/v7/response.js';
import { type Broker, type Cluster, leaderOf } from './cluster.ts';
import { FlexibleReader, FlexibleWriter } from './flexible.ts';

/** A finished record batch for one partition. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface PartitionResult {
  readonly topic: string;
  readonly partition: number;
  /** Kafka error code; 0 when appended. */
  readonly errorCode: number;
  readonly baseOffset: number;
}

/**
 * Version 7 is what every broker knows. Version 12 adds the partitions to the transaction itself, which takes a cluster
 * with transaction version 2 (KIP-890).
 */
export type ProduceVersion = 7 | 12;

/**
 * Produce request, versions 7 and 12 (the latter in the flexible encoding):
 *
 *   transactional_id nullable-string | acks i16 | timeout_ms i32 | [topic string [partition i32 | records bytes]]
 *
 * Source: https://kafka.apache.org/protocol#The_Messages_Produce. acks is always all.
 */
export async function produce(
  cluster: Cluster,
  transactionalId: string | null,
  batches: readonly PartitionBatch[],
  version: ProduceVersion = 7,
): Promise<PartitionResult[]> {
  const byBroker = new Map<Broker, PartitionBatch[]>();
  for (const batch of batches) {
    const broker = await leaderOf(cluster, batch.topic, batch.partition);
    const list = byBroker.get(broker);
    if (list) list.push(batch);
    else byBroker.set(broker, [batch]);
  }
  const results = await Promise.all(
    [...byBroker].map(([broker, list]) => produceTo(broker, transactionalId, list, version)),
  );
  return results.flat();
}

async function produceTo(
  broker: Broker,
  transactionalId: string | null,
  batches: readonly PartitionBatch[],
  version: ProduceVersion,
): Promise<PartitionResult[]> {
  const payload = version === 7 ? encode(transactionalId, batches) : encodeFlexible(transactionalId, batches);
  try {
    return await broker.connectionPool.send({
      request: {
        apiKey: 0,
        apiVersion: version,
        apiName: 'Produce',
        expectResponse: () => true,
        encode: async () => payload,
      },
      response: {
        decode: version === 7 ? responseV7.decode : async (raw) => decodeFlexible(raw),
        parse: async (data) => resultsOf(data as ProduceResponse),
      },
    });
  } catch (cause) {
    // A closed connection is only found out by using it; kafkajs opens a new one when the broker is asked for again.
    if ((cause as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw new RetriableError('broker_unavailable', `produce failed: ${(cause as Error).message}`, { cause });
  }
}

interface ProduceResponse {
  topics: { topicName: string; partitions: { partition: number; errorCode: number; baseOffset: string }[] }[];
}

function resultsOf(response: ProduceResponse): PartitionResult[] {
  return response.topics.flatMap(({ topicName, partitions }) =>
    partitions.map(({ partition, errorCode, baseOffset }) => ({
      topic: topicName,
      partition,
      errorCode,
      baseOffset: Number(baseOffset),
    })),
  );
}

/** Waits for all replicas, and so long for them, in milliseconds. */
const acksOfAll = -1;
const timeoutMs = 30_000;

function byTopic(batches: readonly PartitionBatch[]): Map<string, PartitionBatch[]> {
  const topics = new Map<string, PartitionBatch[]>();
  for (const batch of batches) {
    const list = topics.get(batch.topic);
    if (list) list.push(batch);
    else topics.set(batch.topic, [batch]);
  }
  return topics;
}

function encodeFlexible(transactionalId: string | null, batches: readonly PartitionBatch[]): Encoder {
  const size = batches.reduce((sum, { topic, batch }) => sum + topic.length * 3 + batch.length + 16, 256);
  const body = new FlexibleWriter(size).string(transactionalId).int16(acksOfAll).int32(timeoutMs);
  body.array(byTopic(batches), ([topic, list]) => {
    body.string(topic).array(list, ({ partition, batch }) => {
      body.int32(partition).bytes(batch).tags();
    });
    body.tags();
  });
  return body.tags().finish();
}

/**
 * [topic [partition i32 | error_code i16 | base_offset i64 | log_append_time i64 | log_start_offset i64
 * | [batch_index i32, message] | error_message]] | throttle_ms i32
 */
function decodeFlexible(raw: Buffer): ProduceResponse {
  const reader = new FlexibleReader(raw);
  const topics = reader.array(() => {
    const topicName = reader.string() ?? '';
    const partitions = reader.array(() => {
      const partition = reader.int32();
      const errorCode = reader.int16();
      const baseOffset = String(reader.int64());
      reader.int64();
      reader.int64();
      reader.array(() => {
        reader.int32();
        reader.string();
        reader.tags();
      });
      reader.string();
      reader.tags();
      return { partition, errorCode, baseOffset };
    });
    reader.tags();
    return { topicName, partitions };
  });
  return { topics };
}

function encode(transactionalId: string | null, batches: readonly PartitionBatch[]): Encoder {
  const topics = byTopic(batches);
  let size = 2 + (transactionalId === null ? 0 : Buffer.byteLength(transactionalId)) + 2 + 4 + 4;
  for (const [topic, list] of topics) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const { batch } of list) size += 4 + 4 + batch.length;
  }
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  if (transactionalId === null) at = buffer.writeInt16BE(-1, at);
  else {
    at = buffer.writeInt16BE(Buffer.byteLength(transactionalId), at);
    at += buffer.write(transactionalId, at);
  }
  at = buffer.writeInt16BE(acksOfAll, at);
  at = buffer.writeInt32BE(timeoutMs, at);
  at = buffer.writeInt32BE(topics.size, at);
  for (const [topic, list] of topics) {
    at = buffer.writeInt16BE(Buffer.byteLength(topic), at);
    at += buffer.write(topic, at);
    at = buffer.writeInt32BE(list.length, at);
    for (const { partition, batch } of list) {
      at = buffer.writeInt32BE(partition, at);
      at = buffer.writeInt32BE(batch.length, at);
      at += batch.copy(buffer, at);
    }
  }
  const encoder = new Encoder(size);
  encoder.writeBufferInternal(buffer);
  return encoder;
}
