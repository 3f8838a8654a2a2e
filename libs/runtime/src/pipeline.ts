import {
  type AlphaPulseError,
  type AnyTopic,
  type InputRecord,
  MissingFactError,
  type Output,
  type Processor,
  RejectedRecordError,
  type Stage,
  type ValueOf,
} from '@alphapulse/core';

/** A record on its way out of a batch. */
export interface OutgoingRecord {
  readonly topic: AnyTopic;
  readonly key: string;
  readonly value: unknown;
  readonly timestampMs: number;
  /** Index in the batch of the input record that it came from. */
  readonly input: number;
}

/** A record that a stage could not process: goes to `dlq.<stage>` untouched. */
export interface DeadLetter {
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: AnyTopic;
  readonly key: string;
  readonly timestampMs: number;
  /** The decoded input, for stages inside a fused chain; the runner has the bytes of the chain's own input. */
  readonly value: unknown;
  /** Index of the chain's input record that it came from. */
  readonly input: number;
}

export interface BatchResult {
  readonly outputs: OutgoingRecord[];
  readonly deadLetters: DeadLetter[];
  /** Drops by `<stage>.<reason>`. */
  readonly filtered: Map<string, number>;
  /** What became of each input: bit 1 output, bit 2 filtered, bit 4 dead letter. */
  readonly fates: Uint8Array;
}

export const fate = { output: 1, filtered: 2, dead: 4 } as const;

/**
 * A chain of stages fused in one process, over one lane: each stage but the last writes the internal topic that the next
 * one reads, and hands its records over in memory instead. A batch goes through stage by stage, so a stage that misses a
 * registry fact can be asked again for that one record after `catchUp`.
 */
export class Pipeline {
  readonly stages: readonly Stage[];
  readonly #processors: readonly Processor<AnyTopic, AnyTopic>[];
  readonly #catchUp: () => Promise<void>;
  readonly #topics: ReadonlyMap<string, AnyTopic>;

  constructor(stages: readonly Stage[], deps: unknown, catchUp: () => Promise<void>) {
    this.stages = stages;
    this.#processors = stages.map((stage) => stage.create(deps));
    this.#catchUp = catchUp;
    this.#topics = new Map(
      stages.flatMap((stage) => [...stage.reads, ...stage.writes]).map((topic) => [topic.name, topic]),
    );
  }

  /** Folds records in order and returns everything they lead to. Rejects on anything but a rejected record. */
  async process(records: readonly InputRecord[]): Promise<BatchResult> {
    const result: BatchResult = {
      outputs: [],
      deadLetters: [],
      filtered: new Map(),
      fates: new Uint8Array(records.length),
    };
    let inputs: readonly InputRecord[] = records;
    let indexes: readonly number[] | undefined;
    for (let at = 0; at < this.stages.length; at++) {
      const step = new Step(this.stages[at] as Stage, this.stages[at + 1], result);
      const processor = this.#processors[at] as Processor<AnyTopic, AnyTopic>;
      for (let n = 0; n < inputs.length; n++) {
        const record = inputs[n] as InputRecord;
        step.begin(record, indexes === undefined ? n : (indexes[n] as number));
        try {
          processor.process(record as never, step);
        } catch (error) {
          if (error instanceof MissingFactError) {
            step.undo();
            await this.#catchUp();
            try {
              processor.process(record as never, step);
            } catch (second) {
              step.reject(second, this.#topics.get(record.topic) as AnyTopic);
            }
          } else {
            step.reject(error, this.#topics.get(record.topic) as AnyTopic);
          }
        }
        step.end();
      }
      inputs = step.next;
      indexes = step.nextIndexes;
    }
    return result;
  }

  /** State of all stages, keys prefixed with the stage's position. */
  *save(): Iterable<readonly [stage: string, key: string, state: Uint8Array]> {
    for (let at = 0; at < this.stages.length; at++) {
      for (const [key, state] of this.#processors[at]?.save?.() ?? [])
        yield [this.stages[at]?.name as string, key, state];
    }
  }

  load(stage: string, key: string, state: Uint8Array): void {
    this.#processors[this.stages.findIndex(({ name }) => name === stage)]?.load?.(key, state);
  }
}

/** Collects what one stage emits for a batch. */
class Step implements Output<AnyTopic> {
  readonly next: InputRecord[] = [];
  readonly nextIndexes: number[] = [];
  readonly #stage: Stage;
  readonly #fusedTopic: string | undefined;
  readonly #result: BatchResult;
  #record!: InputRecord;
  #index = 0;
  #reasons: string[] = [];
  #outputsBefore = 0;
  #nextBefore = 0;

  constructor(stage: Stage, following: Stage | undefined, result: BatchResult) {
    this.#stage = stage;
    this.#fusedTopic = following?.reads[0]?.name;
    this.#result = result;
  }

  begin(record: InputRecord, index: number): void {
    this.#record = record;
    this.#index = index;
    this.#reasons.length = 0;
    this.#outputsBefore = this.#result.outputs.length;
    this.#nextBefore = this.next.length;
  }

  to<T extends AnyTopic>(topic: T, key: string, value: ValueOf<T>, timestampMs = this.#record.timestampMs): void {
    if (topic.name === this.#fusedTopic) {
      const { partition, offset } = this.#record;
      this.next.push({ topic: topic.name, partition, offset, timestampMs, key, value });
      this.nextIndexes.push(this.#index);
    } else {
      this.#result.outputs.push({ topic, key, value, timestampMs, input: this.#index });
    }
  }

  filtered(reason: string): void {
    this.#reasons.push(reason);
  }

  /** Forgets what the record has emitted so far. */
  undo(): void {
    this.#result.outputs.length = this.#outputsBefore;
    this.next.length = this.nextIndexes.length = this.#nextBefore;
    this.#reasons.length = 0;
  }

  reject(error: unknown, topic: AnyTopic): void {
    if (!(error instanceof RejectedRecordError)) throw error;
    this.undo();
    const { key, timestampMs, value } = this.#record;
    const { code, message } = error as AlphaPulseError;
    this.#result.deadLetters.push({
      stage: this.#stage.name,
      code,
      reason: message,
      topic,
      key,
      timestampMs,
      value,
      input: this.#index,
    });
    this.#result.fates[this.#index] = (this.#result.fates[this.#index] as number) | fate.dead;
  }

  end(): void {
    const { fates, filtered } = this.#result;
    const before = this.#result.deadLetters.at(-1);
    if (
      this.#reasons.length === 0 &&
      this.#result.outputs.length === this.#outputsBefore &&
      this.next.length === this.#nextBefore &&
      before?.input !== this.#index
    ) {
      this.#reasons.push('nothing-to-emit');
    }
    if (this.#result.outputs.length > this.#outputsBefore)
      fates[this.#index] = (fates[this.#index] as number) | fate.output;
    for (const reason of this.#reasons) {
      const name = `${this.#stage.name}.${reason}`;
      filtered.set(name, (filtered.get(name) ?? 0) + 1);
      fates[this.#index] = (fates[this.#index] as number) | fate.filtered;
    }
  }
}
