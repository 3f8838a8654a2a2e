import type { AnyTopic, InputRecord, Stage } from '@alphapulse/core';
import { arbitrage, defaultArbitrageConfig } from '@alphapulse/detectors';
import type { LogRecord } from '@alphapulse/kafka';
import type { RegistryView } from '@alphapulse/registry';
import { type OutgoingRecord, Pipeline } from '@alphapulse/runtime';
import type { ProcessedEvent } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import { createParseStage, enrich, validate } from '@alphapulse/stages';
import { opportunitiesArbitrage, topics } from '@alphapulse/topics';
import type { Kafka } from './kafka.ts';

/** The exact records (time and value bytes) of each key and source in order, as text. */
export type RecordLists = ReadonlyMap<string, readonly string[]>;

type Keep = (event: ProcessedEvent) => boolean;

const all: Keep = () => true;

/** Groups records as they stand in the log. */
export function recordsByKeyAndSource(
  kafka: Kafka,
  topic: AnyTopic,
  records: readonly LogRecord[],
  keep: Keep = all,
): RecordLists {
  return listsOf(
    records.map(({ key, value, timestampMs }) => ({
      key: key?.toString() ?? '',
      bytes: value?.subarray(5) ?? Buffer.alloc(0),
      event: kafka.schemas.decode(topic, value) as ProcessedEvent,
      timestampMs,
    })),
    keep,
  );
}

/** What parse, validate and enrich make of raw records when nothing else is in the log, without a broker. */
export async function processedOf(
  kafka: Kafka,
  view: RegistryView,
  records: readonly LogRecord[],
): Promise<(topic: AnyTopic, keep?: Keep) => RecordLists> {
  const stages = [createParseStage(sources), validate, enrich] as unknown as Stage[];
  const outputs = await fold(kafka, stages, { listings: view }, () => view.catchUp(), records);
  return (topic, keep = all) => encodedLists(topic, outputs, keep);
}

/** What the arbitrage detector finds in quotes when nothing else is in the log, without a broker. */
export async function arbitrageOf(kafka: Kafka, records: readonly LogRecord[]): Promise<RecordLists> {
  const stages = [arbitrage] as unknown as Stage[];
  const outputs = await fold(kafka, stages, defaultArbitrageConfig, async () => undefined, records);
  return encodedLists(opportunitiesArbitrage, outputs, all);
}

/** Folds each partition of each topic on its own, as lanes do. */
async function fold(
  kafka: Kafka,
  stages: readonly Stage[],
  deps: unknown,
  catchUp: () => Promise<void>,
  records: readonly LogRecord[],
): Promise<OutgoingRecord[]> {
  const lanes = new Map<string, InputRecord[]>();
  for (const { topic, partition, offset, timestampMs, key, value } of records) {
    const lane = lanes.get(`${topic}/${partition}`) ?? [];
    lanes.set(`${topic}/${partition}`, lane);
    const declared = topics.find(({ name }) => name === topic) as AnyTopic;
    const decoded: unknown = kafka.schemas.decode(declared, value);
    lane.push({ topic, partition, offset, timestampMs, key: key?.toString() ?? '', value: decoded });
  }
  const outputs: OutgoingRecord[] = [];
  for (const lane of lanes.values()) outputs.push(...(await new Pipeline(stages, deps, catchUp).process(lane)).outputs);
  return outputs;
}

function encodedLists(topic: AnyTopic, outputs: readonly OutgoingRecord[], keep: Keep): RecordLists {
  const own = outputs.filter((output) => output.topic.name === topic.name);
  return listsOf(
    own.map(({ key, value, timestampMs }) => ({
      key,
      bytes: topic.value.encode(value),
      event: value as ProcessedEvent,
      timestampMs,
    })),
    keep,
  );
}

interface Listed {
  readonly key: string;
  readonly bytes: Buffer;
  readonly event: ProcessedEvent;
  readonly timestampMs: number;
}

function listsOf(records: readonly Listed[], keep: Keep): RecordLists {
  const lists = new Map<string, string[]>();
  for (const { key, bytes, event, timestampMs } of records) {
    if (!keep(event)) continue;
    const pair = `${key} ${event.source ?? ''}`;
    const list = lists.get(pair) ?? [];
    lists.set(pair, list);
    list.push(`${timestampMs} ${bytes.toString('base64')}`);
  }
  return lists;
}
