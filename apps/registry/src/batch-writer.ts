import { offsetField, type RegistryBatch } from '@alphapulse/registry';
import type { CorruptRecord } from './corrupt-records.ts';

/** Records that may wait to be written: a few megabytes, enough to have some while more are fetched. */
const roomRecords = 10_000;

type Write = (batch: RegistryBatch, corrupt: readonly CorruptRecord[]) => Promise<void>;

/**
 * Writes batches in order, one at a time, while further ones are fetched and decoded: Kafka, this process and Redis work
 * side by side. After a failure nothing more is written.
 */
export class BatchWriter {
  /** Rejects with the first failure; never resolves. */
  readonly failed: Promise<never>;
  readonly #write: Write;
  #fail: (error: Error) => void = () => undefined;
  #last: Promise<void> = Promise.resolve();
  readonly #given: Map<string, number>;
  #waiting = 0;
  #wake: () => void = () => undefined;

  /** `positions` are next offsets by `<topic>/<partition>`, where writing begins. */
  constructor(positions: ReadonlyMap<string, number>, write: Write) {
    this.#given = new Map(positions);
    this.#write = write;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // Who asks is told; that nobody asks is no error of its own.
    this.failed.catch(() => undefined);
  }

  /** Takes a batch; resolves when there is room for more. Rejects when writing has failed. */
  async write(batch: RegistryBatch, corrupt: readonly CorruptRecord[]): Promise<void> {
    this.add(batch, corrupt);
    while (this.#waiting > roomRecords) {
      const room = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([room, this.failed]);
    }
  }

  /** Takes a batch, whether there is room or not. */
  add(batch: RegistryBatch, corrupt: readonly CorruptRecord[] = []): void {
    // One more, so that a batch without a good record counts too.
    const records = batch.changes.length + 1;
    this.#waiting += records;
    this.#given.set(offsetField(batch.topic, batch.partition), batch.next);
    this.#last = this.#last
      .then(() => this.#write(batch, corrupt))
      .then(() => {
        this.#waiting -= records;
        this.#wake();
      });
    this.#last.catch(this.#fail);
  }

  /** Offset after the last record that was given of a partition. */
  given(topic: string, partition: number): number {
    return this.#given.get(offsetField(topic, partition)) ?? 0;
  }

  /** Resolves when everything that was given is written; rejects when that failed. */
  written(): Promise<void> {
    return this.#last;
  }
}
