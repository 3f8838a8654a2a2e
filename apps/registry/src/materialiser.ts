import { type Clock, type Log, RetriableError } from '@alphapulse/core';
import { isOutage, type LogReader } from '@alphapulse/kafka';
import {
  type Kind,
  offsetField,
  type ReaderPort,
  type RegistryBatch,
  RegistryFollower,
  type SchemaPort,
  topicOf,
} from '@alphapulse/registry';
import { BatchWriter } from './batch-writer.ts';
import type { CacheState, RegistryCache } from './cache.ts';
import type { CorruptRecord, CorruptRecords } from './corrupt-records.ts';

export interface MaterialiserOptions {
  readonly kinds: readonly Kind[];
  readonly cache: RegistryCache;
  readonly corruptRecords: CorruptRecords;
  readonly openReader: () => ReaderPort & Pick<LogReader, 'clusterId'>;
  readonly schemas: SchemaPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Records a step; default 2000. */
  readonly batchRecords?: number;
  /** How often the cache is asked whether it still is what was written; default 2 s. */
  readonly checkMs?: number;
}

/**
 * Half of the time for which Kafka keeps a tombstone after compaction (`delete.retention.ms`, one day by default). A
 * copy that goes on from further back may never learn that an entity was taken out.
 */
const tombstonesMs = 12 * 3_600_000;

/**
 * Writes the registry topics into the cache and resumes where the cache says it stands. A cache that has lost records
 * is rebuilt from the log, kind by kind: one that was flushed, had keys evicted, belongs to another cluster, is ahead of
 * the log, or was restored from a copy older than the log can make good.
 *
 * Corrupt records are kept elsewhere before the cache's position passes them, so none is lost.
 */
