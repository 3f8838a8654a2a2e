import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, FatalError } from '@alphapulse/core';
import { takeLock } from './lock.ts';
import { PartProcess, stopLeftover } from './part-process.ts';
import { ensureParts, type Parts } from './parts.ts';
import { defaultDirectory } from './paths.ts';
import { kafkaPlan, type LocalPlace, marker, prepareKafka, redisPlan, registryPlan, registryUrl } from './plans.ts';
import { freePort } from './ports.ts';
import type { Stack, StackAddresses, StackOptions, StackPorts } from './stack.ts';

type Ports = LocalPlace['ports'];

/** Ports taken when nothing else is asked for and they are free: those every Kafka, registry and Redis client expects. */
export const defaultPorts: StackPorts = { kafka: 9092, registry: 8081, redis: 6379 };

/**
 * Runs Kafka, the schema registry and Redis as processes of this machine, on loopback, with their data kept in the directory.
 * Stops what a crashed earlier run left behind; refuses (`stack_running`) while another process runs the same directory.
 */
export async function localStack(options: StackOptions, report: (line: string) => void): Promise<Stack> {
  const directory = options.directory ?? defaultDirectory;
  const { signal } = options;
  const unlock = takeLock(
    join(directory, lockName),
    ({ pid }) => `The local stack in ${directory} is already running, started by process ${pid}: stop that one first.`,
  );
  const started: PartProcess[] = [];
  try {
    await stopLeftovers(directory, report);
    const parts = await ensureParts({
      report,
      ...(options.partsDirectory === undefined ? {} : { directory: options.partsDirectory }),
      ...(signal === undefined ? {} : { signal }),
    });
    const place = { directory, ports: await choosePorts(directory, options.ports ?? {}, report) };
    const { kafka, registry, redis } = partProcesses(parts, place, options, report);
    const failed = new AbortController();
    const giveUp = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const up = async (part: PartProcess, before?: Promise<void>) => {
      try {
        await before;
        started.push(part);
        const ms = await part.start(giveUp);
        report(`stack: ${part.title} is up (${(ms / 1000).toFixed(1)} s)`);
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    };
    report('stack: starting Kafka, the schema registry and Redis');
    // All three are awaited to the end even when one fails, so that none is still starting while the others stop.
    // The first failure ends the waiting of the others and is the one to tell.
    const outcomes = await Promise.allSettled([up(kafka, prepareKafka(parts, place, giveUp)), up(registry), up(redis)]);
    if (giveUp.aborted) throw giveUp.reason;
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const addresses = addressesOf(place.ports);
    writeWhole(join(directory, addressesName), JSON.stringify(addresses, null, 2));
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      rmSync(join(directory, addressesName), { force: true });
      await stopParts(registry, redis, kafka);
      unlock();
    };
    return {
      ...addresses,
      kind: 'local',
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
      restartBroker: async () => {
        if (stopping !== undefined) throw new FatalError('stack_failed', 'The stack has been stopped.');
        await kafka.stop();
        await kafka.start();
      },
      killBroker: () => kafka.kill(),
    };
  } catch (error) {
    await stopParts(...started);
    unlock();
    throw error;
  }
}

/**
 * Deletes a local stack that nobody runs any more, after stopping what a crash left of it.
 * Returns false, and touches nothing, while a process still runs it.
 */
export async function discardStack(directory: string, report: (line: string) => void): Promise<boolean> {
  let unlock: () => void;
  try {
    unlock = takeLock(join(directory, lockName), () => 'in use');
  } catch (error) {
    if (codeOf(error) === 'stack_running') return false;
    throw error;
  }
  await stopLeftovers(directory, report);
  unlock();
  rmSync(directory, { recursive: true, force: true });
  return true;
}

/** Returns the addresses of the local stack that runs in a directory right now, for commands in another terminal. */
export function runningStack(directory: string = defaultDirectory): StackAddresses | undefined {
  const file = join(directory, addressesName);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StackAddresses) : undefined;
}

function partProcesses(parts: Parts, place: LocalPlace, options: StackOptions, report: (line: string) => void) {
  const archive = (file: string) => (existsSync(file) ? [`-XX:SharedArchiveFile=${file}`] : []);
  const process = (plan: ReturnType<typeof redisPlan>) =>
    new PartProcess(plan, (description) => {
      report(`stack: ${plan.title} is gone: ${description}; its log is ${plan.logFile}`);
      options.onPartLost?.(plan.title, description);
    });
  return {
    kafka: process(kafkaPlan(parts, place, archive(parts.kafkaArchive))),
    registry: process(registryPlan(parts, place, archive(parts.registryArchive))),
    redis: process(redisPlan(parts, place)),
  };
}

/** The broker goes last: the others may still be answering its clients. */
async function stopParts(...parts: PartProcess[]): Promise<void> {
  const broker = parts.filter((part) => part.title === 'Kafka');
  await Promise.all(parts.filter((part) => part.title !== 'Kafka').map((part) => part.stop()));
  await Promise.all(broker.map((part) => part.stop()));
}

async function stopLeftovers(directory: string, report: (line: string) => void): Promise<void> {
  rmSync(join(directory, addressesName), { force: true });
  const names = Object.keys(marker) as (keyof typeof marker)[];
  const found = await Promise.all(
    names.map(async (name) => {
      const was = await stopLeftover(join(directory, 'run', `${name}.pid`), marker[name]);
      return was ? [name] : [];
    }),
  );
  if (found.flat().length > 0) report(`stack: stopped ${found.flat().join(', ')} left over from a run that crashed`);
}

/** The ports of the last start when they are still free, else the wanted ones, else any. */
async function choosePorts(
  directory: string,
  wanted: Partial<StackPorts>,
  report: (line: string) => void,
): Promise<Ports> {
  const file = join(directory, 'ports.json');
  const remembered = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>) : {};
  const taken = new Set<number>();
  const choose = async (name: keyof Ports, fallback: number) => {
    const first = (name === 'controller' ? undefined : wanted[name]) || (remembered[name] ?? fallback);
    const port = await freePort(first, taken);
    if (first !== 0 && port !== first) report(`stack: port ${first} is taken, using ${port} for ${name}`);
    taken.add(port);
    return port;
  };
  const anyPort = (name: keyof StackPorts) => (wanted[name] === 0 ? 0 : defaultPorts[name]);
  const ports = {
    kafka: await choose('kafka', anyPort('kafka')),
    registry: await choose('registry', anyPort('registry')),
    redis: await choose('redis', anyPort('redis')),
    controller: await choose('controller', 0),
  };
  mkdirSync(directory, { recursive: true });
  writeWhole(file, JSON.stringify(ports, null, 2));
  return ports;
}

const lockName = 'stack.lock';
const addressesName = 'addresses.json';

function addressesOf(ports: Ports): StackAddresses {
  return {
    brokers: [`127.0.0.1:${ports.kafka}`],
    schemaRegistryUrl: registryUrl(ports.registry),
    redisUrl: `redis://127.0.0.1:${ports.redis}`,
  };
}

/** Writes a file so that a reader sees the old or the new text, never a part. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}
