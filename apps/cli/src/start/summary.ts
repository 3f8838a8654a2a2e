import type { AnyTopic, Clock } from '@alphapulse/core';
import { type KafkaConfig, LogReader, type SchemaIds } from '@alphapulse/kafka';
import type { BatchAccount, CollectorHealth, Gap, RawMessage } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import {
  deadLetterTopic,
  opportunitiesArbitrage,
  opsBatches,
  opsCollectors,
  opsGaps,
  raw,
  registryInstruments,
  registryVenues,
  type SourceId,
  topics,
} from '@alphapulse/topics';
import { RunLedger } from './run-ledger.ts';
import { TopicDigest } from './topic-digest.ts';

/** What a run did, as `--summary` writes it. */
export interface RunSummary {
  seconds: number;
  /** `simulated`, `recorded` or `live`: where the frames came from. */
  mode: string;
  sources: Record<string, { messages: number; bytes: number; reconnects: number; gaps: number }>;
  /** Raw records. */
  raw: number;
  /** Processed records by kind. */
  processed: Record<string, number>;
  /** Drops by `<stage>.<reason>`. */
  filtered: Record<string, number>;
  /** Dead letters by error code. */
  deadLetters: Record<string, number>;
  /** True when every raw record is in outputs, filtered or dead-lettered, and the topics hold what the accounts say. */
  accounted: boolean;
  opportunities: { opened: number; updated: number; closed: number };
  instruments: number;
  venues: number;
  latencyMs: { p50: number | null; p99: number | null };
  /** Content digests by topic; see TopicDigest. */
  digests: Record<string, string>;
}

const rawTopics = () => sources.map(({ id }) => raw[id as SourceId]);
const processedTopics = () => topics.filter(({ name }) => name.startsWith('processed.'));
const deadLetterTopics = () => ['parse', 'validate', 'enrich'].map(deadLetterTopic);

/** Where every topic that a summary reads stood when the run began: `topic/partition` → offset. */
export type RunStart = ReadonlyMap<string, number>;

export async function markStart(kafka: KafkaConfig, clock: Clock): Promise<RunStart> {
  const reader = new LogReader({ config: kafka, clock });
  const start = new Map<string, number>();
  try {
    for (const { name } of [
      ...rawTopics(),
      ...processedTopics(),
      ...deadLetterTopics(),
      opportunitiesArbitrage,
      opsBatches,
      opsGaps,
      opsCollectors,
    ]) {
      for (const [partition, end] of await reader.ends(name)) start.set(`${name}/${partition}`, end);
    }
  } finally {
    await reader.close();
  }
  return start;
}

