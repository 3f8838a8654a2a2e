import {
  type Change,
  collisionField,
  indexMember,
  type Kind,
  type Registered,
  redisKeys,
  symbolField,
  tokenField,
  versionMember,
} from '@alphapulse/registry';

/** A command with many fields or members at once. */
export interface RedisWrite {
  readonly command: 'HSET' | 'HDEL' | 'ZADD' | 'ZREM';
  readonly key: string;
  readonly args: readonly string[];
}

/** Fields whose former values `planWrites` must be told: those of newest versions of kinds that have indexes. */
export function indexedFields(kind: Kind, changes: readonly Change[]): string[] {
  if (!(kind in indexesOf)) return [];
  return [...new Set(changes.map(({ key }) => key))].filter((key) => versionMember(key) === undefined);
}

/**
 * Folds a batch, whose last record of each key counts, into as few commands as there are keys it touches. `former` holds
 * what Redis has in the `indexedFields`: index entries that only the former value had are taken out.
 */
export function planWrites(
  kind: Kind,
  changes: readonly Change[],
  former: ReadonlyMap<string, string>,
): readonly RedisWrite[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    const field = fieldOf(change);
    if (field !== undefined) last.set(field, change);
  }
  const writes = new Writes();
  const entities = redisKeys.entities(kind);
  for (const [field, change] of last) {
    if (change.value === null) writes.add('HDEL', entities, field);
    else writes.add('HSET', entities, field, JSON.stringify(change.value));
    const version = versionMember(change.key);
    if (version === undefined) index(writes, change, former.get(field));
    else {
      const versions = version.includes('~') ? redisKeys.superseded(kind) : redisKeys.versions(kind);
      if (change.value === null) writes.add('ZREM', versions, version);
      else writes.add('ZADD', versions, '0', version);
    }
  }
  return writes.all();
}

/** Collisions are records for ever: one that is taken out leaves nothing to do. */
function fieldOf({ kind, key, value }: Change): string | undefined {
  if (kind !== 'collisions') return key;
  return value === null ? undefined : collisionField(value.id, value.rejectedIdentity);
}

/** An entry of an index: a field and its value of a hash, or a member of a sorted set. */
interface Entry {
  readonly key: string;
  readonly entry: string;
  readonly value?: string;
}

const indexesOf: { readonly [K in Kind]?: (entity: Registered[K]) => readonly Entry[] } = {
  instruments: ({ id, type, isin }) => [
    { key: redisKeys.type, entry: indexMember(type, id) },
    ...(isin === null ? [] : [{ key: redisKeys.isin, entry: indexMember(isin, id) }]),
  ],
  listings: ({ id, venue, symbol, instrumentId }) => [
    { key: redisKeys.symbol, entry: symbolField(venue, symbol), value: id },
    { key: redisKeys.instrument, entry: indexMember(instrumentId, id) },
  ],
  synthetics: ({ id, legs }) =>
    [...new Set(legs.map(({ instrumentId }) => instrumentId))].map((leg) => ({
      key: redisKeys.leg,
      entry: indexMember(leg, id),
    })),
  tokens: ({ id, chain, address }) => [{ key: redisKeys.token, entry: tokenField(chain, address), value: id }],
};

function index(writes: Writes, { kind, value }: Change, former: string | undefined): void {
  const entries = indexesOf[kind] as ((entity: unknown) => readonly Entry[]) | undefined;
  if (entries === undefined) return;
  const now = value === null ? [] : entries(value);
  if (former !== undefined) {
    for (const { key, entry, value: id } of entries(JSON.parse(former))) {
      if (now.some((other) => other.key === key && other.entry === entry)) continue;
      writes.add(id === undefined ? 'ZREM' : 'HDEL', key, entry);
    }
  }
  for (const { key, entry, value: id } of now) {
    if (id === undefined) writes.add('ZADD', key, '0', entry);
    else writes.add('HSET', key, entry, id);
  }
}

class Writes {
  readonly #writes = new Map<string, RedisWrite & { readonly args: string[] }>();

  add(command: RedisWrite['command'], key: string, ...args: readonly string[]): void {
    const id = `${command} ${key}`;
    const write = this.#writes.get(id);
    if (write) write.args.push(...args);
    else this.#writes.set(id, { command, key, args: [...args] });
  }

  all(): readonly RedisWrite[] {
    return [...this.#writes.values()];
  }
}