export class Materialiser {
  readonly #options: MaterialiserOptions;
  /** Next offsets by `<topic>/<partition>` as they were written. */
  #positions = new Map<string, number>();
  /** Ends of each kind's partitions, and when they were asked for. */
  #ends: { readonly ms: number; readonly ends: ReadonlyMap<Kind, ReadonlyMap<string, number>> } = {
    ms: 0,
    ends: new Map(),
  };
  #current = false;
  #rebuilds = 0;
  #written = 0;
  #corrupt = 0;

  constructor(options: MaterialiserOptions) {
    this.#options = options;
  }

  /** True while the cache has everything the log had when following began. */
  get current(): boolean {
    return this.#current && this.#options.cache.available;
  }

  /** Kinds rebuilt from the beginning of their topic, first filling included. */
  get rebuilds(): number {
    return this.#rebuilds;
  }

  /** Records written. */
  get written(): number {
    return this.#written;
  }

  /** Corrupt records met; one that is read again counts again. */
  get corrupt(): number {
    return this.#corrupt;
  }

  /** Records that the cache was behind each kind's topic when its end was last asked for. */
  get lag(): ReadonlyMap<Kind, number> {
    const reached = (id: string) => this.#positions.get(id) ?? 0;
    return new Map(
      [...this.#ends.ends].map(([kind, ends]) => [
        kind,
        [...ends].reduce((sum, [id, end]) => sum + Math.max(0, end - reached(id)), 0),
      ]),
    );
  }

  /** Runs until the signal aborts; rejects on bugs only. */
  async run(signal: AbortSignal): Promise<void> {
    const failing = new AbortController();
    const stop = AbortSignal.any([signal, failing.signal]);
    try {
      await Promise.all([this.#keepFollowing(stop), this.#measure(stop)]);
    } finally {
      failing.abort();
    }
  }

  async #keepFollowing(signal: AbortSignal): Promise<void> {
    const { cache, clock, log } = this.#options;
    while (!signal.aborted) {
      if (!cache.available) {
        await clock.sleep(250, signal);
        continue;
      }
      try {
        await this.#follow(signal);
      } catch (error) {
        if (!(error instanceof RetriableError) && !isOutage(error)) throw error;
        const code = error instanceof RetriableError ? error.code : 'broker_unavailable';
        log.warn({ code, error: (error as Error).message }, 'cache is not current, starting over');
        await clock.sleep(500, signal);
      } finally {
        this.#current = false;
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { kinds, openReader, schemas, clock, log } = this.#options;
    const ends = openReader();
    this.#positions = await this.#startPositions(ends).catch(async (error: Error) => {
      await ends.close();
      throw error;
    });
    // Handed over before the batch they stood in, which is written after they are kept.
    const corrupt: CorruptRecord[] = [];
    const writer = new BatchWriter(this.#positions, (batch, bad) => this.#write(batch, bad));
    const kindOf = new Map(kinds.map((kind) => [topicOf[kind].name, kind]));
    const follower = new RegistryFollower({
      kinds,
      reader: openReader(),
      ends,
      schemas,
      clock,
      // Corrupt records are told of by the view, which reads the same topics.
      log: { ...quiet, error: (fields, message) => log.error(fields, message) },
      startAt: (topic, partition) => ({ offset: this.#positions.get(offsetField(topic, partition)) ?? 0 }),
      onCorrupt: (record, error) => {
        corrupt.push({ record, error });
      },
      onBatch: (batch) => writer.write(batch, corrupt.splice(0)),
      // Past the end of a transaction, which is no record: the copy is to stand where the topic ends.
      onPosition: (topic, partition, next) => {
        const kind = kindOf.get(topic);
        if (kind !== undefined && next > writer.given(topic, partition))
          writer.add({ kind, topic, partition, changes: [], next });
      },
    });
    const ending = new AbortController();
    const stop = AbortSignal.any([signal, ending.signal]);
    try {
      const filled = follower.start().then(async () => {
        await writer.written();
        this.#current = follower.caughtUp;
        if (this.#current) log.info({ records: this.#written, rebuilds: this.#rebuilds }, 'cache is current');
        return follower.done;
      });
      await Promise.race([filled, writer.failed, this.#watch(stop)]);
    } finally {
      ending.abort();
      await follower.stop();
      // Whatever still was under way has ended, written or not.
      await writer.written().catch((error: Error) => log.debug({ error: error.message }, 'writing had failed'));
    }
  }

  /** Where each partition goes on, kinds that must be rebuilt already emptied. */
  async #startPositions(reader: ReaderPort & Pick<LogReader, 'clusterId'>): Promise<Map<string, number>> {
    const { kinds, clock, log } = this.#options;
    const clusterId = await reader.clusterId();
    const state = await this.#ask((cache) => cache.open(clusterId));
    const positions = new Map<string, number>();
    for (const kind of kinds) {
      const { name } = topicOf[kind];
      const ends = await endsOf(kind, reader);
      const intact = await this.#ask((cache) => cache.intact(kind));
      const reason = intact ? this.#unfit(kind, state, ends) : 'entries have gone';
      const seen = new Map([...ends.keys()].map((id) => [id, state.positions.get(id)]));
      if (reason !== undefined) {
        log.info({ topic: name, reason }, 'rebuilding this topic’s copy in the cache from the log');
        if (!(await this.#ask((cache) => cache.reset(kind, seen, clock.nowMs()))))
          throw new RetriableError('redis_unavailable', `another process has begun to rebuild ${name}`);
        this.#rebuilds++;
      }
      for (const [id, position] of seen) positions.set(id, reason === undefined ? (position ?? 0) : 0);
    }
    return positions;
  }

  /** Why the cache cannot go on from where it stands with a kind; undefined when it can. */
  #unfit(kind: Kind, { positions, followedMs }: CacheState, ends: ReadonlyMap<string, number>): string | undefined {
    let missed = 0;
    for (const [id, end] of ends) {
      const position = positions.get(id);
      if (position === undefined) return `nothing is known of ${id}`;
      if (position > end) return `${id} ends at ${end}, the cache is at ${position}`;
      missed += end - position;
    }
    const agoMs = this.#options.clock.nowMs() - (followedMs.get(kind) ?? 0);
    if (missed > 0 && agoMs > tombstonesMs) return 'the cache is too old to learn of all that was taken out since';
    return undefined;
  }

  async #write(batch: RegistryBatch, corrupt: readonly CorruptRecord[]): Promise<void> {
    const { batchRecords = 2_000, corruptRecords } = this.#options;
    this.#corrupt += corrupt.length;
    await corruptRecords.keep(corrupt);
    const partition = offsetField(batch.topic, batch.partition);
    for (let from = 0; from === 0 || from < batch.changes.length; from += batchRecords) {
      const changes = batch.changes.slice(from, from + batchRecords);
      const isLast = from + batchRecords >= batch.changes.length;
      const next = isLast ? batch.next : (changes[changes.length - 1]?.offset ?? 0) + 1;
      const position = await this.#ask((cache) =>
        cache.apply({ ...batch, changes, next }, this.#positions.get(partition) ?? 0),
      );
      if (position === undefined) throw new RetriableError('redis_unavailable', `cache has lost ${batch.topic}`);
      this.#positions.set(partition, position);
      this.#written += changes.length;
    }
  }

  /** Rejects when the cache no longer stands where it was left: a flush is seen without waiting for a record. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { kinds, clock, checkMs = 2_000 } = this.#options;
    for (;;) {
      await clock.sleep(checkMs, signal);
      if (signal.aborted) return;
      const { ms } = this.#ends;
      const followed = kinds.filter((kind) => this.lag.get(kind) === 0);
      const whole = await this.#ask((cache) => cache.check(new Map(this.#positions), followed, ms));
      if (!whole) throw new RetriableError('redis_unavailable', 'cache has lost records');
      for (const kind of kinds)
        if (!(await this.#ask((cache) => cache.intact(kind))))
          throw new RetriableError('redis_unavailable', `cache has lost entries of ${kind}`);
    }
  }

  /** Asks where the topics end, whether the cache is there or not: a lag that stood still would look like none. */
  async #measure(signal: AbortSignal): Promise<void> {
    const { openReader, clock, checkMs = 2_000 } = this.#options;
    const reader = openReader();
    // A broker that is away is waited for at length: stopping does not wait with it.
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    try {
      while (!signal.aborted) {
        await Promise.race([this.#askEnds(reader), stopped]);
        await clock.sleep(checkMs, signal);
      }
    } finally {
      await reader.close();
    }
  }

  async #askEnds(reader: Pick<ReaderPort, 'ends'>): Promise<void> {
    const { kinds, clock, log } = this.#options;
    try {
      // What is appended after this time may not be in the ends: who has reached them has missed nothing before it.
      const ms = clock.nowMs();
      const ends = new Map<Kind, ReadonlyMap<string, number>>();
      for (const kind of kinds) ends.set(kind, await endsOf(kind, reader));
      this.#ends = { ms, ends };
    } catch (error) {
      if (!isOutage(error)) throw error;
      log.debug({ error: (error as Error).message }, 'ends of the registry topics are not known now');
    }
  }

  async #ask<T>(call: (cache: RegistryCache) => Promise<T>): Promise<T> {
    try {
      return await call(this.#options.cache);
    } catch (cause) {
      throw new RetriableError('redis_unavailable', `redis: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Where the partitions of a kind's topic end, by `<topic>/<partition>`. */
async function endsOf(kind: Kind, reader: Pick<ReaderPort, 'ends'>): Promise<ReadonlyMap<string, number>> {
  const { name } = topicOf[kind];
  const ends = await reader.ends(name);
  if (ends.size === 0) throw new RetriableError('broker_unavailable', `topic ${name} does not exist yet`);
  return new Map([...ends].map(([partition, end]) => [offsetField(name, partition), end]));
}

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
