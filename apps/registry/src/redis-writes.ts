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
  return [...new Set(changes.filter(({ key }) => !isVersion(key)).map(({ key }) => key))];
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
  const entriesOf = indexesOf[kind] as ((entity: unknown) => readonly Entry[]) | undefined;
  for (const [field, { key, value }] of last) {
    if (value === null) writes.of('HDEL', entities).push(field);
    else writes.of('HSET', entities).push(field, JSON.stringify(value));
    if (isVersion(key)) writeVersion(writes, kind, key, value !== null);
    else if (entriesOf) writeIndexes(writes, entriesOf, value, former.get(field));
  }
  return writes.all();
}

function isVersion(key: string): boolean {
  return key.includes('@');
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

function writeVersion(writes: Writes, kind: Kind, key: string, isThere: boolean): void {
  const member = versionMember(key) as string;
  const versions = member.includes('~') ? redisKeys.superseded(kind) : redisKeys.versions(kind);
  if (isThere) writes.of('ZADD', versions).push('0', member);
  else writes.of('ZREM', versions).push(member);
}

function writeIndexes(
  writes: Writes,
  entriesOf: (entity: unknown) => readonly Entry[],
  value: unknown,
  former: string | undefined,
): void {
  const now = value === null ? [] : entriesOf(value);
  if (former !== undefined) {
    for (const { key, entry, value: id } of entriesOf(JSON.parse(former))) {
      if (now.some((other) => other.key === key && other.entry === entry)) continue;
      writes.of(id === undefined ? 'ZREM' : 'HDEL', key).push(entry);
    }
  }
  for (const { key, entry, value: id } of now) {
    if (id === undefined) writes.of('ZADD', key).push('0', entry);
    else writes.of('HSET', key).push(entry, id);
  }
}

class Writes {
  readonly #byKey = new Map<string, Map<RedisWrite['command'], string[]>>();

  /** Arguments so far, to be added to. */
  of(command: RedisWrite['command'], key: string): string[] {
    let commands = this.#byKey.get(key);
    if (!commands) {
      commands = new Map();
      this.#byKey.set(key, commands);
    }
    let args = commands.get(command);
    if (!args) {
      args = [];
      commands.set(command, args);
    }
    return args;
  }

  all(): readonly RedisWrite[] {
    return [...this.#byKey].flatMap(([key, commands]) =>
      [...commands].map(([command, args]) => ({ command, key, args })),
    );
  }
}
