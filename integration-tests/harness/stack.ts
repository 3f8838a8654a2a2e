import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  composeFile,
  defaultDirectory,
  discardStack,
  freePort,
  givenAddresses,
  hasContainerEngine,
  kafkaAnswers,
  redisAnswers,
  registryAnswers,
  type Stack,
  startStack,
  waitUntil,
} from '@alphapulse/stack';

const testsDirectory = join(defaultDirectory, 'test');

export interface TestStackOptions {
  /** Names the directory; two stacks of one process need two names. */
  readonly name?: string;
  /** Asks for local processes whatever else there is, for tests that kill the broker. */
  readonly local?: boolean;
  readonly report?: (line: string) => void;
}

/**
 * Starts a stack of the tests' own, empty and on free ports: given addresses, else testcontainers, else local processes.
 * The caller stops it; its data goes then, its logs stay until the next run.
 */
export async function startTestStack(options: TestStackOptions = {}): Promise<Stack> {
  const report = options.report ?? ((line: string) => process.stderr.write(`${line}\n`));
  if (options.local !== true) {
    if (givenAddresses(process.env) !== undefined) return startStack({ providers: ['given'], report });
    if (await hasContainerEngine()) return containers(report);
  }
  return local(options.name ?? 'scenarios', report);
}

/** The variables by which every app and test finds a stack. */
export function stackEnvironment(stack: Stack): Record<string, string> {
  return {
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    REDIS_URL: stack.redisUrl,
  };
}

async function local(name: string, report: (line: string) => void): Promise<Stack> {
  await discardEarlierRuns(report);
  const directory = join(testsDirectory, `${name}-${process.pid}`);
  await discardStack(directory, report);
  mkdirSync(directory, { recursive: true });
  const stack = await startStack({
    directory,
    ports: { kafka: 0, registry: 0, redis: 0 },
    providers: ['local'],
    report,
  });
  return {
    ...stack,
    stop: async () => {
      await stack.stop();
      rmSync(join(directory, 'data'), { recursive: true, force: true });
    },
  };
}

/** A test run that was killed leaves its processes; the next one removes them, and the logs of all runs that are over. */
async function discardEarlierRuns(report: (line: string) => void): Promise<void> {
  if (!existsSync(testsDirectory)) return;
  const own = `-${process.pid}`;
  for (const name of readdirSync(testsDirectory)) {
    if (!name.endsWith(own)) await discardStack(join(testsDirectory, name), report);
  }
}

async function containers(report: (line: string) => void): Promise<Stack> {
  const { DockerComposeEnvironment, Wait } = await import('testcontainers');
  const kafka = await freePort(0);
  const registry = await freePort(0, new Set([kafka]));
  const redis = await freePort(0, new Set([kafka, registry]));
  report('stack: starting containers for the tests');
  const environment = await new DockerComposeEnvironment(dirname(composeFile), basename(composeFile))
    .withProjectName(`alphapulse-test-${process.pid}`)
    .withEnvironment({
      ALPHAPULSE_KAFKA_PORT: String(kafka),
      ALPHAPULSE_REGISTRY_PORT: String(registry),
      ALPHAPULSE_REDIS_PORT: String(redis),
    })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .up();
  const addresses = {
    brokers: [`127.0.0.1:${kafka}`],
    schemaRegistryUrl: `http://127.0.0.1:${registry}/apis/ccompat/v7`,
    redisUrl: `redis://127.0.0.1:${redis}`,
  };
  const stop = async () => {
    await environment.down({ removeVolumes: true });
  };
  const answers = async () =>
    (await kafkaAnswers(addresses.brokers[0] ?? '')) &&
    (await registryAnswers(addresses.schemaRegistryUrl)) &&
    (await redisAnswers(addresses.redisUrl));
  if (!(await waitUntil(answers, 60_000))) {
    await stop();
    throw new Error('The containers of the tests are up, but do not answer on their published ports.');
  }
  const refuse = async () => {
    throw new Error('Tests that kill the broker ask for a local stack: startTestStack({ local: true }).');
  };
  return { ...addresses, kind: 'containers', stop, killBroker: refuse, restartBroker: refuse };
}
