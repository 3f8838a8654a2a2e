import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@alphapulse/core';
import { TopicAdmin } from '@alphapulse/kafka';
import { createRedis, type RedisConnection } from '@alphapulse/redis';
import { allKinds, createRegistrar, offsetField, redisKeys, type Statement, topicOf } from '@alphapulse/registry';
import { createLogger, schemaRegistryUrl } from '@alphapulse/runtime';
import { defaultDirectory, discardStack, repositoryRoot, startStack } from '@alphapulse/stack';
import { topics } from '@alphapulse/topics';
import { Kafka, until } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import type { ClientFigures } from './registry/client-process.ts';
import { benchEntity } from './registry/entities.ts';
import { table } from './table.ts';

export interface RegistryBenchOptions {
  /** Entities in the registry; default 1,000,000. */
  readonly entities?: number;
  /** Instruments registered from empty; default 100,000. */
  readonly instruments?: number;
  readonly report?: (line: string) => void;
}

export interface RegistryFigures {
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  readonly registration: { readonly instruments: number; readonly appendedSeconds: number; readonly seconds: number };
  readonly rebuild: { readonly entities: number; readonly seconds: number; readonly entitiesPerSecond: number };
  readonly client: ClientFigures;
  readonly clientWithoutCache: ClientFigures;
}

const registryTopics = allKinds.map((kind) => topicOf[kind].name);

/** Measures the registry on a Kafka and Redis of its own: registration, rebuilding Redis, a client's memory and lookups. */
export async function benchRegistry(options: RegistryBenchOptions = {}): Promise<RegistryFigures> {
  const { entities = 1_000_000, instruments = 100_000, report = () => undefined } = options;
  const directory = join(defaultDirectory, 'bench-registry');
  // From empty: what an earlier run has registered would not be registered again.
  await discardStack(directory, report);
  const stack = await startStack({
    directory,
    ports: { kafka: 0, registry: 0, redis: 0 },
    providers: ['given', 'local'],
    report,
  });
  Object.assign(process.env, {
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    REDIS_URL: stack.redisUrl,
  });
  const log = createLogger('bench');
  log.level = 'warn';
  const redis = createRedis(stack.redisUrl, log);
  const kafka = await Kafka.connect();
  try {
    const admin = new TopicAdmin(kafka.config);
    await admin.connect();
    await admin.apply(topics, { allowDestructive: false });
    await admin.disconnect();
    const app = startApp('registry', [], { REGISTRY_PORT: '0' });
    try {
      await copied(kafka, redis);
      report(`registering ${instruments} instruments …`);
      const registration = await register(kafka, redis, instruments);
      report(`appending ${entities} entities …`);
      await append(kafka, entities);
      await copied(kafka, redis);
      report('rebuilding Redis …');
      const rebuild = await rebuilt(kafka, redis);
      report('filling a client from Redis and the topics …');
      const client = await clientFigures(entities);
      await app.kill('SIGTERM');
      report('filling a client from the topics …');
      await redis.client.flushall();
      const clientWithoutCache = await clientFigures(entities);
      const machine = { cores: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version };
      return { machine, registration, rebuild, client, clientWithoutCache };
    } finally {
      await app.kill('SIGTERM');
    }
  } finally {
    await redis.close();
    await kafka.close();
    await stack.stop();
    await discardStack(directory, report);
  }
}

/** The figures as a table, with what they are measured against. */
export function registryTable(figures: RegistryFigures): string {
  const { registration, rebuild, client, clientWithoutCache, machine } = figures;
  const million = (perSecond: number) => (perSecond / 1e6).toFixed(2);
  return [
    `Method. ${machine.cores} cores (${machine.model}), Node ${machine.node}; broker, Redis, the registry app and what is measured share them.`,
    `Lookups: one core, listing by venue and symbol as of a time among ${client.entities} entities, drawn as on a market (Zipf).`,
    '',
    table([
      ['measure', 'measured', 'target'],
      ['lookups as of a time, million/s', million(client.lookupsPerSecond.market), '≥ 2'],
      ['… of 1,000 busy listings', million(client.lookupsPerSecond.busy), ''],
      ['… of all listings alike', million(client.lookupsPerSecond.uniform), ''],
      [`register ${registration.instruments} instruments into Redis, s`, registration.seconds.toFixed(1), '≤ 30'],
      ['… until appended to the topics, s', registration.appendedSeconds.toFixed(1), ''],
      ['rebuild Redis from topics, entities/s', String(Math.round(rebuild.entitiesPerSecond)), '≥ 50000'],
      [`client memory at ${client.entities} entities, GB`, (client.rssMb / 1024).toFixed(2), '≤ 1.5'],
      ['… peak while filling', (client.peakMb / 1024).toFixed(2), ''],
      [`client filled from ${client.filledFrom}, s`, client.fillSeconds.toFixed(1), ''],
      [`client filled from ${clientWithoutCache.filledFrom}, s`, clientWithoutCache.fillSeconds.toFixed(1), ''],
      ['… peak while filling, GB', (clientWithoutCache.peakMb / 1024).toFixed(2), ''],
    ]),
  ].join('\n');
}

