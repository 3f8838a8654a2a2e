/** Runs the stages parse, validate, enrich: fused by default, or a contiguous part of them cut at an internal topic. */
import { parseArgs } from 'node:util';
import { FatalError, type Stage, systemClock } from '@alphapulse/core';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createRegistryView } from '@alphapulse/registry';
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
  const view = createRegistryView({ config: kafka, schemaRegistryUrl: schemaRegistryUrl(), clock });
  try {
    if (stages.includes(enrich as unknown as Stage))
      await Promise.race([
        view.start(),
        new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      ]);
    await runStages(
      {
        stages,
        stageDeps: { listings: view },
        catchUp: () => view.catchUp(),
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
    await view.close();
  }
});
