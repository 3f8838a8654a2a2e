import type { Clock } from '@alphapulse/core';
import type { LogReader, TopicAdmin } from '@alphapulse/kafka';
import type { LagRow } from './snapshot.ts';

/** How long to look for the oldest unprocessed records of a group. */
const lookForMs = 1_500;

interface Behind {
  readonly row: { group: string; topic: string; records: number; seconds: number | null };
  readonly partition: number;
  readonly committed: number;
  readonly end: number;
}

type Oldest = { readonly offset: number; readonly timestampMs: number } | 'none';

export interface LagDeps {
  readonly admin: Pick<TopicAdmin, 'committed'>;
  readonly reader: Pick<LogReader, 'ends' | 'offsetOf' | 'follow'>;
  readonly clock: Clock;
}

/**
 * Measures what consumer groups have not processed yet, in records and in age. Ends are those of committed data, and
 * offsets that hold no record (transaction markers) are not lag when nothing else follows.
 * `expected` names the topics of each group; those that it has committed in are added.
 */
export async function measureLag(
  deps: LagDeps,
  expected: ReadonlyMap<string, readonly string[]>,
  signal: AbortSignal,
): Promise<LagRow[]> {
  const rows: LagRow[] = [];
  const ends = new Map<string, Map<number, number>>();
  for (const [group, topics] of expected) {
    const committed = await deps.admin.committed(group, []);
    const begun = [...committed].filter(([, at]) => [...at.values()].some((offset) => offset >= 0));
    const behind: Behind[] = [];
    for (const topic of [...new Set([...topics, ...begun.map(([name]) => name)])].sort()) {
      if (signal.aborted) return rows;
      const topicEnds = ends.get(topic) ?? (await deps.reader.ends(topic));
      ends.set(topic, topicEnds);
      const row = { group, topic, records: 0, seconds: 0 };
      rows.push(row);
      for (const [partition, end] of topicEnds) {
        const offset = committed.get(topic)?.get(partition) ?? -1;
        if (offset >= end || end === 0) continue;
        const from = offset >= 0 ? offset : await deps.reader.offsetOf({ topic, partition, at: 'beginning' });
        if (from < end) behind.push({ row, partition, committed: from, end });
      }
    }
    if (behind.length > 0) await addAge(deps, behind, signal);
  }
  return rows;
}

async function addAge(deps: LagDeps, behind: readonly Behind[], signal: AbortSignal): Promise<void> {
  const found = await oldestUnprocessed(deps, behind, signal);
  const nowMs = deps.clock.nowMs();
  for (const { row, partition, committed, end } of behind) {
    const oldest = found.get(`${row.topic}/${partition}`);
    if (oldest === 'none') continue;
    row.records += end - (oldest?.offset ?? committed);
    if (oldest === undefined) row.seconds = null;
    else if (row.seconds !== null) row.seconds = Math.max(row.seconds, (nowMs - oldest.timestampMs) / 1000);
  }
}

/** By `topic/partition`; absent where it was not found in time. */
async function oldestUnprocessed(
  { reader }: LagDeps,
  behind: readonly Behind[],
  signal: AbortSignal,
): Promise<Map<string, Oldest>> {
  const found = new Map<string, Oldest>();
  const ends = new Map(behind.map(({ row, partition, end }) => [`${row.topic}/${partition}`, end]));
  const done = new AbortController();
  const note = (id: string, oldest: Oldest) => {
    if (!found.has(id)) found.set(id, oldest);
    if (found.size === ends.size) done.abort();
  };
  await reader.follow(
    behind.map(({ row, partition, committed }) => ({ topic: row.topic, partition, at: { offset: committed } })),
    (records) => {
      for (const { topic, partition, offset, timestampMs } of records) {
        const id = `${topic}/${partition}`;
        note(id, offset < (ends.get(id) ?? 0) ? { offset, timestampMs } : 'none');
      }
    },
    AbortSignal.any([signal, done.signal, AbortSignal.timeout(lookForMs)]),
    (topic, partition, next) => {
      const id = `${topic}/${partition}`;
      if (next >= (ends.get(id) ?? 0)) note(id, 'none');
    },
  );
  return found;
}
