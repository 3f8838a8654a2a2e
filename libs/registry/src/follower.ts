import { type Clock, codeOf, type Log, RetriableError } from '@alphapulse/core';
import { isOutage, type LogRecord, type PartitionStart, type StartAt } from '@alphapulse/kafka';
import { type Change, ChangeDecoder, type OnCorrupt } from './decode.ts';
import { type Kind, topicOf } from './kinds.ts';
import type { ReaderPort, SchemaPort } from './ports.ts';

/** Records of one partition in log order. */
export interface RegistryBatch {
  readonly kind: Kind;
  readonly topic: string;
  readonly partition: number;
  /** Without the corrupt records, which are skipped and counted. */
  readonly changes: readonly Change[];
  /** Offset after the last record. */
  readonly next: number;
}

export interface FollowerOptions {
  readonly kinds: readonly Kind[];
  /** Follows the topics. */
  readonly reader: ReaderPort;
  /** Asks for end offsets: a connection of its own, so that the question does not wait behind a long poll. */
  readonly ends: Pick<ReaderPort, 'ends' | 'close'>;
  readonly schemas: SchemaPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Called one batch at a time. What it throws ends the following. */
  onBatch(batch: RegistryBatch): void | Promise<void>;
  /** Told after each answer how far a partition was followed: past records handed over, and past the ends of transactions. */
  onPosition?(topic: string, partition: number, next: number): void;
  /** Told of every record that was skipped because it cannot be decoded, before the batch that it stood in. */
  readonly onCorrupt?: OnCorrupt;
  /** Where to start in a partition that ends at `end`; default the beginning. */
  startAt?(topic: string, partition: number, end: number): StartAt;
  /**
   * Asked once before the first record, with the ends by `<topic>/<partition>`: next offsets to go on from, or undefined
   * for where `startAt` says. What it throws ends the following.
   */
  resume?(ends: ReadonlyMap<string, number>, signal: AbortSignal): Promise<ReadonlyMap<string, number> | undefined>;
}

type Targets = ReadonlyMap<string, number>;

