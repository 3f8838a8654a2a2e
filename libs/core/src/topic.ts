/** Turns a value into the bytes of a Kafka record's value and back. */
export interface Codec<T> {
  /** The schema as JSON, registered under `<topic>-value`; null for opaque bytes. */
  readonly schema: unknown;
  /** @throws RejectedRecordError `value_invalid` when the value does not fit the schema. */
  encode(value: T): Buffer;
  /** @throws RejectedRecordError `record_undecodable` when the bytes do not fit the schema. */
  decode(bytes: Buffer): T;
}

export type CleanupPolicy = 'delete' | 'compact';

/** A Kafka topic as a value: the single source for its creation, its documentation and its types. */
export interface Topic<N extends string = string, V = unknown> {
  readonly name: N;
  readonly doc: string;
  /** What the record key (UTF-8 text) holds. */
  readonly key: string;
  readonly value: Codec<V>;
  readonly partitions: number;
  readonly cleanupPolicy: CleanupPolicy;
  /** How long records are kept; absent on compacted topics, which keep the newest of each key. */
  readonly retentionMs?: number;
  /** True for topics that only this system reads (state, cuts between stages). */
  readonly internal?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: "any topic at all" needs a bivariant value type.
export type AnyTopic = Topic<string, any>;
export type ValueOf<T extends AnyTopic> = T extends Topic<string, infer V> ? V : never;

const TOPIC_NAME = /^[a-z0-9][a-z0-9._-]{0,200}$/;

/** Declares a topic; the name is checked against what Kafka and our naming allow. */
export function defineTopic<const N extends string, V>(topic: Topic<N, V>): Topic<N, V> {
  if (!TOPIC_NAME.test(topic.name)) throw new TypeError(`not a topic name: ${topic.name}`);
  if (topic.partitions < 1) throw new TypeError(`${topic.name}: partitions must be 1 or more`);
  return Object.freeze(topic);
}
