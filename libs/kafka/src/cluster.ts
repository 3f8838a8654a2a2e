import { RetriableError } from '@alphapulse/core';
import kafkajs from 'kafkajs';
import Cluster, { type Broker } from 'kafkajs/src/cluster/index.js';
import loggers from 'kafkajs/src/loggers/index.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import protocolErrors from 'kafkajs/src/protocol/error.js';
import { type KafkaConfig, securityOptions } from './config.ts';
import './kafkajs-fixes.ts';
import { kafkajsLogCreator } from './kafkajs-log.ts';

export type { Broker, Cluster };

/** Connections, metadata and authentication come from kafkajs; producing and reading partitions are ours. */
export function createCluster(
  config: KafkaConfig,
  isolation: 'read_committed' | 'read_uncommitted' = 'read_committed',
): Cluster {
  return new Cluster({
    ...securityOptions(config),
    brokers: config.brokers,
    clientId: config.clientId,
    logger: loggers.createLogger({ level: kafkajs.logLevel.WARN, logCreator: kafkajsLogCreator(config.log) }),
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 5_000 },
    offsets: new Map(),
    socketFactory: socketFactory(),
    connectionTimeout: 5_000,
    authenticationTimeout: 10_000,
    reauthenticationThreshold: 10_000,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    isolationLevel: isolation === 'read_committed' ? 1 : 0,
  });
}

/** The leader of a partition. @throws RetriableError `broker_unavailable` while there is none. */
export async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const leaders = cluster.findLeaderForPartitions(topic, [partition]);
  const nodeId = Object.keys(leaders)[0];
  if (nodeId === undefined) {
    await cluster.refreshMetadata();
    throw new RetriableError('broker_unavailable', `${topic}-${partition} has no leader`);
  }
  return cluster.findBroker({ nodeId });
}

/** The kafkajs error of a Kafka error code; undefined for 0. */
export function protocolError(code: number): (Error & { type: string; retriable: boolean }) | undefined {
  return protocolErrors.failure(code) ? protocolErrors.createErrorFromCode(code) : undefined;
}