/** Follows registry topics from where it is told, knows when it has caught up with them, and can be asked to. */
export class RegistryFollower {
  readonly #options: FollowerOptions;
  readonly #decoder: ChangeDecoder;
  readonly #stopping = new AbortController();
  readonly #positions = new Map<string, number>();
  readonly #waiting = new Set<{ targets: Targets; wake: () => void }>();
  #started: Promise<void> | undefined;
  #following: Promise<void> = Promise.resolve();
  #failure: Error | undefined;
  #caughtUp = false;
  /** A round that has not read the ends yet, which further callers may still join. */
  #joinable: Promise<void> | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#decoder = new ChangeDecoder(options);
  }

  /** True once the ends that the topics had at the start were reached. */
  get caughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Corrupt records skipped so far. */
  get corrupt(): number {
    return this.#decoder.corrupt;
  }

  /** Next offset by `<topic>/<partition>`. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** Settles when the following has ended: resolves after `stop`, rejects when a batch could not be handled. */
  get done(): Promise<void> {
    return this.#following;
  }

  /**
   * Starts following; resolves when all that was in the topics at this time has been handed over. Waits for a broker
   * or schema registry that is away. Calling it again gives the same promise.
   */
  start(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Resolves when everything that was in the topics when it was called has been handed over.
   * Callers share the work: one asks for the ends, and who comes after it has asked joins the next round.
   * @throws RetriableError `broker_unavailable` when that takes longer than `timeoutMs`.
   */
  catchUp(timeoutMs = 10_000): Promise<void> {
    this.#joinable ??= this.#queueRound(timeoutMs);
    return this.#joinable;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { wake } of this.#waiting) wake();
    await this.#following.catch((error: Error) => this.#options.log.debug({ error: error.message }, 'had failed'));
    await Promise.all([this.#options.reader.close(), this.#options.ends.close()]);
  }

  async #start(): Promise<void> {
    const { kinds, schemas, reader, startAt, resume } = this.#options;
    const { signal } = this.#stopping;
    await this.#persist(() => schemas.register(kinds.map((kind) => topicOf[kind])));
    const ends = await this.#persist(() => this.#ends());
    if (!ends) return;
    const positions = await resume?.(ends, signal);
    if (signal.aborted) return;
    const starts: PartitionStart[] = [...ends].map(([id, end]) => {
      const slash = id.lastIndexOf('/');
      const topic = id.slice(0, slash);
      const partition = Number(id.slice(slash + 1));
      const position = positions?.get(id);
      const at = position === undefined ? startAt?.(topic, partition, end) : { offset: position };
      return { topic, partition, at: at ?? 'beginning' };
    });
    const kindOf = new Map(kinds.map((kind) => [topicOf[kind].name, kind]));
    this.#following = reader.follow(
      starts,
      (records) => this.#handle(kindOf, records),
      signal,
      (topic, partition, next) => this.#moved(topic, partition, next),
    );
    this.#following.catch((error: Error) => this.#fail(error));
    await this.#reach(ends);
    if (this.#failure) throw this.#failure;
    this.#caughtUp = !signal.aborted;
  }

  async #handle(kindOf: ReadonlyMap<string, Kind>, records: LogRecord[]): Promise<void> {
    const last = records[records.length - 1];
    const kind = last && kindOf.get(last.topic);
    if (!last || !kind) return;
    const changes = await this.#decoder.decode(kind, records, this.#stopping.signal);
    if (this.#stopping.signal.aborted) return;
    const { topic, partition } = last;
    await this.#options.onBatch({ kind, topic, partition, changes, next: last.offset + 1 });
  }

  #moved(topic: string, partition: number, next: number): void {
    this.#positions.set(`${topic}/${partition}`, next);
    this.#options.onPosition?.(topic, partition, next);
    for (const waiter of this.#waiting) {
      if (!this.#reached(waiter.targets)) continue;
      this.#waiting.delete(waiter);
      waiter.wake();
    }
  }

  #reached(targets: Targets): boolean {
    for (const [id, end] of targets) if ((this.#positions.get(id) ?? 0) < end) return false;
    return true;
  }

  #reach(targets: Targets, signal?: AbortSignal): Promise<void> {
    if (this.#failure || this.#stopping.signal.aborted || this.#reached(targets)) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { targets, wake: resolve };
      this.#waiting.add(waiter);
      signal?.addEventListener('abort', () => {
        this.#waiting.delete(waiter);
        resolve();
      });
    });
  }

  #fail(error: Error): void {
    this.#failure = error;
    const { log } = this.#options;
    if (error instanceof RetriableError)
      log.warn({ code: error.code, error: error.message }, 'registry topics were left');
    else log.error({ code: codeOf(error), error: error.message }, 'following the registry topics ended');
    for (const { wake } of this.#waiting) wake();
    this.#waiting.clear();
  }

  #queueRound(timeoutMs: number): Promise<void> {
    const round = this.#round.then(() => this.#catchUpOnce(timeoutMs));
    this.#round = round.catch((error: Error) => this.#options.log.debug({ error: error.message }, 'not caught up'));
    return round;
  }

  async #catchUpOnce(timeoutMs: number): Promise<void> {
    this.#joinable = undefined;
    const givingUp = new AbortController();
    let late = false;
    const timeout = this.#options.clock.sleep(timeoutMs, givingUp.signal).then(() => {
      late = !givingUp.signal.aborted;
    });
    const caughtUp = this.start()
      .then(() => this.#persist(() => this.#ends(), givingUp.signal))
      .then((ends) => ends && this.#reach(ends, givingUp.signal));
    try {
      await Promise.race([caughtUp, timeout]);
    } finally {
      givingUp.abort();
    }
    if (this.#failure) throw this.#failure;
    if (this.#stopping.signal.aborted) throw new RetriableError('broker_unavailable', 'registry topics were left');
    if (late)
      throw new RetriableError('broker_unavailable', `registry topics were not caught up with in ${timeoutMs} ms`);
  }

  async #ends(): Promise<Map<string, number>> {
    const ends = new Map<string, number>();
    for (const kind of this.#options.kinds) {
      const { name } = topicOf[kind];
      const partitions = await this.#options.ends.ends(name);
      if (partitions.size === 0) throw new RetriableError('broker_unavailable', `topic ${name} does not exist yet`);
      for (const [partition, end] of partitions) ends.set(`${name}/${partition}`, end);
    }
    return ends;
  }

  /** Tries until it works or nobody waits any more; says once that it waits. */
  async #persist<T>(call: () => Promise<T>, giveUp?: AbortSignal): Promise<T | undefined> {
    const { clock, log } = this.#options;
    const stopped = () => this.#stopping.signal.aborted || giveUp?.aborted === true;
    for (let attempt = 0; !stopped(); attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof RetriableError) && !isOutage(error)) throw error;
        const code = error instanceof RetriableError ? error.code : 'broker_unavailable';
        if (attempt === 0) log.warn({ code, error: (error as Error).message }, 'registry topics wait');
        await clock.sleep(500, giveUp ?? this.#stopping.signal);
      }
    }
    return undefined;
  }
}
