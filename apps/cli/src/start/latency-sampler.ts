import type { Clock } from '@alphapulse/core';
import { type KafkaConfig, LogReader, type SchemaIds } from '@alphapulse/kafka';
import { opsBatches } from '@alphapulse/topics';

/** Samples kept: enough for a p99.9, whatever the run’s length. */
const reservoir = 50_000;

/**
 * Latency from receipt by the collector to visibility for a read-committed consumer: when a batch's account becomes
 * visible, so have its outputs, and the account holds the receive times of a sample of its inputs.
 */
export class LatencySampler {
  readonly #samples: number[] = [];
  #seen = 0;

  /** Follows until the signal aborts. */
  async follow(deps: { kafka: KafkaConfig; schemas: SchemaIds; clock: Clock }, signal: AbortSignal): Promise<void> {
    const reader = new LogReader({ config: deps.kafka, clock: deps.clock, gatherMs: 0 });
    try {
      const partitions = await reader.partitions(opsBatches.name);
      await reader.follow(
        partitions.map((partition) => ({ topic: opsBatches.name, partition, at: 'end' })),
        (records) => {
          const nowUs = deps.clock.nowUs();
          for (const { value } of records) {
            const account = deps.schemas.decode(opsBatches, value);
            if (account?.topic.startsWith('raw.'))
              for (const receivedTime of account.receivedTimes) this.#take((nowUs - receivedTime) / 1000);
          }
        },
        signal,
      );
    } finally {
      await reader.close();
    }
  }

  get samples(): number {
    return this.#samples.length;
  }

  /** Milliseconds; null before the first sample. */
  percentile(share: number): number | null {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const at = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    return at === undefined ? null : Math.round(at * 10) / 10;
  }

  percentiles(): { p50: number | null; p99: number | null } {
    return { p50: this.percentile(0.5), p99: this.percentile(0.99) };
  }

  /** Every sample while they fit, then every n-th, so that the whole run is covered evenly. */
  #take(latencyMs: number): void {
    const stride = Math.floor(this.#seen / reservoir) + 1;
    if (this.#seen++ % stride !== 0) return;
    if (this.#samples.length < reservoir) this.#samples.push(latencyMs);
    else this.#samples[this.#seen % reservoir] = latencyMs;
  }
}
