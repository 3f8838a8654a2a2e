import { type Log, RetriableError, type Topic } from '@alphapulse/core';
import type { LogReader, SchemaIds } from '@alphapulse/kafka';
import type { Checkpoint } from '@alphapulse/schemas';

/** The newest checkpoint round, as kept in the metadata of the committed offset: found without a search. */
export interface RoundPointer {
  /** State topic partition and offset of the first record; count 0 is the empty state. */
  readonly p: number;
  readonly o: number;
  readonly n: number;
  /** Next input offset by topic at which the state stands. */
  readonly at: Readonly<Record<string, number>>;
  /** Record time of the round and of the newest record processed, ms. */
  readonly roundMs: number;
  readonly lastMs: number;
}

/** Topics of a lane commit apart; the newest pointer stands for all of them. */
export function isNewer(a: RoundPointer, b: RoundPointer): boolean {
  return a.roundMs > b.roundMs || (a.roundMs === b.roundMs && a.lastMs > b.lastMs);
}

/** The records of a round: one for each state key of each stage. */
export function* roundRecords(
  entries: readonly (readonly [stage: string, key: string, state: Uint8Array])[],
  lane: string,
  offsets: Record<string, number>,
  recordMs: number,
): Iterable<{ key: string; value: Checkpoint }> {
  for (const [index, [stage, key, state]] of entries.entries()) {
    const recordTime = recordMs * 1000;
    const value = { stage, lane, recordTime, index, count: entries.length, key, offsets, state: Buffer.from(state) };
    yield { key: `${lane}/${stage}/${key}`, value };
  }
}

/** Reads a round and hands over its state; when retention has taken it, says so and leaves the state empty. */
export async function readRound(
  reader: LogReader,
  topic: Topic<string, Checkpoint>,
  schemas: SchemaIds,
  round: RoundPointer,
  log: Log,
  load: (stage: string, key: string, state: Uint8Array) => void,
): Promise<void> {
  const earliest = await reader.offsetOf({ topic: topic.name, partition: round.p, at: 'beginning' });
  if (earliest > round.o) {
    log.warn(
      { topic: topic.name, wanted: round.o, earliest },
      'checkpoint round is gone; state starts empty at its offset',
    );
    return;
  }
  let loaded = 0;
  const done = new AbortController();
  await reader.follow(
    [{ topic: topic.name, partition: round.p, at: { offset: round.o } }],
    (records) => {
      for (const { value } of records) {
        if (loaded >= round.n) break;
        const entry = schemas.decode(topic, value);
        if (entry === undefined) {
          throw new RetriableError(
            'schema_registry_unavailable',
            `${topic.name}: checkpoint was written with another schema`,
          );
        }
        load(entry.stage, entry.key, entry.state);
        loaded++;
      }
      if (loaded >= round.n) done.abort();
    },
    done.signal,
  );
}
