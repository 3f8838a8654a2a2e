import type { AnyTopic, Output, Processor, RecordOf, Stage, ValueOf } from '@alphapulse/core';

export interface DrivenOutput<W extends AnyTopic = AnyTopic> {
  readonly topic: W['name'];
  readonly key: string;
  readonly value: ValueOf<W>;
  readonly timestampMs: number;
}

/**
 * Runs one stage without a broker, as the runner would: values go through the topics' codecs in both directions,
 * offsets rise, nothing reads a clock.
 */
export class StageDriver<R extends AnyTopic, W extends AnyTopic, Deps> {
  readonly outputs: DrivenOutput<W>[] = [];
  readonly filtered: Record<string, number> = {};
  readonly #stage: Stage<R, W, Deps>;
  readonly #deps: Deps;
  #processor: Processor<R, W>;
  #offset = 0;

  constructor(stage: Stage<R, W, Deps>, deps: Deps) {
    this.#stage = stage;
    this.#deps = deps;
    this.#processor = stage.create(deps);
  }

  /** Processes one record and returns what it emitted; errors pass through. */
  pipe<T extends R>(topic: T, key: string, value: ValueOf<T>, timestampMs: number, partition = 0): DrivenOutput<W>[] {
    const before = this.outputs.length;
    const output: Output<W> = {
      to: (target, outKey, outValue, outTimestampMs) => {
        if (!this.#stage.writes.some((declared) => declared.name === target.name))
          throw new Error(`${this.#stage.name} does not declare ${target.name}`);
        const decoded = target.value.decode(target.value.encode(outValue));
        this.outputs.push({
          topic: target.name,
          key: outKey,
          value: decoded,
          timestampMs: outTimestampMs ?? timestampMs,
        });
      },
      filtered: (reason) => {
        this.filtered[reason] = (this.filtered[reason] ?? 0) + 1;
      },
    };
    const record = {
      topic: topic.name,
      partition,
      offset: this.#offset++,
      timestampMs,
      key,
      value: topic.value.decode(topic.value.encode(value)),
    };
    this.#processor.process(record as unknown as RecordOf<R>, output);
    return this.outputs.slice(before);
  }

  /** Saves the state and goes on with a fresh processor that has loaded it, as after a move to another process. */
  restart(): void {
    const round = [...(this.#processor.save?.() ?? [])].map(([key, state]) => [key, Buffer.from(state)] as const);
    this.#processor = this.#stage.create(this.#deps);
    for (const [key, state] of round) this.#processor.load?.(key, state);
  }
}
