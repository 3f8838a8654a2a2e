import {
  type AnyTopic,
  type Clock,
  type InputRecord,
  type Log,
  RejectedRecordError,
  type Stage,
  type Topic,
} from '@alphapulse/core';
import {
  type Committed,
  createCluster,
  fetchCommitted,
  type KafkaConfig,
  LogReader,
  type SchemaIds,
  TransactionalProducer,
} from '@alphapulse/kafka';
import type { BatchAccount, Checkpoint } from '@alphapulse/schemas';
import { batchAccountOf } from './batch-account.ts';
import { isNewer, type RoundPointer, readRound, roundRecords } from './checkpoint-round.ts';
import { deadLetterHeaders, encodeOr } from './dead-letter.ts';
import { type BatchResult, fate, Pipeline } from './pipeline.ts';

/** An undecoded input record. */
export interface RawInput {
  readonly topic: AnyTopic;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface LaneDeps {
  readonly group: string;
  readonly stages: readonly Stage[];
  readonly stageDeps: unknown;
  /** Brings registry views up to date; called when a stage misses a fact. */
  readonly catchUp: () => Promise<void>;
  readonly kafka: KafkaConfig;
  readonly schemas: SchemaIds;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the batch account goes. */
  readonly accounts: Topic<string, BatchAccount>;
  /** Where checkpoint rounds go; absent when no stage keeps checkpoints. */
  readonly stateTopic: Topic<string, Checkpoint> | undefined;
  readonly deadLetterTopic: (stage: string) => Topic<string, Buffer>;
}

/** How long batches without any output may wait for a transaction. */
const holdMs = 500;

interface Position {
  /** Offset to fold next. */
  next: number;
  /** Below it records were already processed: they are folded silently. */
  committed: number;
}

/**
 * One partition number's worth of a chain of stages, over all topics the chain reads: its processors, its state, its
 * transactional producer. Topics share a lane so that one transaction covers them, and so that what must be compared
 * meets in one fold.
 *
 * `open` does, in this order: take over the transactional id (which fences a former owner and settles its open
 * transaction), then read the committed offset, then restore the state that belongs to it. Any other order lets a
 * former owner commit in between.
 */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #partition: number;
  readonly #topics: readonly AnyTopic[];
  readonly #pipeline: Pipeline;
  readonly #producer: TransactionalProducer;
  readonly #positions = new Map<string, Position>();
  readonly #rewound = new Map<string, number>();
  #round: RoundPointer = { p: 0, o: 0, n: 0, at: {}, roundMs: 0, lastMs: 0 };
  /** Topics folded further than committed. */
  readonly #uncommitted = new Set<string>();
  /** True when the open transaction holds more than accounts. */
  #hasOutputs = false;
  /** Since when something is folded and not committed, by the clock; undefined while all is. */
  #heldSinceMs: number | undefined;

  private constructor(deps: LaneDeps, partition: number) {
    this.#deps = deps;
    this.#topics = deps.stages[0]?.reads ?? [];
    this.#partition = partition;
    this.#pipeline = new Pipeline(deps.stages, deps.stageDeps, deps.catchUp);
    this.#producer = new TransactionalProducer({ config: deps.kafka, transactionalId: `${deps.group}/${partition}` });
  }

  static async open(deps: LaneDeps, partition: number): Promise<Lane> {
    const lane = new Lane(deps, partition);
    try {
      await lane.#producer.init(lane.#outputTopics());
      await lane.#restore();
      return lane;
    } catch (error) {
      await lane.close();
      throw error;
    }
  }

  /** The offset to go back to before a batch that starts at `offset`, when records that the state needs come before it. */
  rewind(topic: string, offset: number): number | undefined {
    const position = this.#positions.get(topic);
    if (
      !position ||
      position.next >= position.committed ||
      offset <= position.next ||
      this.#rewound.get(topic) === position.next
    )
      return undefined;
    // Asked for once: where offsets are missing (control records, retention) the same batch comes again.
    this.#rewound.set(topic, position.next);
    return position.next;
  }

