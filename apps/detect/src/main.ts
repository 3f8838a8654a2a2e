/**
 * Runs detectors: `processed.*` → `opportunities.*`, `market.updates`, quotes of synthetics. Each is a consumer group of
 * its own.
 */
import { parseArgs } from 'node:util';
import { FatalError, type Stage, systemClock } from '@alphapulse/core';
import { detectors } from '@alphapulse/detectors';
import { kafkaConfigFromEnv } from '@alphapulse/kafka';
import { createRegistryView } from '@alphapulse/registry';
import { envNumber, runApp, runStages, schemaRegistryUrl } from '@alphapulse/runtime';
import { settingsFromEnv } from './settings.ts';
import { syntheticLookup } from './synthetic-lookup.ts';

type Detector = (typeof detectors)[keyof typeof detectors];

const { values } = parseArgs({
  options: {
    detectors: { type: 'string', default: process.env.DETECTORS ?? Object.keys(detectors).join(',') },
  },
});

/**
 * How long a fetch may gather records: updates are conflated to 250 ms anyway, synthetics are held back as long for their
 * order, opportunities are wanted soon.
 */
const defaultMaxWaitMs: Readonly<Record<string, number>> = {
  'market-updates': 250,
  'synthetic-legs': 100,
  synthetics: 100,
};

await runApp('detect', async (log, signal) => {
  const chosen = values.detectors.split(',').map((name) => {
    const detector = Object.values(detectors).find(({ stage }) => stage.name === name.trim());
    if (!detector)
      throw new FatalError('config_invalid', `--detectors: ${name} is none of ${Object.keys(detectors).join(', ')}`);
    return detector;
  });
  const kafka = kafkaConfigFromEnv('alphapulse-detect', log);
  const settings = settingsFromEnv();
  // Definitions are few: they are read from their topic at each start, and only for detectors that ask for them.
  const view = chosen.some(asksRegistry)
    ? createRegistryView({
        config: kafka,
        schemaRegistryUrl: schemaRegistryUrl(),
        clock: systemClock,
        kinds: ['synthetics'],
      })
    : undefined;
  const started = view?.start();
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);

  const run = async (detector: Detector): Promise<void> => {
    const config = settings[detector.stage.name as keyof typeof settings];
    const asked = asksRegistry(detector) ? view : undefined;
    if (asked) await Promise.race([started, aborted(both)]);
    await runStages(
      {
        stages: [detector.stage as unknown as Stage],
        ...(asked
          ? { stageDeps: { config, synthetics: syntheticLookup(asked) }, catchUp: () => asked.catchUp() }
          : { stageDeps: config }),
        kafka,
        schemaRegistryUrl: schemaRegistryUrl(),
        clock: systemClock,
        log,
        groupSuffix: process.env.GROUP_SUFFIX ?? '',
        maxWaitMs: envNumber('DETECT_MAX_WAIT_MS', defaultMaxWaitMs[detector.stage.name] ?? 50),
        sessionTimeoutMs: envNumber('DETECT_SESSION_TIMEOUT_MS', 10_000),
      },
      both,
    );
  };
  try {
    await Promise.all(
      chosen.map((detector) =>
        run(detector).catch((error) => {
          failed.abort();
          throw error;
        }),
      ),
    );
  } finally {
    await view?.close();
  }
});

function asksRegistry(detector: Detector): boolean {
  return 'asks' in detector;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
