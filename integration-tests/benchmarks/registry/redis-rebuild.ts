/**
 * How fast the copy in Redis is rebuilt from the topics: `redis-rebuild.ts [entities]`, against a stack of its own.
 * Prints one JSON line.
 */
import { Materialiser } from '@alphapulse/app-registry/materialiser.ts';
import { RedisCache } from '@alphapulse/app-registry/redis-cache.ts';
import { systemClock } from '@alphapulse/core';
import { LogReader } from '@alphapulse/kafka';
import { createRedis } from '@alphapulse/redis';
import { allKinds, redisKeys, topicOf } from '@alphapulse/registry';
import { Kafka } from '../../harness/kafka.ts';
import { stackEnvironment, startTestStack } from '../../harness/stack.ts';
import { benchEntity } from './entities.ts';

const entities = Number(process.argv[2] ?? 200_000);
const stack = await startTestStack({ name: 'redis-rebuild', local: true });
try {
  Object.assign(process.env, stackEnvironment(stack));
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
} finally {
  await stack.stop();
}

async function measure(): Promise<object> {
  const kafka = await Kafka.connect();
  await append(kafka);
  const redis = createRedis(process.env.REDIS_URL ?? '', kafka.config.log);
  if (!redis.available) await new Promise<void>((resolve) => redis.client.once('ready', resolve));
  const materialiser = new Materialiser({
    kinds: allKinds,
    cache: new RedisCache(redis),
    // A good log: nothing is corrupt.
    corruptRecords: { keep: async () => undefined },
    openReader: () => new LogReader({ config: kafka.config, clock: systemClock }),
    schemas: kafka.schemas,
    clock: systemClock,
    log: kafka.config.log,
  });
  const stop = new AbortController();
  const cpuBefore = process.cpuUsage();
  const startMs = systemClock.nowMs();
  const running = materialiser.run(stop.signal);
  while (!materialiser.current) await systemClock.sleep(5);
  const tookMs = systemClock.nowMs() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const inRedis = await Promise.all(allKinds.map((kind) => redis.client.hlen(redisKeys.entities(kind))));
  const memory = /used_memory:(\d+)/.exec(await redis.client.info('memory'))?.[1];
  const redisCpu = /used_cpu_user:([\d.]+)/.exec(await redis.client.info('cpu'))?.[1];
  stop.abort();
  await running;
  await redis.close();
  await kafka.close();
  return {
    entities: inRedis.reduce((sum, count) => sum + count, 0),
    tookMs,
    perSecond: Math.round((entities / tookMs) * 1_000),
    processCpuMs: Math.round((user + system) / 1_000),
    redisCpuMs: Math.round(Number(redisCpu) * 1_000),
    redisBytesPerEntity: Math.round(Number(memory) / entities),
  };
}

async function append(kafka: Kafka): Promise<void> {
  for (let number = 0; number < entities; number++) {
    const { kind, key, value } = benchEntity(number);
    const topic = topicOf[kind];
    kafka.producer.send(
      topic.name,
      key,
      kafka.schemas.prefix(topic),
      topic.value.encode(value as never),
      systemClock.nowMs(),
    );
    if (kafka.producer.full) await kafka.producer.drained();
  }
  await kafka.producer.flush();
}
