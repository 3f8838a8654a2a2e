/** The parts of kafkajs 2.2.4 below its public API that libs/kafka builds on; the version is pinned exactly. */
declare module 'kafkajs/src/cluster/index.js' {
  export interface ProtocolRequest {
    apiKey: number;
    apiVersion: number;
    apiName: string;
    expectResponse?: () => boolean;
    encode(): Promise<{ buffer: Buffer } | unknown>;
  }
  export interface ProtocolResponse<T> {
    decode(raw: Buffer): Promise<unknown>;
    parse(data: unknown): Promise<T>;
  }
  export interface FetchedMessage {
    offset: string;
    timestamp: string;
    key: Buffer | null;
    value: Buffer | null;
    headers?: Record<string, Buffer | Buffer[] | undefined>;
    isControlRecord?: boolean;
    batchContext?: { producerId: string; inTransaction: boolean };
  }
  export interface FetchedPartition {
    partition: number;
    errorCode: number;
    highWatermark: string;
    lastStableOffset: string;
    abortedTransactions: { producerId: string; firstOffset: string }[];
    messages: FetchedMessage[];
  }
  export interface Broker {
    nodeId: number;
    connectionPool: {
      send<T>(protocol: {
        request: ProtocolRequest;
        response: ProtocolResponse<T>;
        requestTimeout?: number;
        logResponseError?: boolean;
      }): Promise<T>;
    };
    disconnect(): Promise<void>;
    initProducerId(request: {
      transactionalId: string | undefined;
      transactionTimeout: number;
    }): Promise<{ producerId: string; producerEpoch: number }>;
    addPartitionsToTxn(request: {
      transactionalId: string;
      producerId: string;
      producerEpoch: number;
      topics: { topic: string; partitions: number[] }[];
    }): Promise<unknown>;
    addOffsetsToTxn(request: {
      transactionalId: string;
      producerId: string;
      producerEpoch: number;
      groupId: string;
    }): Promise<unknown>;
    txnOffsetCommit(request: {
      transactionalId: string;
      groupId: string;
      producerId: string;
      producerEpoch: number;
      topics: { topic: string; partitions: { partition: number; offset: string; metadata: string | null }[] }[];
    }): Promise<unknown>;
    endTxn(request: {
      transactionalId: string;
      producerId: string;
      producerEpoch: number;
      transactionResult: boolean;
    }): Promise<unknown>;
    fetch(request: {
      replicaId?: number;
      isolationLevel: number;
      maxWaitTime: number;
      minBytes: number;
      maxBytes: number;
      topics: {
        topic: string;
        partitions: { partition: number; currentLeaderEpoch: number; fetchOffset: string; maxBytes: number }[];
      }[];
    }): Promise<{ responses: { topicName: string; partitions: FetchedPartition[] }[] }>;
    offsetFetch(request: {
      groupId: string;
      topics: { topic: string; partitions: { partition: number }[] }[];
    }): Promise<{
      responses: {
        topic: string;
        partitions: { partition: number; offset: string; metadata: string | null; errorCode: number }[];
      }[];
    }>;
    listOffsets(request: {
      replicaId?: number;
      isolationLevel: number;
      topics: { topic: string; partitions: { partition: number; timestamp: number | string }[] }[];
    }): Promise<{
      responses: { topic: string; partitions: { partition: number; offset: string; timestamp: string }[] }[];
    }>;
  }
  export default class Cluster {
    constructor(options: Record<string, unknown>);
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    metadata(options: { topics: string[] }): Promise<{ clusterId: string }>;
    refreshMetadataIfNecessary(): Promise<void>;
    addMultipleTargetTopics(topics: string[]): Promise<void>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number; partitionErrorCode: number }[];
    findLeaderForPartitions(topic: string, partitions: (number | string)[]): Record<string, number[]>;
    findBroker(options: { nodeId: string | number }): Promise<Broker>;
    findControllerBroker(): Promise<Broker>;
    findGroupCoordinator(options: { groupId: string; coordinatorType?: number }): Promise<Broker>;
  }
}
declare module 'kafkajs/src/consumer/batch.js' {
  import type { FetchedMessage, FetchedPartition } from 'kafkajs/src/cluster/index.js';
  export default class Batch {
    constructor(topic: string, fetchedOffset: string, partition: FetchedPartition);
    messages: FetchedMessage[];
    highWatermark: string;
    isEmpty(): boolean;
    lastOffset(): string;
  }
}
declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    constructor(initialSize?: number);
    writeBufferInternal(buffer: Buffer): void;
  }
}
declare module 'kafkajs/src/protocol/error.js' {
  export function failure(code: number): boolean;
  export function createErrorFromCode(code: number): Error & { type: string; retriable: boolean };
}
declare module 'kafkajs/src/protocol/requests/produce/v7/response.js' {
  export function decode(raw: Buffer): Promise<unknown>;
}
declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): unknown;
}
declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { level: number; logCreator: unknown }): unknown;
}
declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(buffer: Buffer);
  }
}
declare module 'kafkajs/src/protocol/recordBatch/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js';
  export default function decode(decoder: Decoder): Promise<{
    producerId: string;
    producerEpoch: number;
    inTransaction: boolean;
    records: {
      offset: string;
      timestamp: string;
      key: Buffer | null;
      value: Buffer | null;
      headers: Record<string, Buffer>;
    }[];
  }>;
}
declare module 'kafkajs/src/consumer/offsetManager/index.js' {
  interface TopicPartition {
    topic: string;
    partition: number;
  }
  export default class OffsetManager {
    cluster: {
      fetchTopicsOffset(
        topics: { topic: string; fromBeginning: boolean; partitions: { partition: number }[] }[],
      ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
    };
    resolvedOffsets: Record<string, Record<number, string>>;
    setDefaultOffset(this: OffsetManager, where: TopicPartition): Promise<void>;
  }
}
declare module 'kafkajs/src/broker/index.js' {
  import type { Broker as BrokerType } from 'kafkajs/src/cluster/index.js';

  const Broker: { prototype: BrokerType };
  export default Broker;
}
