import { type Clock, systemClock } from '@alphapulse/core';
import { type KafkaConfig, LogReader, type SchemaIds } from '@alphapulse/kafka';
import { opsBatches } from '@alphapulse/topics';

/** Newest records of a partition whose appending is remembered. */
const remembered = 1 << 16;

/**
 * Latency from the raw record standing in the log to its outputs being visible to a read-committed reader. Both ends are
 * taken by a reader: one of the raw topics, one of the accounts, which are committed with the outputs.
 */
export class AppendTimes {
  readonly #clock: Clock = systemClock;
  readonly #seen = new Map<string, Float64Array>();
  readonly #latencies: number[] = [];

  /** Follows until the signal aborts. */
  async follow(deps: { kafka: KafkaConfig; schemas: SchemaIds; rawTopics: readonly string[] }, signal: AbortSignal) {
    const { kafka: config, schemas, rawTopics } = deps;
    const raw = new LogReader({ config, clock: this.#clock, gatherMs: 0, isolation: 'read_uncommitted' });
    const accounts = new LogReader({ config, clock: this.#clock, gatherMs: 0 });
    const starts = async (reader: LogReader, topics: readonly string[]) =>
      (
        await Promise.all(
          topics.map(async (topic) =>
            (await reader.partitions(topic)).map((partition) => ({ topic, partition, at: 'end' as const })),
          ),
        )
      ).flat();
    await Promise.all([
      raw.follow(
        await starts(raw, rawTopics),
        (records) => {
          const nowMs = this.#clock.nowUs() / 1000;
          for (const { topic, partition, offset } of records)
            this.#times(`${topic}/${partition}`)[offset % remembered] = nowMs;
        },
        signal,
      ),
      accounts.follow(
        await starts(accounts, [opsBatches.name]),
        (records) => {
          const nowMs = this.#clock.nowUs() / 1000;
          for (const { value } of records) {
            const account = schemas.decode(opsBatches, value);
            if (!account || !rawTopics.includes(account.topic)) continue;
            const times = this.#times(`${account.topic}/${account.partition}`);
            // Raw topics have no gaps in their offsets: nobody writes transactions to them.
            const last = Math.min(account.toOffset, account.fromOffset + account.records - 1);
            for (let offset = account.fromOffset; offset <= last; offset += 4) {
              const appendedMs = times[offset % remembered] as number;
              if (appendedMs > 0) this.#latencies.push(nowMs - appendedMs);
            }
          }
        },
        signal,
      ),
    ]);
    await Promise.all([raw.close(), accounts.close()]);
  }

  /** Milliseconds; null before the first sample. */
  percentile(share: number): number | null {
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return at === undefined ? null : Math.round(at * 10) / 10;
  }

  #times(id: string): Float64Array {
    let times = this.#seen.get(id);
    if (!times) {
      times = new Float64Array(remembered);
      this.#seen.set(id, times);
    }
    return times;
  }
}