/** Reads everything the run wrote and adds it up. */
export async function summarise(
  start: RunStart,
  facts: { seconds: number; mode: string; latencyMs: RunSummary['latencyMs'] },
  deps: { kafka: KafkaConfig; schemas: SchemaIds; clock: Clock },
): Promise<RunSummary> {
  const { kafka, schemas, clock } = deps;
  const reader = new LogReader({ config: kafka, clock });
  const read = async <V>(
    topic: AnyTopic,
    each: (key: string, value: V, source: { partition: number; offset: number }) => void,
    fromStart = true,
  ) => {
    const partitions = await reader.partitions(topic.name);
    await reader.readToEnd(
      partitions.map((partition) => ({
        topic: topic.name,
        partition,
        at: fromStart ? { offset: start.get(`${topic.name}/${partition}`) ?? 0 } : 'beginning',
      })),
      (records) => {
        for (const { key, value, partition, offset } of records) {
          if (value !== null) each(key?.toString() ?? '', schemas.decode(topic, value) as V, { partition, offset });
        }
      },
    );
  };
  try {
    const summary: RunSummary = {
      ...facts,
      sources: {},
      raw: 0,
      processed: {},
      filtered: {},
      deadLetters: {},
      accounted: false,
      opportunities: { opened: 0, updated: 0, closed: 0 },
      instruments: 0,
      venues: 0,
      digests: {},
    };
    const ranges = new Map<string, { from: number; to: number }>();
    for (const topic of rawTopics()) {
      for (const [partition, to] of await reader.ends(topic.name))
        ranges.set(`${topic.name}/${partition}`, { from: start.get(`${topic.name}/${partition}`) ?? 0, to });
      await read<RawMessage>(topic, (_, { source, payload }) => {
        const counts = sourceCounts(summary, source);
        counts.messages++;
        counts.bytes += payload.length;
        summary.raw++;
      });
    }
    const reconnects = new Map<string, CollectorHealth>();
    await read<CollectorHealth>(opsCollectors, (_, health) =>
      reconnects.set(`${health.id}@${health.startedTime}`, health),
    );
    for (const { source, reconnects: count } of reconnects.values()) sourceCounts(summary, source).reconnects += count;
    const gaps = new Map<string, string>();
    await read<Gap>(opsGaps, (_, gap) => gaps.set(gap.id, gap.source));
    for (const source of gaps.values()) sourceCounts(summary, source).gaps++;

    for (const topic of processedTopics()) {
      const digest = await TopicDigest.create();
      let count = 0;
      await read<ProcessedRecord>(topic, (key, value) => {
        count++;
        digest.add(key, streamOf(value), topic.value.encode(timeless(value)));
      });
      if (count === 0) continue;
      summary.processed[topic.name.slice('processed.'.length)] = count;
      summary.digests[topic.name] = digest.digest();
    }
    await read<{ state: 'opened' | 'updated' | 'closed' }>(
      opportunitiesArbitrage,
      (_, { state }) => summary.opportunities[state]++,
    );

    const ledger = new RunLedger();
    await read<BatchAccount>(opsBatches, (_, account) => {
      if (account.topic.startsWith('raw.') || account.topic.startsWith('internal.')) ledger.add(account);
    });
    const totals = ledger.totals(ranges);
    summary.filtered = totals.filtered;
    summary.deadLetters = totals.deadLetters;
    const letters = await countRecords(
      reader,
      deadLetterTopics().map(({ name }) => name),
      start,
    );
    const counted = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
    const outputsMatch = processedTopics().every(
      ({ name }) => (totals.outputs[name] ?? 0) === (summary.processed[name.slice('processed.'.length)] ?? 0),
    );
    summary.accounted = totals.covered && outputsMatch && letters === counted(totals.deadLetters);

    summary.instruments = await distinctKeys(reader, registryInstruments.name);
    summary.venues = await distinctKeys(reader, registryVenues.name);
    return summary;
  } finally {
    await reader.close();
  }
}

interface ProcessedRecord {
  source: string;
  venue: string;
  symbol: string;
  eventTime: number;
  eventTimeSource: 'venue' | 'received';
}

/** The feed a record belongs to: one source can carry several streams of an instrument, whose order is their own. */
function streamOf({ source, venue, symbol }: ProcessedRecord): string {
  return `${source}/${venue}/${symbol}`;
}

/** The record without what depends on when and where the run happened. */
function timeless(value: ProcessedRecord): unknown {
  return {
    ...value,
    receivedTime: 0,
    eventTime: value.eventTimeSource === 'venue' ? value.eventTime : 0,
    origin: { topic: '', partition: 0, offset: 0 },
    listingVersion: null,
  };
}

function sourceCounts(summary: RunSummary, source: string): RunSummary['sources'][string] {
  summary.sources[source] ??= { messages: 0, bytes: 0, reconnects: 0, gaps: 0 };
  return summary.sources[source];
}

async function countRecords(reader: LogReader, names: readonly string[], start: RunStart): Promise<number> {
  let count = 0;
  for (const topic of names) {
    const partitions = await reader.partitions(topic);
    await reader.readToEnd(
      partitions.map((partition) => ({ topic, partition, at: { offset: start.get(`${topic}/${partition}`) ?? 0 } })),
      (records) => {
        count += records.length;
      },
    );
  }
  return count;
}

async function distinctKeys(reader: LogReader, topic: string): Promise<number> {
  const keys = new Set<string>();
  const partitions = await reader.partitions(topic);
  await reader.readToEnd(
    partitions.map((partition) => ({ topic, partition, at: 'beginning' })),
    (records) => {
      for (const { key, value } of records) {
        // Closed versions stand under `<id>@<time>`.
        const id = (key?.toString() ?? '').split('@')[0] as string;
        if (value === null) keys.delete(id);
        else keys.add(id);
      }
    },
  );
  return keys.size;
}
