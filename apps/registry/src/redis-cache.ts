import { RetriableError } from '@alphapulse/core';
import type { RedisConnection } from '@alphapulse/redis';
import { type Change, type Kind, parseRecordKey, type RegistryBatch } from '@alphapulse/registry';
import type { RegistryCache } from './cache.ts';

const prefix = 'alphapulse:registry:';
const offsetsKey = `${prefix}offsets`;
const symbolsKey = `${prefix}index:symbol`;
const scanCount = 1_000;
const attempts = 5;

type Multi = ReturnType<RedisConnection['client']['multi']>;

/**
 * Keys, all under `alphapulse:registry:`
 *
 *     <kind>:<id>              hash: the newest version's facts; null facts are absent, lists are JSON
 *     <kind>:<id>@<validFrom>  hash: a closed version
 *     versions:<listing id>    sorted set: a listing's record keys by validFrom (µs), for lookups as of a time
 *     index:symbol             hash: `<venue>:<symbol>` → listing id
 *     index:type:<type>        set: instrument ids
 *     collisions:<id>          hash: rejected identity → collision as JSON
 *     offsets                  hash: `<topic>/<partition>` → next offset
 */
export class RedisCache implements RegistryCache {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  get available(): boolean {
    return this.#redis.available;
  }

  async positions(): Promise<Map<string, number>> {
    const offsets = await this.#redis.client.hgetall(offsetsKey);
    return new Map(Object.entries(offsets).map(([id, next]) => [id, Number(next)]));
  }

  async reset(kind: Kind, partitions: readonly string[]): Promise<void> {
    const { client } = this.#redis;
    // Positions first: if this is cut short, they are missing and it is done again.
    await client.hdel(offsetsKey, ...partitions);
    await this.#unlink(`${prefix}${kind}:*`);
    if (kind === 'listings') {
      await client.unlink(symbolsKey);
      await this.#unlink(`${prefix}versions:*`);
    }
    if (kind === 'instruments') await this.#unlink(`${prefix}index:type:*`);
    await client.hset(offsetsKey, Object.fromEntries(partitions.map((id) => [id, 0])));
  }

  async apply(batch: RegistryBatch, expected: number): Promise<number | undefined> {
    const { client } = this.#redis;
    const partition = `${batch.topic}/${batch.partition}`;
    for (let attempt = 0; attempt < attempts; attempt++) {
      await client.watch(offsetsKey);
      const stored = await client.hget(offsetsKey, partition);
      const position = stored === null ? -1 : Number(stored);
      if (position < expected || position >= batch.next) {
        await client.unwatch();
        return position < expected ? undefined : position;
      }
      // Only the last record of each key counts; a batch is folded before it is written.
      const changes = new Map(
        batch.changes.filter(({ offset }) => offset >= position).map((change) => [change.key, change]),
      );
      const former = await this.#formerListings(changes);
      const multi = client.multi();
      for (const change of changes.values()) write(multi, change, former.get(change.key));
      multi.hset(offsetsKey, partition, batch.next);
      const results = await multi.exec();
      // Null: another process has written positions since the watch.
      if (results === null) continue;
      for (const [error] of results) if (error) throw error;
      return batch.next;
    }
    throw new RetriableError('redis_unavailable', `${partition}: other writers were faster ${attempts} times`);
  }

  /** `<venue>:<symbol>` of listings about to be taken out. */
  async #formerListings(changes: ReadonlyMap<string, Change>): Promise<Map<string, string>> {
    const former = new Map<string, string>();
    for (const { kind, key, value } of changes.values()) {
      if (kind !== 'listings' || value !== null) continue;
      const [venue, symbol] = await this.#redis.client.hmget(`${prefix}listings:${key}`, 'venue', 'symbol');
      if (venue && symbol) former.set(key, `${venue}:${symbol}`);
    }
    return former;
  }

  async #unlink(pattern: string): Promise<void> {
    const { client } = this.#redis;
    let cursor = '0';
    do {
      const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', scanCount);
      if (keys.length > 0) await client.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  }
}

function write(multi: Multi, change: Change, formerSymbol: string | undefined): void {
  const { kind, key, value } = change;
  const { id = key, validFromUs } = parseRecordKey(key) ?? {};
  if (kind === 'collisions') {
    if (value) multi.hset(`${prefix}collisions:${id}`, value.rejectedIdentity, JSON.stringify(value));
    return;
  }
  const hash = `${prefix}${kind}:${key}`;
  multi.unlink(hash);
  if (value) multi.hset(hash, fieldsOf(value));
  if (kind === 'listings') {
    if (value) multi.zadd(`${prefix}versions:${id}`, value.validFrom, key);
    else multi.zrem(`${prefix}versions:${id}`, key);
    if (validFromUs !== undefined) return;
    if (value) multi.hset(symbolsKey, `${value.venue}:${value.symbol}`, id);
    else if (formerSymbol) multi.hdel(symbolsKey, formerSymbol);
  } else if (kind === 'instruments' && validFromUs === undefined) {
    if (value) multi.sadd(`${prefix}index:type:${value.type}`, id);
    else for (const type of instrumentTypes) multi.srem(`${prefix}index:type:${type}`, id);
  }
}

const instrumentTypes = [
  ...['spot', 'perpetual', 'future', 'option', 'equity', 'etf', 'index', 'indicator', 'token', 'pool', 'synthetic'],
];

function fieldsOf(entity: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entity)
      .filter(([, fact]) => fact !== null)
      .map(([name, fact]) => [name, typeof fact === 'object' ? JSON.stringify(fact) : String(fact)]),
  );
}
