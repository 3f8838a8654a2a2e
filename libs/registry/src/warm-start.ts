import { type Clock, codeOf, type Log } from '@alphapulse/core';
import type { CacheReader, CacheState } from './cache-reader.ts';
import { cachedChange } from './cached-record.ts';
import type { Change } from './decode.ts';
import { type Kind, topicOf } from './kinds.ts';

export interface WarmStartOptions {
  readonly cache: CacheReader;
  readonly kinds: readonly Kind[];
  /** Where the topics of these kinds end, by `<topic>/<partition>`. */
  readonly ends: ReadonlyMap<string, number>;
  /** Tells the cluster that the topics are on; undefined where that is not known, and then not compared. */
  readonly clusterId?: (() => Promise<string | undefined>) | undefined;
  readonly take: (change: Change) => void;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How long a connection to the cache may take to come up; default 2 s. */
  readonly waitMs?: number;
}

/** How a warm start ended: positions to follow the topics from, or why the topics must be read from their beginning. */
export type WarmStart =
  | { readonly positions: ReadonlyMap<string, number>; readonly records: number }
  | { readonly refused: 'away' | 'distrusted'; readonly reason: string };

/**
 * Takes over what the cache has, and says from where to follow the topics.
 *
 * Why this is exact: a view is the map from each record key to its newest record. The positions are read first. For
 * each key the entity read afterwards is the one of some place in the log at or behind the positions, since a cache
 * only moves on. Following from the positions puts every record behind them again, older than the entity or not, and
 * the last one put of a key is its newest. Keys without a record behind the positions have not changed since, and the
 * cache's entity is their newest. It is the same with tombstones. What would break this is a cache that was emptied and
 * filled anew meanwhile, so its state is read again at the end.
 *
 * After a refusal, entities may have been taken already: the caller starts with an empty map then.
 */
export async function warmStart(options: WarmStartOptions): Promise<WarmStart> {
  const { cache, kinds, ends, take, signal } = options;
  if (!(await available(options))) return { refused: 'away', reason: 'the cache does not answer' };
  try {
    const before = await cache.state(kinds);
    const clusterId = await options.clusterId?.();
    const distrust = whyDistrust(before, { kinds, ends, clusterId, nowMs: options.clock.nowMs() });
    if (distrust !== undefined) return { refused: 'distrusted', reason: distrust };
    let records = 0;
    for (const kind of kinds) {
      for await (const page of cache.records(kind)) {
        if (signal.aborted) return { refused: 'away', reason: 'closed' };
        for (const record of page) take(cachedChange(kind, record));
        records += page.length;
      }
    }
    const after = await cache.state(kinds);
    if (wasEmptied(before, after, ends))
      return { refused: 'distrusted', reason: 'the cache was emptied while it was read' };
    const positions = [...ends.keys()].map((id) => [id, before.positions.get(id) ?? 0] as const);
    return { positions: new Map(positions), records };
  } catch (error) {
    const reason = (error as Error).message;
    options.log.debug({ code: codeOf(error), error: reason }, 'cache cannot be read');
    return codeOf(error) === 'record_undecodable' ? { refused: 'distrusted', reason } : { refused: 'away', reason };
  }
}

async function available({ cache, clock, signal, waitMs = 2_000 }: WarmStartOptions): Promise<boolean> {
  const giveUpMs = clock.nowMs() + waitMs;
  while (!cache.available && !signal.aborted && clock.nowMs() < giveUpMs) await clock.sleep(50, signal);
  return cache.available;
}

/**
 * Kafka keeps a tombstone for a day (`delete.retention.ms`) once it is compacted. A copy that nobody has kept up for
 * longer may hold what was taken out meanwhile, with no record left to tell of it.
 */
const maxUnfollowedMs = 12 * 3_600_000;

/** Why a cache is no copy of these topics; undefined when it is one. */
export function whyDistrust(
  { positions, clusterId, followedMs, unreadable }: CacheState,
  topics: Pick<WarmStartOptions, 'kinds' | 'ends'> & { readonly clusterId: string | undefined; readonly nowMs: number },
): string | undefined {
  const { kinds, ends, clusterId: ownClusterId, nowMs } = topics;
  if (unreadable !== undefined) return unreadable;
  if (ownClusterId !== undefined && clusterId !== undefined && clusterId !== ownClusterId)
    return `the cache is of cluster ${clusterId}, the topics are on ${ownClusterId}`;
  for (const [id, end] of ends) {
    const position = positions.get(id);
    if (position === undefined || !Number.isSafeInteger(position) || position < 0)
      return `the cache has no position of ${id}`;
    if (position > end) return `the cache stands at ${position} of ${id}, which ends at ${end}`;
  }
  const left = kinds.find((kind) => nowMs - (followedMs.get(kind) ?? 0) > maxUnfollowedMs);
  return left && `the cache has not been kept up with ${topicOf[left].name}`;
}

function wasEmptied(before: CacheState, after: CacheState, ends: ReadonlyMap<string, number>): boolean {
  if (before.generation !== after.generation || before.clusterId !== after.clusterId) return true;
  for (const id of ends.keys()) if ((after.positions.get(id) ?? -1) < (before.positions.get(id) ?? 0)) return true;
  return false;
}
