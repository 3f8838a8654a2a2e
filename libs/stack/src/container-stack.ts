import { FatalError } from '@alphapulse/core';
import { noBrokerControl } from './given-stack.ts';
import { kafkaAnswers, redisAnswers, registryAnswers, waitUntil } from './health.ts';
import { defaultPorts } from './local-stack.ts';
import { composeFile, repositoryRoot } from './paths.ts';
import { registryUrl } from './plans.ts';
import { freePort } from './ports.ts';
import { runCommand } from './run-command.ts';
import type { Stack, StackAddresses, StackOptions } from './stack.ts';

/** Tells whether a container engine answers and knows `compose`. */
export async function hasContainerEngine(): Promise<boolean> {
  const results = await Promise.all([
    runCommand('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 5_000 }),
    runCommand('docker', ['compose', 'version'], { timeoutMs: 5_000 }),
  ]);
  return results.every((result) => result.code === 0);
}

/** Runs docker-compose.kafka.yml; stopping takes the containers down and keeps the volumes. */
export async function containerStack(options: StackOptions, report: (line: string) => void): Promise<Stack> {
  const { signal } = options;
  const project = options.project ?? 'alphapulse';
  const compose = (args: readonly string[], env: Record<string, string>, stoppable: boolean) =>
    runCommand('docker', ['compose', '-f', composeFile, '-p', project, ...args], {
      cwd: repositoryRoot,
      env,
      ...(stoppable && signal !== undefined ? { signal } : {}),
      onOutput: (text) => {
        for (const line of text.split(/[\r\n]+/)) if (line.trim() !== '') report(`stack: ${line.trim()}`);
      },
    });
  const env = await composePorts(options, project);
  report('stack: starting Kafka, the schema registry and Redis with docker compose');
  const down = async () => {
    await compose(['down', '--remove-orphans'], env, false);
  };
  const result = await compose(['up', '-d', '--wait'], env, true);
  if (signal?.aborted || result.code !== 0) {
    await down();
    signal?.throwIfAborted();
    throw new FatalError(
      'stack_failed',
      `docker compose could not start the stack: ${result.output.trim().slice(-500)}`,
    );
  }
  const addresses: StackAddresses = {
    brokers: [`127.0.0.1:${env.ALPHAPULSE_KAFKA_PORT}`],
    schemaRegistryUrl: registryUrl(Number(env.ALPHAPULSE_REGISTRY_PORT)),
    redisUrl: `redis://127.0.0.1:${env.ALPHAPULSE_REDIS_PORT}`,
  };
  const answers = async () =>
    (
      await Promise.all([
        kafkaAnswers(addresses.brokers[0] ?? ''),
        registryAnswers(addresses.schemaRegistryUrl),
        redisAnswers(addresses.redisUrl),
      ])
    ).every(Boolean);
  if (!(await waitUntil(answers, 60_000, signal).catch(() => false))) {
    await down();
    signal?.throwIfAborted();
    throw new FatalError('stack_failed', 'The containers are up, but do not answer on their published ports.');
  }
  let stopping: Promise<void> | undefined;
  return {
    ...addresses,
    kind: 'containers',
    stop: () => {
      stopping ??= down();
      return stopping;
    },
    ...noBrokerControl('containers'),
  };
}

/** The ports as docker-compose.kafka.yml reads them; a stack that runs already keeps those it has. */
async function composePorts(options: StackOptions, project: string): Promise<Record<string, string>> {
  const running = await runCommand('docker', ['compose', '-p', project, 'ps', '-q'], { timeoutMs: 10_000 });
  const inUse = running.code === 0 && running.output.trim() !== '';
  const port = async (name: keyof typeof defaultPorts) => {
    const wanted = options.ports?.[name] ?? defaultPorts[name];
    return String(inUse ? wanted : await freePort(wanted));
  };
  return {
    ALPHAPULSE_KAFKA_PORT: await port('kafka'),
    ALPHAPULSE_REGISTRY_PORT: await port('registry'),
    ALPHAPULSE_REDIS_PORT: await port('redis'),
  };
}
