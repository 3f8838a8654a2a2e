import { randomBytes } from 'node:crypto';
import type { RedisConnection } from '@alphapulse/redis';
import {
  allKinds,
  type Kind,
  keysOf,
  offsetField,
  type RegistryBatch,
  redisKeys,
  redisLayout,
  redisPrefix,
  statusField,
} from '@alphapulse/registry';
import type { CacheState, RegistryCache } from './cache.ts';
import { packStrings } from './pack-strings.ts';
import { adoptScript, applyScript, checkScript, intactScript, resetScript } from './redis-scripts.ts';
import { indexedFields, planWrites, type RedisWrite } from './redis-writes.ts';

const layoutKeys = [redisKeys.status, redisKeys.offsets, ...allKinds.flatMap(keysOf)];
const scanCount = 1_000;

/** The copy in Redis, by the layout of libs/registry. Entities, indexes and position change in one step. */
export class RedisCache implements RegistryCache {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  get available(): boolean {
    return this.#redis.available;
  }

  async open(clusterId: string): Promise<CacheState> {
    const own = [statusField.layout, redisLayout, statusField.cluster, clusterId];
    if ((await this.#run(adoptScript, layoutKeys, own)) === 1) await this.#sweep();
    // Positions first: a kind that is emptied in between is found out by the first batch.
    const offsets = await this.#redis.client.hgetall(redisKeys.offsets);
    const status = await this.#redis.client.hgetall(redisKeys.status);
    return {
      positions: new Map(Object.entries(offsets).map(([id, next]) => [id, Number(next)])),
      followedMs: new Map(
        allKinds.flatMap((kind) => {
          const ms = status[statusField.followedMs(kind)];
          return ms === undefined ? [] : [[kind, Number(ms)] as const];
        }),
      ),
    };
  }

  async reset(kind: Kind, seen: ReadonlyMap<string, number | undefined>, nowMs: number): Promise<boolean> {
    const done = await this.#run(
      resetScript,
      [redisKeys.offsets, redisKeys.status, ...keysOf(kind)],
      [
        statusField.sizes(kind),
        statusField.epoch(kind),
        randomBytes(8).toString('hex'),
        statusField.followedMs(kind),
        nowMs,
        ...[...seen].flatMap(([partition, position]) => [partition, position ?? '']),
      ],
    );
    return done === 1;
  }

  async apply(batch: RegistryBatch, expected: number): Promise<number | undefined> {
    const { kind, topic, next } = batch;
    const partition = offsetField(topic, batch.partition);
    // It ends: whenever the position is not what was read, another process has moved it: on, towards the end of this
    // batch, or, by emptying the kind, before what is expected.
    for (;;) {
      // One round trip: Redis reads the values after the position, which the script compares, so they are those at it.
      const [stored, former] = await Promise.all([
        this.#redis.client.hget(redisKeys.offsets, partition),
        this.#values(kind, indexedFields(kind, batch.changes)),
      ]);
      const position = stored === null ? -1 : Number(stored);
      if (position < expected) return undefined;
      if (position >= next) return position;
      const changes = batch.changes.filter(({ offset }) => offset >= position);
      const writes = planWrites(kind, changes, former);
      const moved = await this.#write(kind, partition, [position, next], writes);
      if (moved === next) return next;
    }
  }

  async check(positions: ReadonlyMap<string, number>, followed: readonly Kind[], nowMs: number): Promise<boolean> {
    const whole = await this.#run(
      checkScript,
      [redisKeys.offsets, redisKeys.status],
      [positions.size, ...[...positions].flat(), ...followed.flatMap((kind) => [statusField.followedMs(kind), nowMs])],
    );
    return whole === 1;
  }

  async intact(kind: Kind): Promise<boolean> {
    return (await this.#run(intactScript, [redisKeys.status, ...keysOf(kind)], [statusField.sizes(kind)])) === 1;
  }

  async #values(kind: Kind, fields: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    if (fields.length === 0) return found;
    const values = await this.#redis.client.hmget(redisKeys.entities(kind), ...fields);
    for (const [at, field] of fields.entries()) {
      const value = values[at];
      if (typeof value === 'string') found.set(field, value);
    }
    return found;
  }

  async #write(
    kind: Kind,
    partition: string,
    [position, next]: readonly [position: number, next: number],
    writes: readonly RedisWrite[],
  ): Promise<number | undefined> {
    const keys = [redisKeys.offsets, redisKeys.status, ...keysOf(kind)];
    const commands: string[] = [];
    for (const { command, key, args } of writes) {
      commands.push(command, String(keys.indexOf(key) + 1), String(args.length));
      for (const arg of args) commands.push(arg);
    }
    const args = [partition, position, next, statusField.sizes(kind), packStrings(commands)];
    const moved = await this.#run(applyScript, keys, args);
    return moved === null ? undefined : Number(moved);
  }

  /** Takes out keys under the prefix that this layout does not have; those of this layout may be in use already. */
  async #sweep(): Promise<void> {
    const { client } = this.#redis;
    const known = new Set(layoutKeys);
    let cursor = '0';
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', `${redisPrefix}*`, 'COUNT', scanCount);
      const strange = keys.filter((key) => !known.has(key));
      if (strange.length > 0) await client.unlink(...strange);
      cursor = next;
    } while (cursor !== '0');
  }

  #run(script: string, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.#redis.client.eval(script, keys.length, ...keys, ...args);
  }
}