  /** Offset to fold next, by topic. */
  *positions(): Iterable<readonly [topic: string, next: number]> {
    for (const [topic, { next }] of this.#positions) yield [topic, next];
  }

  /** The consumer has joined anew and starts from committed offsets: what was asked for before is not coming. */
  joinedAgain(): void {
    this.#rewound.clear();
  }

  /** When what is folded and not yet committed should be, by the clock; undefined while all is. */
  get commitDueMs(): number | undefined {
    return this.#heldSinceMs === undefined ? undefined : this.#heldSinceMs + holdMs;
  }

  /**
   * Folds batches (each of one topic, in order) and commits their outputs, accounts and offsets in one transaction.
   * Batches that led to no record at all need none of their own: they wait, `holdMs` at most, for one that does or for
   * `commit`. Whoever takes over before folds them again, to the same end.
   * When it throws, nothing was committed and the lane is used up.
   */
  async process(batches: readonly (readonly RawInput[])[]): Promise<void> {
    let lastMs = this.#round.lastMs;
    for (const inputs of batches) {
      const topic = inputs[0]?.topic.name;
      const position = topic === undefined ? undefined : this.#positions.get(topic);
      if (topic === undefined || !position) continue;
      const silent = inputs.filter(({ offset }) => offset >= position.next && offset < position.committed);
      const live = inputs.filter(({ offset }) => offset >= position.next && offset >= position.committed);
      if (silent.length > 0) {
        await this.#fold(silent);
        position.next = (silent.at(-1) as RawInput).offset + 1;
      }
      if (live.length === 0) continue;
      const { result, records, undecodable } = await this.#fold(live);
      this.#appendOutputs(live, records, result, undecodable);
      position.next = position.committed = (live.at(-1) as RawInput).offset + 1;
      for (const { timestampMs } of live) lastMs = Math.max(lastMs, timestampMs);
      this.#uncommitted.add(topic);
    }
    if (this.#uncommitted.size === 0) return;
    this.#round = { ...this.#round, lastMs };
    const nowMs = this.#deps.clock.nowMs();
    this.#heldSinceMs ??= nowMs;
    if (this.#hasOutputs || nowMs >= this.#heldSinceMs + holdMs || this.#isRoundDue(lastMs)) await this.commit();
  }

  /** Commits what is folded and not yet committed. When it throws, nothing was and the lane is used up. */
  async commit(): Promise<void> {
    if (this.#uncommitted.size === 0) return;
    await this.#checkpointWhenDue(this.#round.lastMs);
    const metadata = JSON.stringify(this.#round);
    await this.#producer.commit(
      this.#deps.group,
      [...this.#uncommitted].map((topic) => {
        const { committed } = this.#positions.get(topic) as Position;
        return { topic, partition: this.#partition, offset: committed, metadata };
      }),
    );
    this.#uncommitted.clear();
    this.#hasOutputs = false;
    this.#heldSinceMs = undefined;
  }

  async close(): Promise<void> {
    await this.#producer.disconnect();
  }

  /** Decodes and folds; a value that cannot be decoded becomes a dead letter of the first stage. */
  async #fold(
    inputs: readonly RawInput[],
  ): Promise<{ result: BatchResult; records: number[]; undecodable: { input: number; error: RejectedRecordError }[] }> {
    const decoded: InputRecord[] = [];
    const records: number[] = [];
    const undecodable: { input: number; error: RejectedRecordError }[] = [];
    for (let n = 0; n < inputs.length; n++) {
      const { topic, partition, offset, timestampMs, key, value } = inputs[n] as RawInput;
      try {
        let event = this.#deps.schemas.decode(topic, value);
        if (event === undefined) {
          await this.#deps.schemas.lookUp(topic, value as Buffer);
          event = this.#deps.schemas.decode(topic, value);
        }
        decoded.push({ topic: topic.name, partition, offset, timestampMs, key: key?.toString() ?? '', value: event });
        records.push(n);
      } catch (error) {
        if (!(error instanceof RejectedRecordError)) throw error;
        undecodable.push({ input: n, error });
      }
    }
    return { result: await this.#pipeline.process(decoded), records, undecodable };
  }

  #appendOutputs(
    inputs: readonly RawInput[],
    records: readonly number[],
    result: BatchResult,
    undecodable: readonly { input: number; error: RejectedRecordError }[],
  ): void {
    const { schemas } = this.#deps;
    const outputs: Record<string, number> = {};
    const deadLetters: Record<string, number> = {};
    const dead = (
      stage: string,
      code: string,
      reason: string,
      input: RawInput,
      key: Buffer | null,
      value: Buffer | null,
    ) => {
      const topic = this.#deps.deadLetterTopic(stage).name;
      this.#hasOutputs = true;
      this.#producer.append(
        topic,
        key,
        key?.toString() ?? '',
        null,
        value,
        input.timestampMs,
        deadLetterHeaders(stage, code, reason, input),
      );
      deadLetters[code] = (deadLetters[code] ?? 0) + 1;
    };
    const firstStage = this.#deps.stages[0]?.name as string;
    for (const { input, error } of undecodable) {
      const raw = inputs[input] as RawInput;
      dead(firstStage, error.code, error.message, raw, raw.key, raw.value);
    }
    for (const letter of result.deadLetters) {
      const raw = inputs[records[letter.input] as number] as RawInput;
      // The chain's own input goes untouched; between fused stages it is what the cut topic would have held.
      const own = letter.stage === firstStage;
      dead(
        letter.stage,
        letter.code,
        letter.reason,
        raw,
        own ? raw.key : Buffer.from(letter.key),
        own ? raw.value : encodeOr(raw.value, schemas, letter.topic, letter.value),
      );
    }
    const lastStage = this.#deps.stages.at(-1)?.name as string;
    const keys = new Map<string, Buffer>();
    for (const { topic, key, value, timestampMs, input } of result.outputs) {
      let bytes: Buffer;
      try {
        bytes = topic.value.encode(value);
      } catch (error) {
        if (!(error instanceof RejectedRecordError)) throw error;
        const raw = inputs[records[input] as number] as RawInput;
        dead(lastStage, error.code, error.message, raw, raw.key, raw.value);
        result.fates[input] = ((result.fates[input] as number) & ~fate.output) | fate.dead;
        continue;
      }
      const keyBytes = keys.get(key) ?? Buffer.from(key);
      keys.set(key, keyBytes);
      this.#hasOutputs = true;
      this.#producer.append(topic.name, keyBytes, key, schemas.prefix(topic), bytes, timestampMs);
      outputs[topic.name] = (outputs[topic.name] ?? 0) + 1;
    }
    const account = batchAccountOf(this.#deps.stages, inputs, result, {
      undecodable: undecodable.length,
      outputs,
      deadLetters,
      processedTime: this.#deps.clock.nowUs(),
    });
    this.#appendAccount(account, (inputs[0] as RawInput).timestampMs);
  }

  #appendAccount(account: BatchAccount, timestampMs: number): void {
    const { accounts, schemas } = this.#deps;
    const key = `${account.topic}-${account.partition}`;
    const bytes = accounts.value.encode(account);
    this.#producer.append(accounts.name, Buffer.from(key), key, schemas.prefix(accounts), bytes, timestampMs);
  }

