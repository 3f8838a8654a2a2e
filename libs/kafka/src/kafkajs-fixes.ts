/**
 * Two faults of kafkajs 2.2.4 that lose or repeat records, mended in place. The version is pinned exactly and tests
 * cover both, so a change below them shows.
 */
import Broker from 'kafkajs/src/broker/index.js';
import OffsetManager from 'kafkajs/src/consumer/offsetManager/index.js';
import { hideAborted } from './aborted-transactions.ts';

const fetch = Broker.prototype.fetch;

/**
 * kafkajs takes aborted transactions in the order the broker lists them, which is that of their ends, and begins at most
 * one a message: with several at once (a killed process with a transaction on every partition) aborted records reach
 * read-committed readers. Here they are hidden before kafkajs looks.
 */
Broker.prototype.fetch = async function fetchWithoutAborted(request) {
  const answer = await fetch.call(this, request);
  for (const { partitions } of answer.responses) for (const partition of partitions) hideAborted(partition);
  return answer;
};

/**
 * When a position falls out of the log (retention has overtaken it), kafkajs commits the default offset −2 for the
 * group, over the offset that a transaction may be committing. Here the position moves to the oldest record and nothing
 * is committed: offsets are only ever committed in transactions.
 */
OffsetManager.prototype.setDefaultOffset = async function moveToOldest({ topic, partition }) {
  const [oldest] = await this.cluster.fetchTopicsOffset([{ topic, fromBeginning: true, partitions: [{ partition }] }]);
  const offset = oldest?.partitions[0]?.offset;
  if (offset !== undefined) this.resolvedOffsets[topic] = { ...this.resolvedOffsets[topic], [partition]: offset };
};
