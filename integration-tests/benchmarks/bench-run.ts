import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LatencySampler } from '@alphapulse/app-cli/start/latency-sampler.ts';
import { type PlannedTask, writeTasks } from '@alphapulse/app-cli/start/tasks.ts';
import { systemClock } from '@alphapulse/core';
import { raw } from '@alphapulse/topics';
import { type Kafka, type Offsets, until } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { AppendTimes } from './append-times.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];

/** Simulated venues and every app, one process each, for one measurement. */
export class BenchRun {
  readonly #kafka: Kafka;
  readonly #apps: Readonly<Record<string, AppProcess>>;
  readonly #group: string;

  private constructor(kafka: Kafka, apps: Readonly<Record<string, AppProcess>>, group: string) {
    this.#kafka = kafka;
    this.#apps = apps;
    this.#group = group;
  }

  /** Starts everything and waits until frames are being processed. */
  static async start(kafka: Kafka, options: { simulate: readonly string[]; logs: string }): Promise<BenchRun> {
    const portFile = join(tmpdir(), `alphapulse-bench-${process.pid}.json`);
    rmSync(portFile, { force: true });
    const suffix = `-bench-${systemClock.nowMs()}`;
    const group = `parse-validate-enrich${suffix}`;
    await kafka.writeNoTasks();
    await kafka.admin.commitEnds(group, rawTopics);
    await kafka.admin.commitEnds(`arbitrage${suffix}`, ['processed.quotes']);
    await kafka.admin.commitEnds(`market-updates${suffix}`, ['processed.quotes', 'processed.trades']);
    await kafka.admin.commitEnds(`synthetic-legs${suffix}`, ['processed.quotes']);
    const apps = {
      simulate: startApp('simulate', [...options.simulate, '--port-file', portFile]),
      process: startApp('process', [], { GROUP_SUFFIX: suffix }),
      collect: startApp('collect'),
      // What else runs beside them in production.
      detect: startApp('detect', [], { GROUP_SUFFIX: suffix }),
      registry: startApp('registry', [], { REGISTRY_PORT: '0' }),
      dashboard: startApp('dashboard', [], { DASHBOARD_PORT: '0', GROUP_SUFFIX: suffix }),
    };
    await apps.simulate.waitForLine('statusUrl');
    await apps.process.waitForLine('assigned');
    const { tasks } = JSON.parse(readFileSync(portFile, 'utf8')) as { tasks: PlannedTask[] };
    const before = await kafka.ends(rawTopics);
    await writeTasks(tasks, true, {
      producer: kafka.producer,
      schemas: kafka.schemas,
      kafka: kafka.config,
      clock: systemClock,
    });
    const run = new BenchRun(kafka, apps, group);
    await until(async () => (await run.#sum(before)) > 2_000, 60_000, 'frames');
    return run;
  }

  /** Frames a second through the whole pipeline: all that arrive in `seconds`, over the time until all are processed. */
  async throughput(seconds: number): Promise<{
    framesPerSecond: number;
    collectedPerSecond: number;
    rssMb: Record<string, number>;
    cpuSeconds: Record<string, number>;
  }> {
    await systemClock.sleep(5_000);
    const from = await this.#kafka.ends(rawTopics);
    const processedFrom = await this.#committed();
    const cpuFrom = this.#usage();
    const startedMs = systemClock.nowMs();
    await systemClock.sleep(seconds * 1000);
    await this.#kafka.writeNoTasks();
    await systemClock.sleep(1_000);
    const collected = await this.#sum(from);
    const collectedMs = systemClock.nowMs() - startedMs;
    await this.#kafka.drained(this.#group, rawTopics, 300_000);
    const processed = (await this.#committed()) - processedFrom;
    const elapsedMs = systemClock.nowMs() - startedMs;
    const usage = this.#usage();
    return {
      framesPerSecond: processed / (elapsedMs / 1000),
      collectedPerSecond: collected / (collectedMs / 1000),
      rssMb: Object.fromEntries(Object.entries(usage).map(([name, { rssMb }]) => [name, rssMb])),
      cpuSeconds: Object.fromEntries(
        Object.entries(usage).map(([name, { cpuSeconds }]) => [
          name,
          ((cpuSeconds - (cpuFrom[name]?.cpuSeconds ?? 0)) / processed) * 1e6,
        ]),
      ),
    };
  }

  async latency(seconds: number): Promise<{
    framesPerSecond: number;
    samples: number;
    p50: number | null;
    p99: number | null;
    p999: number | null;
    /** The same from when the record stood in the raw log. */
    fromAppend: { p50: number | null; p99: number | null; p999: number | null };
  }> {
    const sampler = new LatencySampler();
    const appended = new AppendTimes();
    const stop = new AbortController();
    const from = await this.#kafka.ends(rawTopics);
    const startedMs = systemClock.nowMs();
    const { config, schemas } = this.#kafka;
    const following = Promise.all([
      sampler.follow({ kafka: config, schemas, clock: systemClock }, stop.signal),
      appended.follow({ kafka: config, schemas, rawTopics }, stop.signal),
    ]);
    await systemClock.sleep(seconds * 1000);
    const frames = await this.#sum(from);
    const elapsedMs = systemClock.nowMs() - startedMs;
    stop.abort();
    await following;
    return {
      framesPerSecond: frames / (elapsedMs / 1000),
      ...sampler.percentiles(),
      p999: sampler.percentile(0.999),
      samples: sampler.samples,
      fromAppend: {
        p50: appended.percentile(0.5),
        p99: appended.percentile(0.99),
        p999: appended.percentile(0.999),
      },
    };
  }

  async stop(): Promise<void> {
    await this.#kafka.writeNoTasks();
    for (const app of Object.values(this.#apps)) await app.kill('SIGTERM');
  }

  async #sum(from: Offsets): Promise<number> {
    let sum = 0;
    for (const [id, end] of await this.#kafka.ends(rawTopics)) sum += end - (from.get(id) ?? 0);
    return sum;
  }

  async #committed(): Promise<number> {
    const committed = await this.#kafka.admin.committed(this.#group, rawTopics);
    return [...committed.values()]
      .flatMap((partitions) => [...partitions.values()])
      .reduce((sum, offset) => sum + Math.max(0, offset), 0);
  }

  /** Memory and CPU of each process, where /proc tells. */
  #usage(): Record<string, { rssMb: number; cpuSeconds: number }> {
    return Object.fromEntries(
      Object.entries(this.#apps).map(([name, { pid }]) => {
        const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        // Fields 14 and 15 of proc(5), user and system time in ticks of 10 ms.
        return [
          name,
          { rssMb: Math.round(Number(rss) / 1024), cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100 },
        ];
      }),
    );
  }
}
