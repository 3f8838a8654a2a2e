import { type AnyTopic, type Clock, type Log, RejectedRecordError } from '@alphapulse/core';
import {
  isOutage,
  type KafkaConfig,
  LogReader,
  type LogRecord,
  type PartitionStart,
  SchemaIds,
  TopicAdmin,
} from '@alphapulse/kafka';
import { patiently } from '@alphapulse/runtime';
import type {
  ArbitrageOpportunity,
  BatchAccount,
  CollectorHealth,
  Gap,
  Mapping,
  MarketUpdate,
  RawMessage,
} from '@alphapulse/schemas';
import {
  topics as allTopics,
  marketUpdates,
  opportunitiesArbitrage,
  opsBatches,
  opsCollectors,
  opsGaps,
  raw,
  registryInstruments,
  registryMappings,
  registryVenues,
} from '@alphapulse/topics';
import { measureLag } from './lag.ts';
import { groupOf } from './pipeline-state.ts';
import { printable } from './printable.ts';
import type { Readiness } from './server.ts';
import type { DashboardState } from './state.ts';

const lagEveryMs = 2_000;
const brokerSeenForMs = 15_000;
/** Groups of the default layout; further ones show up with their first batch account. */
const defaultGroups: readonly (readonly [stages: string, topics: readonly string[]])[] = [
  ['arbitrage', ['processed.quotes']],
  ['market-updates', ['processed.quotes', 'processed.trades']],
  ['synthetic-legs', ['processed.quotes']],
  ['synthetics', ['internal.legs']],
];

export interface FeedOptions {
  readonly state: DashboardState;
  readonly kafka: KafkaConfig;
  readonly schemaRegistryUrl: string;
  /** Suffix of the consumer groups to measure, as the apps' GROUP_SUFFIX. */
  readonly groupSuffix?: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly historyFromMs: number;
}

