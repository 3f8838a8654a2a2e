import type { RegistryBatch } from '@alphapulse/registry';
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
  #waiting = 0;
  #wake: () => void = () => undefined;

  constructor(write: Write) {
    this.#write = write;
    this.failed = new Promise((_resolve, reject) => {
      this.#fail = reject;
    });
    // Who asks is told; that nobody asks is no error of its own.
    this.failed.catch(() => undefined);
  }

  /** True when everything that was given is written. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Takes a batch; resolves when there is room for more. Rejects when writing has failed. */
  async write(batch: RegistryBatch, corrupt: readonly CorruptRecord[]): Promise<void> {
    // One more, so that a batch of corrupt records counts too.
    const records = batch.changes.length + 1;
    this.#waiting += records;
    this.#last = this.#last
      .then(() => this.#write(batch, corrupt))
      .then(() => {
        this.#waiting -= records;
        this.#wake();
      });
    this.#last.catch(this.#fail);
    while (this.#waiting > roomRecords) {
      const room = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([room, this.failed]);
    }
  }

  /** Resolves when everything that was given is written; rejects when that failed. */
  written(): Promise<void> {
    return this.#last;
  }
}
