import { AlphaPulseError, type Clock, codeOf, type Log, RejectedRecordError, RetriableError } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';
import { type Kind, type Registered, topicOf } from './kinds.ts';
import type { SchemaPort } from './ports.ts';
import { parseRecordKey } from './record-key.ts';

/** A record of a registry topic, decoded. A null value takes the key out. */
export type Change = {
  readonly [K in Kind]: {
    readonly kind: K;
    readonly key: string;
    readonly value: Registered[K] | null;
    /** Where it stands in its partition; −1 for one that a cache has told of. */
    readonly offset: number;
  };
}[Kind];

/**
 * Told of a record that was skipped, with why. What it throws or rejects with ends the following, since a dead letter
 * that cannot be written must not be lost; the record is then read again.
 */
export type OnCorrupt = (record: LogRecord, error: RejectedRecordError) => void | Promise<void>;

/** Decodes registry records. Corrupt ones are skipped, counted and logged: one bad record must not hide the others. */
export class ChangeDecoder {
  corrupt = 0;
  readonly #schemas: SchemaPort;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #onCorrupt: OnCorrupt | undefined;

  constructor(options: { schemas: SchemaPort; log: Log; clock: Clock; onCorrupt?: OnCorrupt }) {
    this.#schemas = options.schemas;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#onCorrupt = options.onCorrupt;
  }

  async decode(kind: Kind, records: readonly LogRecord[], signal: AbortSignal): Promise<Change[]> {
    const changes: Change[] = [];
    for (const record of records) {
      try {
        let change = this.#decodeNow(kind, record);
        if (change === undefined) {
          await this.#lookUp(kind, record.value as Buffer, signal);
          if (signal.aborted) break;
          change = this.#decodeNow(kind, record);
          if (change === undefined)
            throw new RejectedRecordError('schema_unknown', `${topicOf[kind].name}: the schema was looked up in vain`);
        }
        changes.push(change);
      } catch (error) {
        if (!(error instanceof RejectedRecordError)) throw error;
        this.corrupt++;
        const { topic, partition, offset } = record;
        this.#log.warn(
          { code: codeOf(error), topic, partition, offset, error: error.message },
          'corrupt registry record skipped',
        );
        await this.#onCorrupt?.(record, error);
      }
    }
    return changes;
  }

  /** Undefined when the record's schema must be looked up first. */
  #decodeNow<K extends Kind>(kind: K, record: LogRecord): Change | undefined {
    const key = record.key?.toString() ?? '';
    const parsed = parseRecordKey(key);
    if (!parsed) throw new RejectedRecordError('record_undecodable', `not a registry key: ${key.slice(0, 80)}`);
    if (record.value === null) return { kind, key, value: null, offset: record.offset } as Change;
    const value = this.#valueOf(kind, record.value);
    if (value === undefined) return undefined;
    const { validFrom, recordedTime } = value as { validFrom?: number; recordedTime?: number };
    const fits =
      value.id === parsed.id &&
      (parsed.validFromUs === undefined || parsed.validFromUs === validFrom) &&
      (parsed.recordedTimeUs === undefined || parsed.recordedTimeUs === recordedTime);
    if (!fits) throw new RejectedRecordError('record_undecodable', `key ${key} holds another entity’s record`);
    return { kind, key, value, offset: record.offset } as Change;
  }

  #valueOf<K extends Kind>(kind: K, framed: Buffer): Registered[K] | undefined {
    try {
      return this.#schemas.decode(topicOf[kind], framed);
    } catch (cause) {
      if (cause instanceof AlphaPulseError) throw cause;
      // Whatever a decoder trips over, it was the bytes: the next record is not to wait for a person to look at them.
      throw new RejectedRecordError('record_undecodable', `${topicOf[kind].name}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Waits for the schema registry: a record whose schema cannot be asked for now is not corrupt. */
  async #lookUp(kind: Kind, value: Buffer, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await this.#schemas.lookUp(topicOf[kind], value);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        if (attempt === 0)
          this.#log.warn({ code: codeOf(error), error: error.message }, 'schema registry is away, reading waits');
        await this.#clock.sleep(500, signal);
      }
    }
  }
}
