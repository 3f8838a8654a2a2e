import type { RejectedRecordError } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';

/** A record of a registry topic that cannot be decoded, and why. */
export interface CorruptRecord {
  readonly record: LogRecord;
  readonly error: RejectedRecordError;
}

/** Where corrupt records go. */
export interface CorruptRecords {
  /**
   * Resolves when each of them is there, once, however often it is given.
   * @throws RetriableError when that cannot be said now; they are given again then.
   */
  keep(records: readonly CorruptRecord[]): Promise<void>;
}
