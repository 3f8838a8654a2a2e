import type { LogReader, SchemaIds } from '@alphapulse/kafka';

/** The parts of libs/kafka this package uses, so that tests can put an in-memory log in their place. */
export type ReaderPort = Pick<LogReader, 'partitions' | 'ends' | 'follow' | 'close'>;
export type SchemaPort = Pick<SchemaIds, 'register' | 'prefix' | 'decode' | 'lookUp'>;

/** A record ready to be appended. */
export interface EncodedRecord {
  readonly topic: string;
  readonly key: string;
  /** Schema id of the value; null for opaque bytes. */
  readonly prefix: Buffer | null;
  readonly value: Buffer;
}

/**
 * The right to write to the registry, which one process has at a time: the one that took it over last. Whoever has lost
 * it finds out by a commit that fails.
 */
export interface ProducerPort {
  /** True from a takeover until a commit fails. */
  readonly holds: boolean;
  /**
   * Takes the right over from whoever has it. What that one has not committed will never be seen; what it has is in the
   * log when this resolves.
   * @throws RetriableError
   */
  takeOver(topics: readonly string[]): Promise<void>;
  /**
   * Appends records together: readers see all of them or none. Gives the next offset by `<topic>/<partition>`.
   * @throws RetriableError `producer_fenced` when somebody else has taken over: nothing was appended.
   * @throws RetriableError `broker_unavailable`: nobody knows whether it was.
   */
  commit(records: readonly EncodedRecord[], timestampMs: number): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}
