import { writeTasks } from '@alphapulse/app-cli/start/tasks.ts';
import { type AnyTopic, systemClock } from '@alphapulse/core';
import {
  IdempotentProducer,
  type KafkaConfig,
  kafkaConfigFromEnv,
  LogReader,
  type LogRecord,
  SchemaIds,
  TopicAdmin,
  TransactionalProducer,
} from '@alphapulse/kafka';
import { createLogger, schemaRegistryUrl } from '@alphapulse/runtime';
import { topics } from '@alphapulse/topics';
import { blake3 } from 'hash-wasm';

/** Next offset of each `topic/partition`. */
export type Offsets = ReadonlyMap<string, number>;

/** The addresses that a scenario's own connection needs, by the names that the apps know them by. */
export interface StackVariables {
  readonly KAFKA_BROKERS?: string | undefined;
  readonly SCHEMA_REGISTRY_URL?: string | undefined;
}

/** A scenario's own connection to the stack: appends, reads and waits. */
export class Kafka {
  readonly config: KafkaConfig;
  readonly schemas: SchemaIds;
  readonly admin: TopicAdmin;
  readonly reader: LogReader;
  readonly producer: IdempotentProducer;

  private constructor(stack: StackVariables) {
    const log = createLogger('scenario');
    log.level = 'silent';
    this.config = {
      ...kafkaConfigFromEnv('alphapulse-scenario', log),
      brokers: (stack.KAFKA_BROKERS ?? '127.0.0.1:9092').split(','),
    };
    this.schemas = new SchemaIds({ url: stack.SCHEMA_REGISTRY_URL ?? schemaRegistryUrl(), clock: systemClock });
    this.admin = new TopicAdmin(this.config);
    this.reader = new LogReader({ config: this.config, clock: systemClock });
    this.producer = new IdempotentProducer({ config: this.config, clock: systemClock });
  }

  /** Connects to the stack of all scenarios, or to another; all topics and schemas are in place then. */
  static async connect(stack: StackVariables = process.env): Promise<Kafka> {
    const kafka = new Kafka(stack);
    await kafka.admin.connect();
    await kafka.admin.apply(topics, { allowDestructive: false });
    await kafka.schemas.register(topics);
    await kafka.producer.connect(topics.map(({ name }) => name));
    return kafka;
  }

  async close(): Promise<void> {
    await this.producer.close();
    await this.reader.close();
    await this.admin.disconnect();
  }

  /** Lets a group that has no members yet start at these offsets, instead of at what earlier scenarios have left. */
  async startGroupAt(group: string, names: readonly string[], offsets: Offsets): Promise<void> {
    const committer = new TransactionalProducer({ config: this.config, transactionalId: `scenario-${group}` });
    await committer.init([]);
    const inputs = [...offsets].map(([id, offset]) => {
      const slash = id.lastIndexOf('/');
      return { topic: id.slice(0, slash), partition: Number(id.slice(slash + 1)), offset, metadata: null };
    });
    await committer.commit(
      group,
      inputs.filter(({ topic }) => names.includes(topic)),
    );
    await committer.disconnect();
  }

  /** Where topics end now. */
  async ends(names: readonly string[]): Promise<Offsets> {
    const offsets = new Map<string, number>();
    for (const name of names)
      for (const [partition, end] of await this.reader.ends(name)) offsets.set(`${name}/${partition}`, end);
    return offsets;
  }

  /** Records of a topic from the given offsets (or the beginning) to its end, undecoded, by partition in order. */
  async records(topic: string, from: Offsets = new Map()): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    const partitions = await this.reader.partitions(topic);
    await this.reader.readToEnd(
      partitions.map((partition) => ({ topic, partition, at: { offset: from.get(`${topic}/${partition}`) ?? 0 } })),
      (records) => {
        found.push(...records);
      },
    );
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** Decoded values of a topic. */
  async values<V>(topic: AnyTopic, from?: Offsets): Promise<V[]> {
    const records = await this.records(topic.name, from);
    return records.filter(({ value }) => value !== null).map(({ value }) => this.schemas.decode(topic, value) as V);
  }

  /**
   * blake3 over the exact records (timestamp, key, value bytes) of each key and source in order, then over the sorted
   * pairs. Which source's batch comes first in a partition hangs on timing; within a pair nothing does.
   */
  async digestByKeyAndSource(
    topic: string,
    from?: Offsets,
    to?: Offsets,
  ): Promise<{ records: number; digest: string }> {
    const declared = topics.find(({ name }) => name === topic);
    const pairs = new Map<string, Buffer[]>();
    const all = await this.records(topic, from);
    const records = all.filter(
      ({ partition, offset }) => offset < (to?.get(`${topic}/${partition}`) ?? Number.POSITIVE_INFINITY),
    );
    for (const { key, value, timestampMs } of records) {
      const decoded =
        declared?.value.schema && value ? (this.schemas.decode(declared, value) as { source?: string }) : {};
      const pair = `${key?.toString()} ${decoded.source ?? ''}`;
      const parts = pairs.get(pair) ?? [];
      pairs.set(pair, parts);
      parts.push(Buffer.from(`${timestampMs} ${value?.length ?? -1} `), value ?? Buffer.alloc(0));
    }
    const lines: string[] = [];
    for (const [pair, parts] of [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)))
      lines.push(`${pair} ${await blake3(Buffer.concat(parts))}`);
    return { records: records.length, digest: await blake3(lines.join('\n')) };
  }

  /** Takes all collection tasks back, so that collectors stop. */
  async writeNoTasks(): Promise<void> {
    await writeTasks([], false, {
      producer: this.producer,
      schemas: this.schemas,
      kafka: this.config,
      clock: systemClock,
    });
  }

  /** Waits until a group has committed up to the ends of non-transactional topics. */
  async drained(group: string, names: readonly string[], limitMs = 120_000): Promise<void> {
    await until(
      async () => {
        const committed = await this.admin.committed(group, names);
        for (const name of names) {
          for (const [partition, end] of await this.admin.ends(name)) {
            if (end > 0 && (committed.get(name)?.get(partition) ?? -1) < end) return false;
          }
        }
        return true;
      },
      limitMs,
      `${group} to finish`,
    );
  }

  /** Waits until a group has consumed all data of transactional topics: no record stands behind its position. */
  async caughtUp(group: string, names: readonly string[], limitMs = 120_000): Promise<void> {
    await until(
      async () => {
        const committed = await this.admin.committed(group, names);
        for (const name of names) {
          for (const partition of await this.reader.partitions(name)) {
            const at = Math.max(committed.get(name)?.get(partition) ?? -1, 0);
            let left = 0;
            await this.reader.readToEnd([{ topic: name, partition, at: { offset: at } }], (records) => {
              left += records.length;
            });
            if (left > 0) return false;
          }
        }
        return true;
      },
      limitMs,
      `${group} to catch up`,
    );
  }
}

/** Polls until the condition holds. @throws Error naming what was waited for. */
export async function until(condition: () => Promise<boolean> | boolean, limitMs: number, what: string): Promise<void> {
  const giveUpMs = systemClock.nowMs() + limitMs;
  while (!(await condition())) {
    if (systemClock.nowMs() > giveUpMs) throw new Error(`waited ${limitMs} ms for ${what}`);
    await systemClock.sleep(100);
  }
}
