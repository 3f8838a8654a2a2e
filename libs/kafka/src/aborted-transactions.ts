import type { FetchedPartition } from 'kafkajs/src/cluster/index.js';

/** Key of the control record that ends an aborted transaction: version 0, type 0. */
const abortMarker = Buffer.from([0, 0, 0, 0]);

/**
 * Marks the records of aborted transactions as control records, which readers pass over while their offsets still count,
 * as the Java consumer does: a transaction is entered when its first offset is reached, whatever the order of the list,
 * and left at its producer's abort marker.
 *
 * Source: `CompletedFetch.nextFetchedRecord` of apache/kafka, and the fetch protocol's aborted_transactions.
 */
export function hideAborted(partition: FetchedPartition): void {
  if (!partition.abortedTransactions || partition.abortedTransactions.length === 0) return;
  const toBegin = partition.abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: BigInt(firstOffset) }))
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborted = new Set<string>();
  let next = 0;
  for (const message of partition.messages) {
    const offset = BigInt(message.offset);
    for (; next < toBegin.length && (toBegin[next] as { firstOffset: bigint }).firstOffset <= offset; next++) {
      aborted.add((toBegin[next] as { producerId: string }).producerId);
    }
    const { producerId, inTransaction } = message.batchContext ?? {};
    if (producerId === undefined) continue;
    if (message.isControlRecord) {
      if (message.key?.equals(abortMarker)) aborted.delete(producerId);
    } else if (inTransaction && aborted.has(producerId)) {
      message.isControlRecord = true;
    }
  }
  partition.abortedTransactions = [];
}
