import { type AnyTopic, FatalError } from '@alphapulse/core';
import kafkajs, { type Admin } from 'kafkajs';
import { type KafkaConfig, securityOptions } from './config.ts';
import { kafkajsLogCreator } from './kafkajs-log.ts';

// kafkajs is CommonJS: only its default export is sure to be there under ESM.
const { ConfigResourceTypes, Kafka, logLevel } = kafkajs;

export interface TopicChange {
  readonly topic: string;
  readonly change: 'create' | 'partitions' | 'config';
  /** One line for people. */
  readonly what: string;
  /** True when records would be lost or keys would move: applied only when told. */
  readonly destructive: boolean;
}

/** Creates and alters topics to what they are declared as. */
export class TopicAdmin {
  readonly #admin: Admin;

  constructor(config: KafkaConfig) {
    const kafka = new Kafka({
      ...securityOptions(config),
      brokers: config.brokers,
      clientId: config.clientId,
      logLevel: logLevel.WARN,
      logCreator: kafkajsLogCreator(config.log),
      retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
    this.#admin = kafka.admin();
  }

  connect(): Promise<void> {
    return this.#admin.connect();
  }

  disconnect(): Promise<void> {
    return this.#admin.disconnect();
  }

  /** What would have to change for the cluster to match the declarations; empty when it does. */
  async plan(topics: readonly AnyTopic[]): Promise<TopicChange[]> {
    const existing = new Set(await this.#admin.listTopics());
    const present = topics.filter(({ name }) => existing.has(name));
    const changes: TopicChange[] = topics
      .filter(({ name }) => !existing.has(name))
      .map((topic) => ({
        topic: topic.name,
        change: 'create',
        what: `create with ${topic.partitions} partitions, ${describe(configOf(topic))}`,
        destructive: false,
      }));
    if (present.length === 0) return changes;
    const { topics: metadata } = await this.#admin.fetchTopicMetadata({ topics: present.map(({ name }) => name) });
    const configs = await this.#admin.describeConfigs({
      includeSynonyms: false,
      resources: present.map(({ name }) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
    for (const topic of present) {
      const partitions = metadata.find(({ name }) => name === topic.name)?.partitions.length ?? 0;
      if (partitions < topic.partitions) {
        changes.push({
          topic: topic.name,
          change: 'partitions',
          what: `grow from ${partitions} to ${topic.partitions} partitions: keys move to other partitions`,
          destructive: true,
        });
      } else if (partitions > topic.partitions) {
        changes.push({
          topic: topic.name,
          change: 'partitions',
          what: `has ${partitions} partitions, declared are ${topic.partitions}: Kafka cannot shrink a topic; delete and create it`,
          destructive: true,
        });
      }
      const entries = configs.resources.find(({ resourceName }) => resourceName === topic.name)?.configEntries ?? [];
      const now = Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
      for (const [name, wanted] of Object.entries(configOf(topic))) {
        const current = String(now[name] ?? '');
        if (current === wanted) continue;
        changes.push({
          topic: topic.name,
          change: 'config',
          what: `${name}: ${current} → ${wanted}`,
          destructive: losesRecords(name, current, wanted),
        });
      }
    }
    return changes;
  }

  /** Applies a plan. @throws FatalError `topic_change_destructive` when a change is destructive and that is not allowed. */
  async apply(topics: readonly AnyTopic[], options: { allowDestructive: boolean }): Promise<TopicChange[]> {
    const changes = await this.plan(topics);
    const refused = changes.filter(({ destructive }) => destructive && !options.allowDestructive);
    if (refused.length > 0) {
      throw new FatalError(
        'topic_change_destructive',
        `refused without --allow-destructive: ${refused.map(({ topic, what }) => `${topic} ${what}`).join('; ')}`,
      );
    }
    const declared = new Map(topics.map((topic) => [topic.name, topic]));
    const create = changes
      .filter(({ change }) => change === 'create')
      .map(({ topic }) => declared.get(topic) as AnyTopic);
    if (create.length > 0) {
      // A broker may not know yet what its controller has made; what was made at the first try is passed over.
      await this.#patiently(() =>
        this.#admin.createTopics({
          waitForLeaders: true,
          topics: create.map((topic) => ({
            topic: topic.name,
            numPartitions: topic.partitions,
            replicationFactor: -1,
            configEntries: Object.entries(configOf(topic)).map(([name, value]) => ({ name, value })),
          })),
        }),
      );
    }
    for (const { topic, change } of changes) {
      const target = declared.get(topic) as AnyTopic;
      if (change === 'partitions')
        await this.#admin.createPartitions({ topicPartitions: [{ topic, count: target.partitions }] });
    }
    const configured = [...new Set(changes.filter(({ change }) => change === 'config').map(({ topic }) => topic))];
    if (configured.length > 0) {
      await this.#admin.alterConfigs({
        validateOnly: false,
        resources: configured.map((name) => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configEntries: Object.entries(configOf(declared.get(name) as AnyTopic)).map(([key, value]) => ({
            name: key,
            value,
          })),
        })),
      });
    }
    return changes;
  }

  /** Topics of the cluster. */
  listTopics(): Promise<string[]> {
    return this.#admin.listTopics();
  }

  /** Committed offsets of a group by topic and partition; -1 where nothing is committed. */
  async committed(groupId: string, topics: readonly string[]): Promise<Map<string, Map<number, number>>> {
    const offsets = await this.#patiently(() => this.#admin.fetchOffsets({ groupId, topics: [...topics] }));
    return new Map(
      offsets.map(({ topic, partitions }) => [
        topic,
        new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)])),
      ]),
    );
  }

  /** Waits out a topic or group coordinator that is only being made, as on a new cluster. */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if ((error as { retriable?: boolean }).retriable !== true || attempt >= 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  }

  /** Commits the present ends as a group's position, so that it begins with what comes now. The group must have no member. */
  async commitEnds(groupId: string, topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const partitions = [...(await this.ends(topic))].map(([partition, offset]) => ({
        partition,
        offset: String(offset),
      }));
      await this.#patiently(() => this.#admin.setOffsets({ groupId, topic, partitions }));
    }
  }

  /** End offsets of a topic (high watermarks). */
  async ends(topic: string): Promise<Map<number, number>> {
    const offsets = await this.#patiently(() => this.#admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
  }
}

/** Raw keeps whatever a venue sends and dead letters keep any input: Kafka's default of 1 MiB would refuse some for good. */
const maxMessageBytes = 32 * 1_048_576;

function configOf(topic: AnyTopic): Record<string, string> {
  return {
    'max.message.bytes': String(maxMessageBytes),
    ...(topic.cleanupPolicy === 'compact'
      ? { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.1' }
      : { 'cleanup.policy': 'delete', 'retention.ms': String(topic.retentionMs ?? -1) }),
  };
}

function describe(config: Record<string, string>): string {
  return Object.entries(config)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

function losesRecords(name: string, current: string, wanted: string): boolean {
  if (name === 'cleanup.policy') return true;
  if (name !== 'retention.ms') return false;
  return Number(wanted) !== -1 && (Number(current) === -1 || Number(wanted) < Number(current));
}