/** Reads what the system writes about itself, read committed and without a consumer group, into the state. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #schemas: SchemaIds;
  readonly #waitingFor = new Set<string>();
  #brokerSeenMs = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#schemas = new SchemaIds({ url: options.schemaRegistryUrl, clock: options.clock });
    for (const { name } of followed()) this.#waitingFor.add(name);
  }

  readiness(): Readiness {
    return {
      broker: this.#options.clock.nowMs() - this.#brokerSeenMs < brokerSeenForMs,
      waitingFor: [...this.#waitingFor].map((id) => id.split('/')[0] as string),
    };
  }

  /** Runs until the signal aborts; outages are waited out. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, kafka } = this.#options;
    const admin = new TopicAdmin(kafka);
    const failed = new AbortController();
    const both = AbortSignal.any([signal, failed.signal]);
    try {
      await patiently(() => admin.connect(), clock, log, both);
      await this.#untilTopicsExist(admin, both);
      await patiently(() => this.#schemas.register(followed()), clock, log, both);
      if (both.aborted) return;
      await Promise.all(
        [this.#follow(both), this.#measure(admin, both)].map((work) =>
          work.catch((error) => {
            failed.abort();
            throw error;
          }),
        ),
      );
    } finally {
      await admin.disconnect();
    }
  }

  async #untilTopicsExist(admin: TopicAdmin, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const existing = new Set(await patiently(() => admin.listTopics(), clock, log, signal));
      const missing = followed().filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return;
      if (attempt === 0) log.info({ missing: missing.map(({ name }) => name) }, 'waiting for topics');
      await clock.sleep(1_000, signal);
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { kafka, clock, log } = this.#options;
    const reader = new LogReader({ config: kafka, clock, gatherMs: 250 });
    try {
      const ends = new Map<string, number>();
      const starts = await patiently(() => this.#starts(reader, ends), clock, log, signal);
      if (!starts) return;
      this.#brokerSeenMs = clock.nowMs();
      this.#waitingFor.clear();
      for (const id of ends.keys()) this.#waitingFor.add(id);
      this.#settle();
      await reader.follow(
        starts,
        (records) => this.#fold(records, signal),
        signal,
        (topic, partition, next) => {
          const id = `${topic}/${partition}`;
          if (next >= (ends.get(id) ?? 0) && this.#waitingFor.delete(id)) this.#settle();
        },
      );
    } finally {
      await reader.close();
    }
  }

  /** Where to start; fills `ends` with the ends of partitions that have something to catch up with. */
  async #starts(reader: LogReader, ends: Map<string, number>): Promise<PartitionStart[]> {
    const starts: PartitionStart[] = [];
    for (const topic of followed()) {
      const at = topic.cleanupPolicy === 'compact' ? 'beginning' : { timestampMs: this.#options.historyFromMs };
      for (const [partition, end] of await reader.ends(topic.name)) {
        const offset = await reader.offsetOf({ topic: topic.name, partition, at });
        starts.push({ topic: topic.name, partition, at: { offset } });
        if (offset < end) ends.set(`${topic.name}/${partition}`, end);
      }
    }
    return starts;
  }

  #settle(): void {
    this.#options.state.ready(this.#waitingFor.size === 0);
  }

  async #fold(records: readonly LogRecord[], signal: AbortSignal): Promise<void> {
    const { state, clock, log } = this.#options;
    for (const record of records) {
      try {
        // A schema registry that is away holds up the view, and never makes it wrong.
        await patiently(() => this.#foldOne(record), clock, log, signal);
      } catch (error) {
        if (!(error instanceof RejectedRecordError)) throw error;
        state.undecodable(record.topic);
      }
    }
  }

  async #foldOne(record: LogRecord): Promise<void> {
    const { state, clock } = this.#options;
    const { topic, partition, value } = record;
    const key = record.key?.toString() ?? '';
    const nowMs = clock.nowMs();
    if (topic === opsBatches.name)
      state.batch(
        await this.#decode<BatchAccount>(opsBatches, value),
        nowMs,
        !this.#waitingFor.has(`${topic}/${partition}`),
      );
    else if (topic === opsCollectors.name)
      value ? state.collector(await this.#decode<CollectorHealth>(opsCollectors, value)) : state.collectorGone(key);
    else if (topic === opsGaps.name) state.gap(await this.#decode<Gap>(opsGaps, value));
    else if (topic === marketUpdates.name) state.market(await this.#decode<MarketUpdate>(marketUpdates, value), nowMs);
    else if (topic === opportunitiesArbitrage.name)
      state.opportunity(await this.#decode<ArbitrageOpportunity>(opportunitiesArbitrage, value));
    else if (topic === registryMappings.name)
      state.mapping(key, value && (await this.#decode<Mapping>(registryMappings, value)));
    else if (topic === registryInstruments.name) state.registered('instruments', key, value !== null);
    else if (topic === registryVenues.name) state.registered('venues', key, value !== null);
    else await this.#deadLetter(record);
  }

  async #decode<V>(topic: AnyTopic, value: Buffer | null): Promise<V> {
    const decoded = this.#schemas.decode<V>(topic, value);
    if (decoded !== undefined) return decoded;
    await this.#schemas.lookUp(topic, value as Buffer);
    return this.#schemas.decode<V>(topic, value) as V;
  }

  async #deadLetter({ topic, partition, offset, timestampMs, key, value, headers }: LogRecord): Promise<void> {
    const header = (name: string): string => {
      const held = headers[`alphapulse.${name}`];
      return printable((Array.isArray(held) ? held[0] : held) ?? Buffer.alloc(0), 500);
    };
    const origin = header('topic');
    this.#options.state.deadLetter({
      id: `${topic}-${partition}@${offset}`,
      atMs: timestampMs,
      stage: header('stage') || topic.slice('dlq.'.length),
      code: header('code'),
      reason: header('reason'),
      origin: `${origin}-${header('partition')}@${header('offset')}`,
      key: printable(key ?? Buffer.alloc(0), 120),
      excerpt: printable(await this.#payload(origin, value)),
      bytes: value?.length ?? 0,
    });
  }

  /** What the venue sent where the dead letter is a raw message, else the value's bytes. */
  async #payload(origin: string, value: Buffer | null): Promise<Buffer> {
    const topic = Object.values(raw).find(({ name }) => name === origin);
    if (!topic || value === null) return value ?? Buffer.alloc(0);
    try {
      await this.#schemas.register([topic]);
      return (await this.#decode<RawMessage>(topic, value)).payload;
    } catch (error) {
      if (error instanceof RejectedRecordError) return value;
      throw error;
    }
  }

  async #measure(admin: TopicAdmin, signal: AbortSignal): Promise<void> {
    const { kafka, clock, log, state } = this.#options;
    const reader = new LogReader({ config: kafka, clock });
    let failing = false;
    try {
      while (!signal.aborted) {
        try {
          state.lag(await measureLag({ admin, reader, clock }, this.#groups(), signal));
          this.#brokerSeenMs = clock.nowMs();
          failing = false;
        } catch (error) {
          if (!isOutage(error)) throw error;
          if (!failing) log.warn({ error: (error as Error).message }, 'lag not measured, trying again');
          failing = true;
        }
        await clock.sleep(lagEveryMs, signal);
      }
    } finally {
      await reader.close();
    }
  }

  #groups(): Map<string, readonly string[]> {
    const groups = new Map(defaultGroups);
    const seen = this.#options.state.inputsByStages();
    for (const [stages, topics] of seen)
      groups.set(groupOf(stages), [...(groups.get(groupOf(stages)) ?? []), ...topics]);
    const parsing = [...seen.keys()].find((stages) => stages.split('+')[0] === 'parse') ?? 'parse+validate+enrich';
    const collected = this.#options.state.sourceIds(this.#options.clock.nowMs()).map((source) => `raw.${source}`);
    const declared = new Set(allTopics.map(({ name }) => name));
    groups.set(groupOf(parsing), [
      ...(groups.get(groupOf(parsing)) ?? []),
      ...collected.filter((name) => declared.has(name)),
    ]);
    const suffix = this.#options.groupSuffix ?? '';
    return new Map([...groups].map(([group, topics]) => [`${group}${suffix}`, topics]));
  }
}

function followed(): AnyTopic[] {
  return [
    opsBatches,
    opsCollectors,
    opsGaps,
    marketUpdates,
    opportunitiesArbitrage,
    registryInstruments,
    registryMappings,
    registryVenues,
    ...allTopics.filter(({ name }) => name.startsWith('dlq.')),
  ];
}
