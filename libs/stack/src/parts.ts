import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FatalError } from '@alphapulse/core';
import { writeClassArchives } from './class-archive.ts';
import { DownloadProgress } from './download-progress.ts';
import { findJava, type Java, oldestJava } from './java.ts';
import { takeLock } from './lock.ts';
import { defaultDirectory, pomFile } from './paths.ts';
import { runCommand } from './run-command.ts';

/** Where the programs of the local stack are. */
export interface Parts {
  readonly directory: string;
  readonly java: Java;
  /** Kafka's jars in a fixed order: a class archive is valid for exactly one class path. */
  readonly kafkaClassPath: string;
  readonly registryDirectory: string;
  readonly registryJar: string;
  readonly redisCommand: string;
  /** Class archives of this Java, made by `ensureParts`; a missing one only costs time at start. */
  readonly kafkaArchive: string;
  readonly registryArchive: string;
}

export interface PartsOptions {
  /** Default `.alphapulse/parts` in the repository root. */
  readonly directory?: string;
  readonly report?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Says what to install when nothing here can run the stack. */
export const missingSentence =
  `Kafka has nothing to run on here: install Docker (or another container engine with \`docker compose\`), ` +
  `or Java ${oldestJava} or newer and Maven (on Debian and Ubuntu: apt-get install openjdk-17-jre-headless maven).`;

/**
 * Brings the programs of the local stack into the directory when they are not there yet: Kafka and the registry
 * by Maven, Redis from the path or by Maven, and a class archive for each Java program, which halves its start.
 * Does nothing but look when all is there. Throws `stack_missing` without Java, or without Maven while it is needed.
 */
export async function ensureParts(options: PartsOptions = {}): Promise<Parts> {
  const directory = options.directory ?? join(defaultDirectory, 'parts');
  const report = options.report ?? ((line: string) => process.stderr.write(`${line}\n`));
  const java = await findJava();
  if (java === undefined) throw new FatalError('stack_missing', missingSentence);
  const systemRedis = (await runCommand('redis-server', ['--version'])).code === 0;
  const stamp = stampOf(systemRedis);
  if (readStamp(directory) !== stamp) {
    const unlock = takeLock(
      `${directory}.lock`,
      ({ pid }) =>
        `Another process (${pid}) is downloading the parts of the local stack right now; start again when it is done.`,
    );
    try {
      if (readStamp(directory) !== stamp) await fetchParts(directory, stamp, systemRedis, report, options.signal);
    } finally {
      unlock();
    }
  }
  const parts = partsIn(directory, java, systemRedis);
  await writeClassArchives(parts, report, options.signal);
  return parts;
}

async function fetchParts(
  directory: string,
  stamp: string,
  systemRedis: boolean,
  report: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await runCommand('mvn', ['-version'])).code !== 0) throw new FatalError('stack_missing', missingSentence);
  const incoming = `${directory}.incoming`;
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  report('stack: fetching Kafka, the schema registry and Redis by Maven (about 190 MB, once)');
  const progress = new DownloadProgress(report);
  const result = await runCommand(
    'mvn',
    [
      '-f',
      pomFile,
      '-Dstyle.color=never',
      'dependency:copy-dependencies',
      'dependency:unpack',
      `-Dparts=${incoming}`,
      `-Dredis.binaries=${systemRedis ? 'none' : redisBinaries()}`,
    ],
    { onOutput: (text) => progress.take(text), ...(signal === undefined ? {} : { signal }) },
  );
  signal?.throwIfAborted();
  if (result.code !== 0) {
    const errors = result.output.split(/[\r\n]+/).filter((line) => line.startsWith('[ERROR]'));
    throw new FatalError(
      'stack_failed',
      `Maven could not fetch the parts of the local stack: ${errors[0] ?? result.output.slice(-500)}`,
      {
        details: { output: errors.slice(0, 10) },
      },
    );
  }
  writeFileSync(join(incoming, stampName), stamp);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(dirname(directory), { recursive: true });
  renameSync(incoming, directory);
  report(`stack: ${progress.summary()}`);
}

function partsIn(directory: string, java: Java, systemRedis: boolean): Parts {
  const kafka = join(directory, 'kafka');
  const registryDirectory = join(directory, 'registry');
  const runner = readdirSync(registryDirectory).find((name) => name.endsWith('-runner.jar'));
  if (runner === undefined)
    throw new FatalError('stack_failed', `The schema registry in ${registryDirectory} has no runner jar.`);
  const archives = join(directory, 'archives');
  return {
    directory,
    java,
    kafkaClassPath: readdirSync(kafka)
      .filter((name) => name.endsWith('.jar'))
      .sort()
      .map((name) => join(kafka, name))
      .join(process.platform === 'win32' ? ';' : ':'),
    registryDirectory,
    registryJar: runner,
    redisCommand: systemRedis ? 'redis-server' : unpackedRedis(directory),
    kafkaArchive: join(archives, `kafka-java-${java.version}.jsa`),
    registryArchive: join(archives, `registry-java-${java.version}.jsa`),
  };
}

function unpackedRedis(directory: string): string {
  const folder = join(directory, 'redis');
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.startsWith('redis-server-')) : undefined;
  if (name === undefined) {
    throw new FatalError(
      'stack_missing',
      `There is no Redis for ${process.platform} ${process.arch} to fetch: install redis-server, or Docker.`,
    );
  }
  const file = join(folder, name);
  chmodSync(file, 0o755);
  return file;
}

/** The binaries of the archive that fit this machine. */
function redisBinaries(): string {
  const system = process.platform === 'darwin' ? 'darwin' : process.platform;
  const processor = process.arch === 'x64' ? 'amd64' : process.arch;
  return `redis-server-*-${system}-${processor}`;
}

const stampName = 'complete';

/** Changes when what is to be fetched changes. */
function stampOf(systemRedis: boolean): string {
  const pom = readFileSync(pomFile);
  return `${createHash('sha256').update(pom).digest('hex')} ${process.platform}-${process.arch} ${systemRedis}`;
}

function readStamp(directory: string): string | undefined {
  const file = join(directory, stampName);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
