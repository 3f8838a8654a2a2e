import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '@alphapulse/core';
import { IdempotentProducer, type KafkaConfig, kafkaConfigFromEnv, SchemaIds, TopicAdmin } from '@alphapulse/kafka';
import { createLogger } from '@alphapulse/runtime';
import { sources } from '@alphapulse/sources';
import { defaultDirectory, freePort, startStack } from '@alphapulse/stack';
import { collectionTasks, raw, type SourceId, topics } from '@alphapulse/topics';
import { drain } from './drain.ts';
import { LatencySampler } from './latency-sampler.ts';
import type { StartOptions } from './options.ts';
import { type AppProcess, AppProcesses } from './processes.ts';
import { StatusTable } from './status-table.ts';
import { markStart, type RunStart, summarise } from './summary.ts';
import { liveTasks, type PlannedTask, writeTasks } from './tasks.ts';

const pipelineGroup = 'parse-validate-enrich';
const detectorGroups = {
  arbitrage: ['processed.quotes'],
  'market-updates': ['processed.quotes', 'processed.trades'],
  'synthetic-legs': ['processed.quotes'],
  synthetics: ['internal.legs'],
};
/** Topics whose readers commit past control records only with the next record: quiet for so long means done. */
const detectorQuietMs = 1_500;
/** How long the rest may take to be processed when a run ends. */
const drainQuietMs = 15_000;

/** What apps/simulate writes to its port file. */
interface VenueServers {
  readonly statusUrl: string;
  readonly tasks: readonly PlannedTask[];
}

/** Runs everything until Ctrl-C, the duration or the end of the recordings; then writes the summary. */
export async function runStart(options: StartOptions): Promise<void> {
  const clock = systemClock;
  const directory = resolve(options.directory ?? defaultDirectory);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const ending = new AbortController();
  const end = () => {
    if (!ending.signal.aborted) say('\nstopping …');
    ending.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);

  const stack = await startStack({ directory, report: say, signal: ending.signal });
  // A recording may be played twice: its own groups, with nothing remembered, or the second time all would be duplicates.
  const groupSuffix = options.mode === 'recorded' ? `-recording-${clock.nowMs()}` : '';
  const env = {
    GROUP_SUFFIX: groupSuffix,
    KAFKA_BROKERS: stack.brokers.join(','),
    SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
    REDIS_URL: stack.redisUrl,
  };
  const apps = new AppProcesses({ logDirectory: join(directory, 'logs', 'apps'), env, report: say });
  const running: AppProcess[] = [];
  const launch = (name: string, args: readonly string[] = [], extra: NodeJS.ProcessEnv = {}) => {
    const app = apps.start(name, args, extra);
    running.push(app);
    return app;
  };
  const producer = new IdempotentProducer({
    config: kafkaConfigFromEnv('alphapulse-start', createQuietLog(), { ...process.env, ...env }),
    clock,
  });
  try {
    const kafka = kafkaConfigFromEnv('alphapulse-start', createQuietLog(), { ...process.env, ...env });
    const schemas = new SchemaIds({ url: stack.schemaRegistryUrl, clock });
    const portFile = join(directory, 'venues.json');
    rmSync(portFile, { force: true });
    const truthFile = join(directory, 'truth.jsonl');
    const venues = options.mode === 'live' ? undefined : launch('simulate', simulateArgs(options, portFile, truthFile));
    const port = options.dashboardPort ?? (await freePort(8080));
    await applyTopics(kafka, schemas);
    const dashboard = launch('dashboard', [], {
      DASHBOARD_PORT: String(port),
      ...(options.mode === 'recorded' ? { DASHBOARD_RECORDED: 'true' } : {}),
    });
    await producer.connect([collectionTasks.name]);
    // Tasks of an earlier run name endpoints that are gone.
    await writeTasks([], false, { producer, schemas, kafka, clock });
    const rawTopics = sources.map(({ id }) => raw[id as SourceId].name);
    if (groupSuffix !== '') await beginAtEnds(kafka, groupSuffix, rawTopics);
    const processing = launch('process');
    launch('detect');
    launch('registry');
    const collecting = launch('collect');

    const servers = venues ? await readPortFile(venues, portFile) : undefined;
    const tasks = servers ? servers.tasks : liveTasks(options.sourceConfig);
    await Promise.race([processing.logged('partitions'), apps.failed, aborted(ending.signal)]);
    const pipeline = [{ group: `${pipelineGroup}${groupSuffix}`, topics: rawTopics }];
    // Records that an earlier run left are its own: they are processed before this run is measured.
    await drain(kafka, pipeline, clock, ending.signal, {
      quietMs: drainQuietMs,
      onProgress: (left) => say(`finishing ${left} records of an earlier run`),
    });

    const start = await markStart(kafka, clock);
    const sampler = new LatencySampler();
    const following = new AbortController();
    const sampling = sampler.follow({ kafka, schemas, clock }, following.signal);
    await writeTasks(tasks, options.mode !== 'live', { producer, schemas, kafka, clock });
    const startedMs = clock.nowMs();
    const { address } = (await Promise.race([dashboard.logged('address'), apps.failed])) as { address: string };
    say(
      `\nAlphaPulse is running (${options.mode === 'live' ? 'live venues' : `${options.mode} data`}). Dashboard: ${address}\nLogs: ${join(directory, 'logs', 'apps')}. Ctrl-C stops.\n`,
    );

    const table = new StatusTable(address, options.mode);
    const showing = table.show(ending.signal);
    await Promise.race([
      aborted(ending.signal),
      apps.failed,
      ...(options.durationMs === undefined ? [] : [clock.sleep(options.durationMs, ending.signal)]),
      ...(options.mode === 'recorded' && servers
        ? [recordingsPlayed(servers.statusUrl, kafka, rawTopics, start, ending.signal)]
        : []),
    ]);
    const seconds = (clock.nowMs() - startedMs) / 1000;
    ending.abort();
    await showing;

    // Collectors first: what they have received reaches raw before the rest is asked to finish.
    await collecting.stop();
    if (options.summaryFile !== undefined) {
      const unfinished = new AbortController();
      const left = await drain(kafka, pipeline, clock, unfinished.signal, {
        quietMs: drainQuietMs,
        onProgress: (records) => table.line(`processing the last ${records} records`),
      });
      if (left > 0) say(`\n${left} records were not processed before the end`);
      const detectors = Object.entries(detectorGroups).map(([group, read]) => ({
        group: `${group}${groupSuffix}`,
        topics: read,
      }));
      await drain(kafka, detectors, clock, unfinished.signal, { quietMs: detectorQuietMs });
      following.abort();
      await sampling;
      const summary = await summarise(
        start,
        { seconds, mode: options.mode, latencyMs: sampler.percentiles() },
        { kafka, schemas, clock },
      );
      mkdirSync(dirname(resolve(options.summaryFile)), { recursive: true });
      writeFileSync(options.summaryFile, `${JSON.stringify(summary, null, 2)}\n`);
      say(`\nsummary written to ${options.summaryFile}`);
    }
    following.abort();
    await sampling;
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    ending.abort();
    await producer.close(2_000);
    // Upstream first, so that nobody waits for records that nobody takes.
    const order = ['collect', 'simulate', 'process', 'detect', 'registry', 'dashboard'];
    for (const name of order) await Promise.all(running.filter((app) => app.name === name).map((app) => app.stop()));
    await stack.stop();
  }
}

