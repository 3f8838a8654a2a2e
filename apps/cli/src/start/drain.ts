import type { Clock } from '@alphapulse/core';
import { type KafkaConfig, TopicAdmin } from '@alphapulse/kafka';

/** What a group must have consumed to be done. */
export interface Consumption {
  readonly group: string;
  readonly topics: readonly string[];
}

/** How far groups are behind, in records. Control records at the end of a partition do not count as lag. */
export async function lagOf(admin: TopicAdmin, consumptions: readonly Consumption[]): Promise<number> {
  let lag = 0;
  for (const { group, topics } of consumptions) {
    const committed = await admin.committed(group, topics);
    for (const topic of topics) {
      for (const [partition, end] of await admin.ends(topic)) {
        const position = Math.max(committed.get(topic)?.get(partition) ?? -1, 0);
        lag += Math.max(0, end - position);
      }
    }
  }
  return lag;
}

/**
 * Waits until the groups have consumed what was there, or nothing has moved for `quietMs` (transactional topics end in
 * control records that no consumer commits past). Returns the records left.
 */
export async function drain(
  kafka: KafkaConfig,
  consumptions: readonly Consumption[],
  clock: Clock,
  signal: AbortSignal,
  options: { quietMs: number; onProgress?: (left: number) => void },
): Promise<number> {
  const admin = new TopicAdmin(kafka);
  await admin.connect();
  try {
    let left = await lagOf(admin, consumptions);
    let sinceMs = clock.nowMs();
    while (left > 0 && !signal.aborted && clock.nowMs() - sinceMs < options.quietMs) {
      options.onProgress?.(left);
      await clock.sleep(200, signal);
      const now = await lagOf(admin, consumptions);
      if (now !== left) sinceMs = clock.nowMs();
      left = now;
    }
    return left;
  } finally {
    await admin.disconnect();
  }
}
