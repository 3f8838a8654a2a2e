import type { AnyTopic, ValueOf } from './topic.ts';

/** A record as a stage sees it: decoded, with where it stands in the log. */
export interface InputRecord<V = unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Kafka timestamp: the receive time in milliseconds. It is the only time a stage knows. */
  readonly timestampMs: number;
  readonly key: string;
  readonly value: V;
}

export type RecordOf<T extends AnyTopic> = T extends AnyTopic
  ? InputRecord<ValueOf<T>> & { readonly topic: T['name'] }
  : never;

/**
 * What a processor gives back for a record. Emitting to a topic the stage does not declare does not compile.
 * A record for which nothing is emitted should say why with `filtered`.
 */
export interface Output<W extends AnyTopic> {
  /** Emits one record; its Kafka timestamp is the input's unless `timestampMs` is given. */
  to<T extends W>(topic: T, key: string, value: ValueOf<T>, timestampMs?: number): void;
  /** Counts the input as intentionally dropped, under a short kebab-case reason. */
  filtered(reason: string): void;
}

/**
 * A pure fold over one lane: a partition number of all the topics it reads.
 * The runner calls `process` once for each record in log order and never concurrently.
 * Invariant: no wall clock, randomness or I/O; outputs depend on the records and the state folded from them alone.
 */
export interface Processor<R extends AnyTopic, W extends AnyTopic> {
  /**
   * @throws RejectedRecordError to send the record to the stage's dead-letter topic; state must be as before the call.
   * @throws MissingFactError when a registry fact is not known; asked again once the registry view has caught up.
   */
  process(record: RecordOf<R>, output: Output<W>): void;
  /** State per key, for a checkpoint round. Called between records. */
  save?(): Iterable<readonly [key: string, state: Uint8Array]>;
  /** Restores one key of a checkpoint round, before any record is processed. */
  load?(key: string, state: Uint8Array): void;
}

export type StateSpec =
  /** A round of all keys' state is written to `state.<stage>` each `everyMs` of record time. */
  | { readonly kind: 'checkpoints'; readonly everyMs: number }
  /** The state is rebuilt by folding the last `ms` of record time again. */
  | { readonly kind: 'look-back'; readonly ms: number };

/** A step of the graph as a value; its name is its consumer group. */
export interface Stage<R extends AnyTopic = AnyTopic, W extends AnyTopic = AnyTopic, Deps = unknown> {
  readonly name: string;
  readonly doc: string;
  readonly reads: readonly R[];
  readonly writes: readonly W[];
  readonly state?: StateSpec;
  create(deps: Deps): Processor<R, W>;
}

export function defineStage<R extends AnyTopic, W extends AnyTopic, Deps>(stage: Stage<R, W, Deps>): Stage<R, W, Deps> {
  if (!/^[a-z][a-z0-9-]*$/.test(stage.name)) throw new TypeError(`not a stage name: ${stage.name}`);
  return Object.freeze(stage);
}
