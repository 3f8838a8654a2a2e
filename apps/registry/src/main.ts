/** Follows the registry topics: keeps Redis as their copy and serves them over HTTP. */
import type { AddressInfo } from 'node:net';
import { FatalError, systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv, LogReader, SchemaIds, TransactionalProducer } from '@alphapulse/kafka';
import { createRedis } from '@alphapulse/redis';
import { createRegistrar, createRegistryView } from '@alphapulse/registry';
import { runApp, schemaRegistryUrl } from '@alphapulse/runtime';
import { registryConfig } from './config.ts';
import { DeadLetters, deadLetterTransactionalId } from './dead-letters.ts';
import { createApi } from './http/api.ts';
import { NameIndex } from './http/name-index.ts';
import { Materialiser } from './materialiser.ts';
import { createMetrics } from './metrics.ts';
import { RedisCache } from './redis-cache.ts';
import { materialisedBy, servedBy } from './roles.ts';

await runApp('registry', async (log, signal) => {
  const config = registryConfig(process.argv.slice(2));
  const { role, access } = config;
  const clock = systemClock;
  const kafka = kafkaConfigFromEnv('alphapulse-registry', log);
  const url = schemaRegistryUrl();
  const names = new NameIndex();
  const view = createRegistryView({
    ...{ config: kafka, schemaRegistryUrl: url, clock, kinds: servedBy(role) },
    onChange: (change) => names.changed(change),
  });
  // Reads the topics when it is first asked to write, and all of them: identities of every kind share one id space.
  const registrar = createRegistrar({ config: kafka, schemaRegistryUrl: url, clock });
  const redis = createRedis(config.redisUrl, log);
  const openReader = () => new LogReader({ config: kafka, clock, gatherMs: 0 });
  const deadLetters = new DeadLetters({
    openProducer: () => new TransactionalProducer({ config: kafka, transactionalId: deadLetterTransactionalId }),
    openReader,
    clock,
    log,
  });
  const materialiser = new Materialiser({
    kinds: materialisedBy(role),
    cache: new RedisCache(redis),
    corruptRecords: deadLetters,
    openReader,
    schemas: new SchemaIds({ url, clock }),
    clock,
    log,
  });
  const redisAvailable = () => redis.available;
  const api = createApi({
    ...{ role, view, names, registrar, access, clock, log },
    cache: { materialiser, available: redisAvailable },
    metrics: createMetrics({ view, materialiser, redisAvailable, deadLetters }),
  });
  try {
    const address = await api.listen({ host: config.host, port: config.port }).catch((cause: Error) => {
      throw new FatalError(
        'config_invalid',
        `REGISTRY_HOST, REGISTRY_PORT: cannot listen on ${config.host}:${config.port}: ${cause.message}`,
        { cause },
      );
    });
    const { port } = api.server.address() as AddressInfo;
    log.info({ url: address, port, role, reads: access.reads, writes: access.writeToken !== undefined }, 'listening');
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const serving = view.start().then(() => {
      if (view.caughtUp) log.info({ entities: view.counts(), corrupt: view.corrupt }, 'registry read');
      return view.done;
    });
    const materialising = materialiser.run(signal);
    await Promise.race([Promise.all([serving, materialising]), stopped]);
    // Open requests are answered while everything they need is still there.
    await api.close();
    await materialising;
  } finally {
    await api.close();
    await registrar.close();
    await view.close();
    await deadLetters.close();
    await redis.close();
  }
});
