/** Runs the collection tasks that the group gives it: sources → `raw.*`, `ops.gaps`, `ops.collectors`. */
import { hostname } from 'node:os';
import { systemClock } from '@alphapulse/core';
import { GroupConsumer, IdempotentProducer, kafkaConfigFromEnv, LogReader, SchemaIds } from '@alphapulse/kafka';
import { createNet } from '@alphapulse/net';
import { loadAssetOverrides } from '@alphapulse/reference';
import { createRegistrar } from '@alphapulse/registry';
import { envNumber, patiently, runApp, schemaRegistryUrl } from '@alphapulse/runtime';
import { sources } from '@alphapulse/sources';
import { collectionTasks, opsCollectors, opsGaps, raw, type SourceId } from '@alphapulse/topics';
import { Fleet } from './fleet.ts';

await runApp('collect', async (log, signal) => {
  const clock = systemClock;
  const kafka = kafkaConfigFromEnv('alphapulse-collect', log);
  const schemas = new SchemaIds({ url: schemaRegistryUrl(), clock });
  const rawTopics = sources.map(({ id }) => raw[id as SourceId]);
  const written = [...rawTopics, opsCollectors, opsGaps];
  await patiently(() => schemas.register([...written, collectionTasks]), clock, log, signal);
  const producer = new IdempotentProducer({ config: kafka, clock });
  await patiently(() => producer.connect(written.map(({ name }) => name)), clock, log, signal);
  const registrar = createRegistrar({
    config: kafka,
    schemaRegistryUrl: schemaRegistryUrl(),
    clock,
    overrides: await loadAssetOverrides(process.env),
  });
  const reader = new LogReader({ config: kafka, clock, gatherMs: 0 });

  const fleet = new Fleet(sources, {
    collector: `${hostname()}/${process.pid}`,
    producer,
    schemas,
    clock,
    net: createNet({ clock, log }),
    log,
    register: (listings, source) => registrar.register(listings, source),
    discoverEveryMs: envNumber('DISCOVER_EVERY_MS', 300_000),
  });
  const group = new GroupConsumer({
    config: kafka,
    clock,
    groupId: process.env.COLLECT_GROUP ?? 'collect',
    topics: [collectionTasks.name],
    concurrency: 1,
    maxWaitMs: 1_000,
    sessionTimeoutMs: envNumber('COLLECT_SESSION_TIMEOUT_MS', 10_000),
    // Membership alone matters here: every collector reads all tasks itself, to follow changes in its share.
    onBatch: async (batch) => batch.resolve(Number(batch.messages.at(-1)?.offset)),
    onAssigned: (assignment) => fleet.assign(assignment.get(collectionTasks.name) ?? []),
  });
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  try {
    const partitions = await patiently(() => reader.partitions(collectionTasks.name), clock, log, both);
    await Promise.all([
      group.run(both),
      reader.follow(
        (partitions ?? []).map((partition) => ({ topic: collectionTasks.name, partition, at: 'beginning' })),
        (records) => fleet.wish(records),
        both,
      ),
    ]);
  } finally {
    failed.abort();
    await fleet.stop();
    if (!(await producer.close()))
      log.error({ waitingBytes: producer.pendingBytes }, 'records could not be sent before the end');
    await registrar.close();
    await reader.close();
  }
});
