/** Runs detectors: `processed.*` → `opportunities.*`, `market.updates`. Each is a consumer group of its own. */
import { parseArgs } from 'node:util';
import { FatalError, type Stage, systemClock } from '@alphapulse/core';
import { detectors } from '@alphapulse/detectors';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { envNumber, runApp, runStages, schemaRegistryUrl } from '@alphapulse/runtime';

const { values } = parseArgs({
  options: {
    detectors: { type: 'string', default: process.env.DETECTORS ?? Object.keys(detectors).join(',') },
  },
});

/** How long a fetch may gather records: updates are conflated to 250 ms anyway, opportunities are wanted soon. */
const defaultMaxWaitMs: Readonly<Record<string, number>> = { 'market-updates': 250 };

await runApp('detect', async (log, signal) => {
  const chosen = values.detectors.split(',').map((name) => {
    const detector = Object.values(detectors).find(({ stage }) => stage.name === name.trim());
    if (!detector)
      throw new FatalError('config_invalid', `--detectors: ${name} is none of ${Object.keys(detectors).join(', ')}`);
    return detector;
  });
  const kafka = kafkaConfigFromEnv('alphapulse-detect', log);
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  await Promise.all(
    chosen.map(({ stage, config }) =>
      runStages(
        {
          stages: [stage as unknown as Stage],
          stageDeps: config,
          kafka,
          schemaRegistryUrl: schemaRegistryUrl(),
          clock: systemClock,
          log,
          groupSuffix: process.env.GROUP_SUFFIX ?? '',
          maxWaitMs: envNumber('DETECT_MAX_WAIT_MS', defaultMaxWaitMs[stage.name] ?? 50),
          sessionTimeoutMs: envNumber('DETECT_SESSION_TIMEOUT_MS', 10_000),
        },
        both,
      ).catch((error) => {
        failed.abort();
        throw error;
      }),
    ),
  );
});
