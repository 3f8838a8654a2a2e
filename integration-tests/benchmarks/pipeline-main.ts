/**
 * `npm run bench -- pipeline`, the default: throughput and latency of the whole pipeline on this machine, with the method printed.
 * Everything runs here: venue servers, broker, collector, processing, detectors, registry, page. `--json FILE` writes the figures as well.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@alphapulse/core';
import { TopicAdmin } from '@alphapulse/kafka';
import { defaultDirectory, startStack } from '@alphapulse/stack';
import { topics } from '@alphapulse/topics';
import { Kafka } from '../harness/kafka.ts';
import { BenchRun } from './bench-run.ts';
import { table } from './table.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '5000' },
    warmup: { type: 'string', default: '45' },
  },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const say = (line: string) => process.stderr.write(`${line}\n`);

const stack = await startStack({
  directory: join(defaultDirectory, 'bench'),
  ports: { kafka: 0, registry: 0, redis: 0 },
  providers: ['given', 'local'],
  report: say,
});
Object.assign(process.env, {
  KAFKA_BROKERS: stack.brokers.join(','),
  SCHEMA_REGISTRY_URL: stack.schemaRegistryUrl,
  REDIS_URL: stack.redisUrl,
});
const kafka = await Kafka.connect();
try {
  const admin = new TopicAdmin(kafka.config);
  await admin.connect();
  await admin.apply(topics, { allowDestructive: false });
  await admin.disconnect();

  const throughput: {
    framesPerSecond: number;
    collectedPerSecond: number;
    rssMb: Record<string, number>;
    cpuSeconds: Record<string, number>;
  }[] = [];
  for (let round = 0; round < rounds; round++) {
    say(`throughput, round ${round + 1} of ${rounds} …`);
    const run = await BenchRun.start(kafka, {
      simulate: ['--speed', 'max', '--no-dislocations'],
      logs: join(defaultDirectory, 'bench', 'logs'),
    });
    try {
      throughput.push(await run.throughput(seconds));
    } finally {
      await run.stop();
    }
  }
  say(`latency at ${values.rate} frames/s …`);
  const run = await BenchRun.start(kafka, {
    simulate: ['--speed', '1', '--rate', values.rate, '--no-dislocations'],
    logs: join(defaultDirectory, 'bench', 'logs'),
  });
  let latency: Awaited<ReturnType<BenchRun['latency']>>;
  try {
    // Just-in-time compilers settle first.
    await systemClock.sleep(Number(values.warmup) * 1000);
    latency = await run.latency(seconds);
  } finally {
    await run.stop();
  }

  const median = (numbers: readonly number[]) =>
    [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
  const result = {
    machine: { cores: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version },
    throughput: {
      rounds: throughput.map(({ framesPerSecond }) => Math.round(framesPerSecond)),
      medianFramesPerSecond: Math.round(median(throughput.map(({ framesPerSecond }) => framesPerSecond))),
    },
    latencyMs: latency,
    rssMb: throughput.at(-1)?.rssMb ?? {},
    cpuSecondsPerMillionFrames: throughput.at(-1)?.cpuSeconds ?? {},
  };
  console.log(`
Method. ${result.machine.cores} cores (${result.machine.model}), Node ${result.machine.node}; venue servers, collector, broker, processing, detectors, registry and page share them.
Throughput: the local Binance and Kraken servers send as fast as the collector reads for ${seconds} s; frames a second are all
frames received, over the time until the last of them is processed (fused, exactly once, one process). ${rounds} rounds.
Latency: from receipt by the collector to visibility for a read-committed reader, of a sample of each batch, at the rate given;
and the same from when a reader of the raw topics has the record, which leaves out what the collector gathers (10 ms) and appends.
`);
  console.log(
    table([
      ['measure', 'median', 'rounds'],
      [
        'venue servers at max → processed, frames/s',
        String(result.throughput.medianFramesPerSecond),
        result.throughput.rounds.join(', '),
      ],
      [
        `received → processed at ${Math.round(latency.framesPerSecond)} frames/s, p50 ms`,
        String(latency.p50),
        `${latency.samples} samples`,
      ],
      ['… p99 ms', String(latency.p99), ''],
      ['… p99.9 ms', String(latency.p999), ''],
      ['raw record in the log → processed, p50 ms', String(latency.fromAppend.p50), ''],
      ['… p99 ms', String(latency.fromAppend.p99), ''],
      ['… p99.9 ms', String(latency.fromAppend.p999), ''],
      ...Object.entries(result.rssMb).map(([name, mb]) => [`memory of ${name}, MB`, String(mb), '']),
      ...Object.entries(result.cpuSecondsPerMillionFrames).map(([name, cpu]) => [
        `CPU seconds per million frames, ${name}`,
        cpu.toFixed(1),
        '',
      ]),
    ]),
  );
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
} finally {
  await kafka.close();
  await stack.stop();
}
process.exit(0);
