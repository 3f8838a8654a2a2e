import { addressIdentity, type Kind } from './kinds.ts';
import { parseRecordKey, supersededKey, versionKey } from './record-key.ts';

/**
 * The registry's copy in Redis: names and encodings, for whoever writes or reads it.
 * Described for readers in other languages in docs/registry-redis.md.
 *
 *     alphapulse:registry:<kind>              hash  record key → record as JSON
 *     alphapulse:registry:versions:<kind>     zset  closed versions: `<id>@<validFrom, 16 digits>`
 *     alphapulse:registry:superseded:<kind>   zset  superseded beliefs: `<id>@<validFrom, 16 digits>~<recordedTime, 16 digits>`
 *     alphapulse:registry:index:symbol        hash  `<venue>:<symbol>` → listing id
 *     alphapulse:registry:index:token         hash  `<chain>:<address>`, the address in lower case on EVM chains → token id
 *     alphapulse:registry:index:isin          zset  `<ISIN>:<instrument id>`
 *     alphapulse:registry:index:type          zset  `<instrument type>:<instrument id>`
 *     alphapulse:registry:index:instrument    zset  `<instrument id>:<listing id>`
 *     alphapulse:registry:index:leg           zset  `<instrument or synthetic id>:<id of a synthetic that uses it>`
 *     alphapulse:registry:offsets             hash  `<topic>/<partition>` → next offset: what is before it is in the copy
 *     alphapulse:registry:status              hash  about the copy itself, see `statusField`
 *
 * Kinds are assets, instruments, venues, listings, synthetics, tokens, pools, collisions and mappings.
 * All scores are 0: sorted sets are read by range of their members (`ZRANGEBYLEX`), see `membersOf` and `versionsUpTo`.
 * Indexes hold what the newest versions say (record keys without `@`), and are a function of these alone.
 * So the keys are few and known, whatever the number of entities: a kind is emptied by taking out `keysOf` it.
 */
export const redisPrefix = 'alphapulse:registry:';

/** Grows with every change that readers of the former layout would misread; held in `status`, field `layout`. */
export const redisLayout = '2';

export const redisKeys = {
  entities: (kind: Kind): string => `${redisPrefix}${kind}`,
  versions: (kind: Kind): string => `${redisPrefix}versions:${kind}`,
  superseded: (kind: Kind): string => `${redisPrefix}superseded:${kind}`,
  symbol: `${redisPrefix}index:symbol`,
  token: `${redisPrefix}index:token`,
  isin: `${redisPrefix}index:isin`,
  type: `${redisPrefix}index:type`,
  instrument: `${redisPrefix}index:instrument`,
  leg: `${redisPrefix}index:leg`,
  offsets: `${redisPrefix}offsets`,
  status: `${redisPrefix}status`,
} as const;

const indexesOf: { readonly [K in Kind]?: readonly string[] } = {
  instruments: [redisKeys.isin, redisKeys.type],
  listings: [redisKeys.symbol, redisKeys.instrument],
  synthetics: [redisKeys.leg],
  tokens: [redisKeys.token],
};

/** Every key that holds something of a kind, positions and status excepted. */
export function keysOf(kind: Kind): readonly string[] {
  return [redisKeys.entities(kind), redisKeys.versions(kind), redisKeys.superseded(kind), ...(indexesOf[kind] ?? [])];
}

/** Fields of `status`. What they hold does not follow from the topics, unlike everything else in the copy. */
export const statusField = {
  /** `redisLayout` of whoever wrote the copy. Absent or another: not to be read. */
  layout: 'layout',
  /** Id of the Kafka cluster whose topics it is a copy of. Another than the reader’s: not to be read, nor added to. */
  cluster: 'cluster',
  /** Random text, another one each time the kind is emptied: who scans a kind compares it before and after. */
  epoch: (kind: Kind): string => `${kind}:epoch`,
  /** Milliseconds since 1970 up to which the kind’s topic was followed without missing anything. */
  followedMs: (kind: Kind): string => `${kind}:followedMs`,
  /** How many entries each of `keysOf` the kind must have, joined by commas: a key that was evicted or deleted is seen. */
  sizes: (kind: Kind): string => `${kind}:sizes`,
} as const;

/** Field of `index:symbol`. */
export function symbolField(venue: string, symbol: string): string {
  return `${venue}:${symbol}`;
}

/** Field of `index:token`. */
export function tokenField(chain: string, address: string): string {
  return `${chain}:${addressIdentity(address)}`;
}

/** Member of the indexes `isin`, `type`, `instrument` and `leg`. */
export function indexMember(value: string, id: string): string {
  return `${value}:${id}`;
}

/** The id in a member of those indexes. */
export function idOfMember(member: string): string {
  return member.slice(member.lastIndexOf(':') + 1);
}

/** Bounds for `ZRANGEBYLEX <index>`: the members of one value, ordered by id. */
export function membersOf(value: string): readonly [min: string, max: string] {
  // The character after the colon is the first that no member of this value begins with.
  return [`[${value}:`, `(${value};`];
}

/**
 * Member of `versions:<kind>` or `superseded:<kind>` for a record key; undefined for the newest version's.
 * Zeros before the numbers make the order of members that of times.
 */
export function versionMember(key: string): string | undefined {
  const { id, validFromUs, recordedTimeUs } = parseRecordKey(key) ?? {};
  if (id === undefined || validFromUs === undefined) return undefined;
  const version = `${id}@${digits(validFromUs)}`;
  return recordedTimeUs === undefined ? version : `${version}~${digits(recordedTimeUs)}`;
}

/** The record key that a member of `versions:<kind>` or `superseded:<kind>` stands for. */
export function keyOfVersionMember(member: string): string {
  const { id, validFromUs, recordedTimeUs } = parseRecordKey(member) ?? {};
  if (id === undefined || validFromUs === undefined) throw new RangeError(`not a version’s member: ${member}`);
  return recordedTimeUs === undefined ? versionKey(id, validFromUs) : supersededKey(id, validFromUs, recordedTimeUs);
}

/**
 * Bounds for `ZREVRANGEBYLEX versions:<kind>`: an entity's closed versions that began at or before a time (µs), latest
 * first. The first of them whose `validTo` is after the time is the one that holds, unless the newest version does.
 */
export function versionsUpTo(id: string, us: number): readonly [max: string, min: string] {
  return [`[${id}@${digits(us)}`, `[${id}@`];
}

/** Bounds for `ZRANGEBYLEX` of `versions:<kind>` or `superseded:<kind>`: all members of an entity, oldest first. */
export function versionsOf(id: string): readonly [min: string, max: string] {
  // `A` follows `@`.
  return [`[${id}@`, `(${id}A`];
}

/** Field of `collisions`: an id can have been claimed by several identities. */
export function collisionField(id: string, rejectedIdentity: string): string {
  return `${id} ${rejectedIdentity}`;
}

/** Field of `offsets`. */
export function offsetField(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function digits(us: number): string {
  return String(us).padStart(16, '0');
}