async function register(
  kafka: Kafka,
  redis: RedisConnection,
  instruments: number,
): Promise<RegistryFigures['registration']> {
  const statements = Array.from(
    { length: instruments },
    (_, at): Statement => ({
      kind: 'instruments',
      facts: { identity: `spot:A${at}/USDT` },
      provenance: 'benchmark',
    }),
  );
  const registrar = createRegistrar({
    config: kafka.config,
    schemaRegistryUrl: schemaRegistryUrl(),
    clock: systemClock,
  });
  const startedMs = systemClock.nowMs();
  const outcomes = await registrar.state(statements, { source: 'benchmark' });
  const appendedMs = systemClock.nowMs();
  await copied(kafka, redis);
  const seconds = (systemClock.nowMs() - startedMs) / 1000;
  await registrar.close();
  const rejected = outcomes.find(({ outcome }) => outcome !== 'registered');
  if (rejected) throw new Error(`not registered: ${JSON.stringify(rejected)}`);
  return { instruments, appendedSeconds: (appendedMs - startedMs) / 1000, seconds };
}

/** Fills the topics without a registrar: what is measured is how they are read. */
async function append(kafka: Kafka, entities: number): Promise<void> {
  for (let number = 0; number < entities; number++) {
    const { kind, key, value } = benchEntity(number);
    const topic = topicOf[kind];
    const bytes = topic.value.encode(value as never);
    kafka.producer.send(topic.name, key, kafka.schemas.prefix(topic), bytes, systemClock.nowMs());
    if (kafka.producer.full) await kafka.producer.drained();
  }
  await kafka.producer.flush();
}

/** From when the emptied Redis is first written to, until it has all that the topics have. */
async function rebuilt(kafka: Kafka, redis: RedisConnection): Promise<RegistryFigures['rebuild']> {
  await redis.client.flushall();
  await until(async () => (await redis.client.exists(redisKeys.offsets)) === 1, 60_000, 'the first write to Redis');
  const startedMs = systemClock.nowMs();
  await copied(kafka, redis);
  const seconds = (systemClock.nowMs() - startedMs) / 1000;
  let entities = 0;
  for (const kind of allKinds) entities += await redis.client.hlen(redisKeys.entities(kind));
  return { entities, seconds, entitiesPerSecond: entities / seconds };
}

/** Waits until Redis stands where the topics end. */
async function copied(kafka: Kafka, redis: RedisConnection): Promise<void> {
  const ends = await kafka.ends(registryTopics);
  const giveUpMs = systemClock.nowMs() + 600_000;
  for (;;) {
    const positions = await redis.client.hgetall(redisKeys.offsets);
    const behind = [...ends].find(([id, end]) => {
      const slash = id.lastIndexOf('/');
      return Number(positions[offsetField(id.slice(0, slash), Number(id.slice(slash + 1)))] ?? -1) < end;
    });
    if (!behind) return;
    if (systemClock.nowMs() > giveUpMs) throw new Error(`Redis does not get to ${behind.join(' at ')}`);
    await systemClock.sleep(20);
  }
}

/** In a process of its own, so that its memory is that of a client and of nothing else. */
async function clientFigures(entities: number): Promise<ClientFigures> {
  const file = join('integration-tests', 'benchmarks', 'registry', 'client-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', file, String(entities)], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the client process ended with ${code}`);
  // Log lines come before.
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as ClientFigures;
}
