import type { Clock } from '@alphapulse/core';
import { type KafkaConfig, LogReader, SchemaIds } from '@alphapulse/kafka';
import { createRedis } from '@alphapulse/redis';
import { RedisCacheReader } from './redis-cache-reader.ts';
import { type ClientOptions, RegistryClient } from './registry-client.ts';

/** A client over Kafka and Redis. Call `start` before the first lookup; `close` ends both connections. */
export function createRegistryClient(
  options: {
    readonly config: KafkaConfig;
    readonly schemaRegistryUrl: string;
    readonly redisUrl: string;
    readonly clock: Clock;
  } & ClientOptions,
): RegistryClient {
  const { config, clock, schemaRegistryUrl, redisUrl } = options;
  const { log } = config;
  const ends = new LogReader({ config, clock });
  return new RegistryClient(
    {
      reader: new LogReader({ config, clock, gatherMs: 0 }),
      ends,
      clusterId: () => ends.clusterId(),
      schemas: new SchemaIds({ url: schemaRegistryUrl, clock }),
      cache: new RedisCacheReader(createRedis(redisUrl, log)),
      clock,
      log,
    },
    options,
  );
}