function simulateArgs(options: StartOptions, portFile: string, truthFile: string): string[] {
  const args = ['--port-file', portFile, '--speed', options.speed, '--seed', String(options.seed)];
  if (options.recording) return [...args, '--recording', resolve(options.recording)];
  return [...args, '--truth', truthFile];
}

async function applyTopics(kafka: KafkaConfig, schemas: SchemaIds): Promise<void> {
  const admin = new TopicAdmin(kafka);
  await admin.connect();
  try {
    await Promise.all([admin.apply(topics, { allowDestructive: false }), schemas.register(topics)]);
  } finally {
    await admin.disconnect();
  }
}

/** Lets the groups of this run begin with what comes now. */
async function beginAtEnds(kafka: KafkaConfig, suffix: string, rawTopics: readonly string[]): Promise<void> {
  const admin = new TopicAdmin(kafka);
  await admin.connect();
  try {
    await admin.commitEnds(`${pipelineGroup}${suffix}`, rawTopics);
    for (const [group, read] of Object.entries(detectorGroups)) await admin.commitEnds(`${group}${suffix}`, read);
  } finally {
    await admin.disconnect();
  }
}

async function readPortFile(venues: AppProcess, file: string): Promise<VenueServers> {
  await venues.logged('statusUrl');
  return JSON.parse(readFileSync(file, 'utf8')) as VenueServers;
}

/** How long raw must have stood still, once everything was sent and has arrived, for the run to be over. */
const playedQuietMs = 1_500;
/** Frames that never arrive (a collector was cut off) must not hold the run for ever. */
const arrivalPatienceMs = 60_000;

/** Resolves when every recorded frame has been sent and has reached raw. */
async function recordingsPlayed(
  status: string,
  kafka: KafkaConfig,
  rawTopics: readonly string[],
  start: RunStart,
  signal: AbortSignal,
): Promise<void> {
  const clock = systemClock;
  const admin = new TopicAdmin(kafka);
  await admin.connect();
  try {
    let before = -1;
    let changedMs = clock.nowMs();
    let doneMs: number | undefined;
    while (!signal.aborted) {
      await clock.sleep(250, signal);
      const response = await fetch(status, { signal: AbortSignal.timeout(10_000) });
      const { done, frames } = (await response.json()) as { done: boolean; frames: number };
      let arrived = 0;
      for (const topic of rawTopics) {
        for (const [partition, end] of await admin.ends(topic))
          arrived += end - (start.get(`${topic}/${partition}`) ?? 0);
      }
      const nowMs = clock.nowMs();
      if (arrived !== before) changedMs = nowMs;
      before = arrived;
      if (!done) continue;
      doneMs ??= nowMs;
      if (nowMs - changedMs >= playedQuietMs && (arrived >= frames || nowMs - doneMs >= arrivalPatienceMs)) return;
    }
  } finally {
    await admin.disconnect();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The command's own output is for people; its libraries' warnings go to the log at debug. */
function createQuietLog() {
  const log = createLogger('start');
  log.level = process.env.LOG_LEVEL ?? 'silent';
  return log;
}
