import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FatalError } from '@alphapulse/core';
import { brokerProperties } from './broker-settings.ts';
import { kafkaAnswers, redisAnswers, registryAnswers } from './health.ts';
import type { PartPlan } from './part-process.ts';
import type { Parts } from './parts.ts';
import { runCommand } from './run-command.ts';

/** The name the plans give every Java process, by which a leftover is known to be ours. */
export const marker = { kafka: 'kafka.Kafka', registry: 'apicurio-registry-app', redis: 'redis-server' } as const;

/** Where a local stack runs. */
export interface LocalPlace {
  readonly directory: string;
  readonly ports: {
    readonly kafka: number;
    readonly controller: number;
    readonly registry: number;
    readonly redis: number;
  };
}

export function registryUrl(port: number): string {
  return `http://127.0.0.1:${port}/apis/ccompat/v7`;
}

/** The broker; its data directory is formatted when it is new. */
export async function prepareKafka(parts: Parts, place: LocalPlace, signal?: AbortSignal): Promise<void> {
  const dataDirectory = join(place.directory, 'data', 'kafka');
  const settings = settingsFile(place);
  mkdirSync(join(place.directory, 'data'), { recursive: true });
  writeFileSync(
    settings,
    brokerProperties({ port: place.ports.kafka, controllerPort: place.ports.controller, dataDirectory }),
  );
  if (existsSync(join(dataDirectory, 'meta.properties'))) return;
  const formatted = await runCommand(
    parts.java.command,
    [
      ...quickStart,
      ...kafkaLogging,
      '-cp',
      parts.kafkaClassPath,
      'kafka.tools.StorageTool',
      'format',
      '-t',
      newClusterId(),
      '-c',
      settings,
    ],
    signal === undefined ? {} : { signal },
  );
  signal?.throwIfAborted();
  if (formatted.code !== 0) {
    throw new FatalError(
      'stack_failed',
      `Kafka’s data directory could not be formatted: ${formatted.output.slice(-500)}`,
    );
  }
}

export function kafkaPlan(parts: Parts, place: LocalPlace, jvm: readonly string[]): PartPlan {
  return {
    title: 'Kafka',
    command: parts.java.command,
    args: [
      '-Xms256m',
      '-Xmx512m',
      ...jvm,
      ...quietJvm,
      ...kafkaLogging,
      '-cp',
      parts.kafkaClassPath,
      marker.kafka,
      settingsFile(place),
    ],
    cwd: place.directory,
    logFile: join(place.directory, 'logs', 'kafka.log'),
    pidFile: join(place.directory, 'run', 'kafka.pid'),
    answers: () => kafkaAnswers(`127.0.0.1:${place.ports.kafka}`),
    startLimitMs: 60_000,
  };
}

/**
 * The schema registry keeps its schemas in an embedded database file rather than in Kafka: it then starts beside
 * the broker instead of after it, in a third of the time. Every commit is written through, so a crash loses nothing.
 */
export function registryPlan(parts: Parts, place: LocalPlace, jvm: readonly string[]): PartPlan {
  const database = join(place.directory, 'data', 'registry', 'schemas');
  mkdirSync(join(place.directory, 'data', 'registry'), { recursive: true });
  return {
    title: 'Schema registry',
    command: parts.java.command,
    args: [
      '-Xms64m',
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      ...jvm,
      ...quietJvm,
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${place.ports.registry}`,
      '-Dquarkus.log.level=WARN',
      '-Dquarkus.banner.enabled=false',
      '-Dapicurio.storage.kind=sql',
      '-Dapicurio.storage.sql.kind=h2',
      `-Dapicurio.datasource.url=jdbc:h2:file:${database};WRITE_DELAY=0`,
      '-jar',
      join(parts.registryDirectory, parts.registryJar),
    ],
    cwd: place.directory,
    logFile: join(place.directory, 'logs', 'registry.log'),
    pidFile: join(place.directory, 'run', 'registry.pid'),
    answers: () => registryAnswers(registryUrl(place.ports.registry)),
    startLimitMs: 90_000,
  };
}

export function redisPlan(parts: Parts, place: LocalPlace): PartPlan {
  const data = join(place.directory, 'data', 'redis');
  mkdirSync(data, { recursive: true });
  return {
    title: 'Redis',
    command: parts.redisCommand,
    // A cache that the registry app can rebuild: a snapshot on a clean stop and every five minutes is enough.
    args: [
      '--port',
      String(place.ports.redis),
      '--bind',
      '127.0.0.1',
      '--dir',
      data,
      '--save',
      '300 1',
      '--appendonly',
      'no',
    ],
    cwd: place.directory,
    logFile: join(place.directory, 'logs', 'redis.log'),
    pidFile: join(place.directory, 'run', 'redis.pid'),
    answers: () => redisAnswers(`redis://127.0.0.1:${place.ports.redis}`),
    startLimitMs: 20_000,
  };
}

function settingsFile(place: LocalPlace): string {
  return join(place.directory, 'data', 'kafka.properties');
}

/**
 * A cluster id as Kafka makes them: 16 random bytes in base64url, of which none begins with a hyphen. Each formatted
 * directory has its own, so that a copy of an earlier cluster (in Redis) is not taken for one of this.
 */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

const quickStart = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/** A class archive that does not fit (another Java, moved jars) is passed over without a word. */
const quietJvm = ['-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr'];

const kafkaLogging = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];
