import { type Clock, type Log, RetriableError } from '@alphapulse/core';
import { isOutage } from '@alphapulse/kafka';
import {
  type Kind,
  type ReaderPort,
  type RegistryBatch,
  RegistryFollower,
  type SchemaPort,
  topicOf,
} from '@alphapulse/registry';
import type { RegistryCache } from './cache.ts';

export interface MaterialiserOptions {
  readonly kinds: readonly Kind[];
  readonly cache: RegistryCache;
  readonly openReader: () => ReaderPort;
  readonly schemas: SchemaPort;
  readonly clock: Clock;
  readonly log: Log;
  /** Records a transaction; default 1000. */
  readonly batchRecords?: number;
  /** How often the cache is asked whether it still is what was written; default 2 s. */
  readonly checkMs?: number;
}

/**
 * Writes the registry topics into the cache and resumes where the cache says it stands. A cache that has lost records
 * (flushed, restored from an older copy, or ahead of the log) is rebuilt from the log, kind by kind.
 */
export class Materialiser {
  readonly #options: MaterialiserOptions;
  #current = false;
  #rebuilds = 0;
  #written = 0;

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

  /** Runs until the signal aborts; rejects on bugs only. */
  async run(signal: AbortSignal): Promise<void> {
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
    const positions = await this.#startPositions(ends).catch(async (error: Error) => {
      await ends.close();
      throw error;
    });
    const follower = new RegistryFollower({
      kinds,
      reader: openReader(),
      ends,
      schemas,
      clock,
      // Corrupt records are told of by the view, which reads the same topics.
      log: { ...quiet, error: (fields, message) => log.error(fields, message) },
      startAt: (topic, partition) => ({ offset: positions.get(`${topic}/${partition}`) ?? 0 }),
      onBatch: (batch) => this.#write(batch, positions),
    });
    const ending = new AbortController();
    const stop = AbortSignal.any([signal, ending.signal]);
    try {
      const filled = follower.start().then(() => {
        this.#current = follower.caughtUp;
        if (this.#current) log.info({ records: this.#written, rebuilds: this.#rebuilds }, 'cache is current');
        return follower.done;
      });
      await Promise.race([filled, this.#watch(positions, stop)]);
    } finally {
      ending.abort();
      await follower.stop();
    }
  }

  /** Where each partition goes on, kinds that must be rebuilt already emptied. */
  async #startPositions(reader: ReaderPort): Promise<Map<string, number>> {
    const { kinds, log } = this.#options;
    const positions = await this.#ask((cache) => cache.positions());
    for (const kind of kinds) {
      const topic = topicOf[kind].name;
      const ends = await reader.ends(topic);
      if (ends.size === 0) throw new RetriableError('broker_unavailable', `topic ${topic} does not exist yet`);
      const partitions = [...ends.keys()].map((partition) => `${topic}/${partition}`);
      const whole = [...ends].every(([partition, end]) => {
        const position = positions.get(`${topic}/${partition}`);
        return position !== undefined && position <= end;
      });
      if (whole) continue;
      log.info({ topic }, 'cache does not have this topic, rebuilding it from the log');
      await this.#ask((cache) => cache.reset(kind, partitions));
      for (const partition of partitions) positions.set(partition, 0);
      this.#rebuilds++;
    }
    return positions;
  }

  async #write(batch: RegistryBatch, positions: Map<string, number>): Promise<void> {
    const { batchRecords = 1_000 } = this.#options;
    const partition = `${batch.topic}/${batch.partition}`;
    for (let from = 0; from === 0 || from < batch.changes.length; from += batchRecords) {
      const changes = batch.changes.slice(from, from + batchRecords);
      const isLast = from + batchRecords >= batch.changes.length;
      const next = isLast ? batch.next : (changes[changes.length - 1]?.offset ?? 0) + 1;
      const position = await this.#ask((cache) =>
        cache.apply({ ...batch, changes, next }, positions.get(partition) ?? 0),
      );
      if (position === undefined) throw new RetriableError('redis_unavailable', `cache has lost ${batch.topic}`);
      positions.set(partition, position);
      this.#written += changes.length;
    }
  }

  /** Rejects when the cache no longer stands where it was left: a flush is seen without waiting for a record. */
  async #watch(positions: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
    const { clock, checkMs = 2_000 } = this.#options;
    for (;;) {
      await clock.sleep(checkMs, signal);
      if (signal.aborted) return;
      const before = new Map(positions);
      const now = await this.#ask((cache) => cache.positions());
      for (const [partition, position] of before) {
        if ((now.get(partition) ?? -1) < position)
          throw new RetriableError('redis_unavailable', `cache has lost ${partition}`);
      }
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

const quiet: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
