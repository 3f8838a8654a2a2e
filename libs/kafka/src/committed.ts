import { RetriableError } from '@alphapulse/core';
import { type Cluster, protocolError } from './cluster.ts';

/** A group's committed position in a partition; `offset` is -1 where nothing is committed. */
export interface Committed {
  readonly offset: number;
  readonly metadata: string | null;
}

/** Reads one committed position. @throws RetriableError `broker_unavailable`. */
export async function fetchCommitted(
  cluster: Cluster,
  groupId: string,
  topic: string,
  partition: number,
): Promise<Committed> {
  try {
    const coordinator = await cluster.findGroupCoordinator({ groupId });
    const { responses } = await coordinator.offsetFetch({ groupId, topics: [{ topic, partitions: [{ partition }] }] });
    const found = responses[0]?.partitions[0];
    const error = protocolError(found?.errorCode ?? 0);
    if (error) throw error;
    return { offset: Number(found?.offset ?? -1), metadata: found?.metadata || null };
  } catch (cause) {
    throw new RetriableError(
      'broker_unavailable',
      `committed offset of ${topic}-${partition}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
