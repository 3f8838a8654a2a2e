import type { RedisConnection } from '@alphapulse/redis';
import type { CachedRecord, CacheReader, CacheState } from './cache-reader.ts';
import type { Kind } from './kinds.ts';
import type { ListingName } from './listing-loader.ts';
import { redisKeys, redisLayout, statusField, symbolField } from './redis-layout.ts';

/** Entities a page when a kind is read: about half a megabyte, so that other clients of the server are not held up. */
const pageSize = 1_000;

/**
 * All records of many listings. KEYS: index of symbols, listings, closed versions, superseded beliefs; ARGV: fields of
 * the index. Answers, for each, keys and records by turns. A member of a version is its key with zeros before numbers.
 */
const listingsScript = `
local answers = {}
for at, field in ipairs(ARGV) do
  local answer = {}
  local id = redis.call('HGET', KEYS[1], field)
  if id then
    local keys = { id }
    for _, index in ipairs({ KEYS[3], KEYS[4] }) do
      for _, member in ipairs(redis.call('ZRANGEBYLEX', index, '[' .. id .. '@', '(' .. id .. 'A')) do
        keys[#keys + 1] = (string.gsub(member, '([@~])0*(%d)', '%1%2'))
      end
    end
    for _, key in ipairs(keys) do
      local json = redis.call('HGET', KEYS[2], key)
      if json then
        answer[#answer + 1] = key
        answer[#answer + 1] = json
      end
    end
  end
  answers[at] = answer
end
return answers
`;

type ScriptedClient = RedisConnection['client'] & {
  alphapulseListings(...keysAndFields: readonly string[]): Promise<string[][]>;
};

/** Reads the copy in Redis as `redis-layout.ts` describes it. Closes its connection with `close`. */
export class RedisCacheReader implements CacheReader {
  readonly #redis: RedisConnection;
  readonly #client: ScriptedClient;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
    // Sent as EVALSHA; a server that has lost its scripts gets the text again.
    redis.client.defineCommand('alphapulseListings', { numberOfKeys: 4, lua: listingsScript, readOnly: true });
    this.#client = redis.client as ScriptedClient;
  }

  get available(): boolean {
    return this.#redis.available;
  }

  async state(kinds: readonly Kind[]): Promise<CacheState> {
    const replies = await this.#client.multi().hgetall(redisKeys.offsets).hgetall(redisKeys.status).exec();
    const [offsets = {}, status = {}] = (replies ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply as Record<string, string>;
    });
    const layout = status[statusField.layout];
    return {
      unreadable: layout === redisLayout ? undefined : `the cache has layout ${layout ?? 'none'}, not ${redisLayout}`,
      positions: new Map(Object.entries(offsets).map(([id, next]) => [id, Number(next)])),
      followedMs: new Map(
        kinds.flatMap((kind) => {
          const ms = status[statusField.followedMs(kind)];
          return ms === undefined ? [] : [[kind, Number(ms)] as const];
        }),
      ),
      clusterId: status[statusField.cluster],
      generation: JSON.stringify(kinds.map((kind) => status[statusField.epoch(kind)] ?? null)),
    };
  }

  async *records(kind: Kind): AsyncGenerator<readonly CachedRecord[]> {
    const page = (cursor: string) => this.#client.hscan(redisKeys.entities(kind), cursor, 'COUNT', pageSize);
    let [cursor, reply] = await page('0');
    while (cursor !== '0') {
      // The server looks up the next page while this one is taken in. Its failure is told when it is awaited.
      const following = Promise.allSettled([page(cursor)]);
      yield recordsOf(reply);
      const [result] = await following;
      if (result.status === 'rejected') throw result.reason;
      [cursor, reply] = result.value;
    }
    yield recordsOf(reply);
  }

  async listings(asked: readonly ListingName[]): Promise<readonly (readonly CachedRecord[])[]> {
    const { symbol, entities, versions, superseded } = redisKeys;
    const replies = await this.#client.alphapulseListings(
      symbol,
      entities('listings'),
      versions('listings'),
      superseded('listings'),
      ...asked.map((listing) => symbolField(listing.venue, listing.symbol)),
    );
    return replies.map(recordsOf);
  }

  close(): Promise<void> {
    return this.#redis.close();
  }
}

function recordsOf(keysAndRecords: readonly string[]): CachedRecord[] {
  const records: CachedRecord[] = [];
  for (let at = 0; at + 1 < keysAndRecords.length; at += 2)
    records.push({ key: keysAndRecords[at] as string, json: keysAndRecords[at + 1] as string });
  return records;
}
