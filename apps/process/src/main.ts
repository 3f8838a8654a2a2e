/** Runs the stages parse, validate, enrich: fused by default, or a contiguous part of them cut at an internal topic. */
import { parseArgs } from 'node:util';
import { FatalError, type Stage, systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createRegistryClient } from '@alphapulse/registry';
import { envNumber, runApp, runStages, schemaRegistryUrl } from '@alphapulse/runtime';
import { sources } from '@alphapulse/sources';
import { createParseStage, enrich, validate } from '@alphapulse/stages';

const { values } = parseArgs({
  options: { stages: { type: 'string', default: process.env.PROCESS_STAGES ?? 'parse,validate,enrich' } },
});

await runApp('process', async (log, signal) => {
  const clock = systemClock;
  const all = [createParseStage(sources), validate, enrich] as unknown as Stage[];
  const stages = values.stages.split(',').map((name) => {
    const stage = all.find((candidate) => candidate.name === name.trim());
    if (!stage)
      throw new FatalError(
        'config_invalid',
        `--stages: ${name} is none of ${all.map((candidate) => candidate.name).join(', ')}`,
      );
    return stage;
  });
  const kafka = kafkaConfigFromEnv('alphapulse-process', log);
  const enriches = stages.includes(enrich as unknown as Stage);
  // Redis only shortens the start: without it everything is read from the topics.
  const registry = enriches
    ? createRegistryClient({
        config: kafka,
        schemaRegistryUrl: schemaRegistryUrl(),
        redisUrl: process.env.REDIS_URL || 'redis://127.0.0.1:6379',
        clock,
        kinds: ['listings'],
      })
    : undefined;
  try {
    if (registry)
      await Promise.race([
        registry.start(),
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      ]);
    await runStages(
      {
        stages,
        stageDeps: { listings: registry },
        ...(registry ? { catchUp: () => registry.catchUp() } : {}),
        kafka,
        schemaRegistryUrl: schemaRegistryUrl(),
        clock,
        log,
        groupSuffix: process.env.GROUP_SUFFIX ?? '',
        maxWaitMs: envNumber('PROCESS_MAX_WAIT_MS', 20),
        sessionTimeoutMs: envNumber('PROCESS_SESSION_TIMEOUT_MS', 10_000),
      },
      signal,
    );
  } finally {
    await registry?.close();
  }
});