  #isRoundDue(lastMs: number): boolean {
    const { stateTopic, stages } = this.#deps;
    const everyMs = Math.min(
      ...stages.map(({ state }) => (state?.kind === 'checkpoints' ? state.everyMs : Number.POSITIVE_INFINITY)),
    );
    return stateTopic !== undefined && lastMs >= this.#round.roundMs + everyMs;
  }

  /** Writes a round when the interval of record time has passed, in the batch's own transaction. */
  async #checkpointWhenDue(lastMs: number): Promise<void> {
    const { stateTopic, schemas } = this.#deps;
    if (!stateTopic || !this.#isRoundDue(lastMs)) return;
    const at = Object.fromEntries([...this.#positions].map(([topic, { next }]) => [topic, next]));
    const entries = [...this.#pipeline.save()];
    for (const { key, value } of roundRecords(entries, String(this.#partition), at, lastMs)) {
      const bytes = stateTopic.value.encode(value);
      const prefix = schemas.prefix(stateTopic);
      this.#producer.append(stateTopic.name, Buffer.from(key), key, prefix, bytes, lastMs, undefined, this.#partition);
    }
    const bases = await this.#producer.flush();
    const o = bases.get(`${stateTopic.name}/${this.#partition}`) ?? 0;
    this.#round = { p: this.#partition, o, n: entries.length, at, roundMs: lastMs, lastMs };
  }

  async #restore(): Promise<void> {
    const { group, kafka, clock, log, stateTopic, schemas } = this.#deps;
    const cluster = createCluster(kafka);
    const reader = new LogReader({ config: kafka, clock });
    // The pointer is committed, so the round it points to is: an open transaction of another lane must not hide it.
    const rounds = new LogReader({ config: kafka, clock, isolation: 'read_uncommitted' });
    try {
      await cluster.connect();
      let newest: RoundPointer | undefined;
      const found = new Map<string, Committed>();
      for (const { name } of this.#topics) {
        const committed = await fetchCommitted(cluster, group, name, this.#partition);
        found.set(name, committed);
        const pointer = committed.metadata ? (JSON.parse(committed.metadata) as RoundPointer) : undefined;
        if (pointer && (newest === undefined || isNewer(pointer, newest))) newest = pointer;
      }
      if (newest) {
        this.#round = newest;
        if (newest.n > 0 && stateTopic)
          await readRound(rounds, stateTopic, schemas, newest, log, (stage, key, state) =>
            this.#pipeline.load(stage, key, state),
          );
      }
      const lookBackMs = Math.max(
        0,
        ...this.#deps.stages.map(({ state }) => (state?.kind === 'look-back' ? state.ms : 0)),
      );
      for (const { name } of this.#topics) {
        const committed = (found.get(name) as Committed).offset;
        const beginning = await reader.offsetOf({ topic: name, partition: this.#partition, at: 'beginning' });
        const start = Math.max(committed, beginning);
        let next = newest?.at[name] ?? start;
        if (committed < 0) this.#round = { ...this.#round, at: { ...this.#round.at, [name]: start } };
        if (lookBackMs > 0 && newest && committed >= 0) {
          const from = await reader.offsetOf({
            topic: name,
            partition: this.#partition,
            at: { timestampMs: newest.lastMs - lookBackMs },
          });
          next = Math.min(from, committed);
        }
        if (next < beginning)
          log.warn(
            { topic: name, partition: this.#partition, wanted: next, earliest: beginning },
            'records that the state was folded from are gone; state starts from what is left',
          );
        log.debug({ topic: name, partition: this.#partition, committed, start: next }, 'lane takes over');
        this.#positions.set(name, {
          next: Math.min(Math.max(next, beginning), Math.max(start, beginning)),
          committed: start,
        });
      }
    } finally {
      await reader.close();
      await rounds.close();
      await cluster.disconnect();
    }
  }

  #outputTopics(): string[] {
    const { stages, stateTopic, deadLetterTopic, accounts } = this.#deps;
    const names = new Set([accounts.name, ...stages.map(({ name }) => deadLetterTopic(name).name)]);
    const fused = new Set(stages.slice(1).flatMap(({ reads }) => reads.map(({ name }) => name)));
    for (const { writes } of stages) for (const { name } of writes) if (!fused.has(name)) names.add(name);
    if (stateTopic) names.add(stateTopic.name);
    return [...names];
  }
}
