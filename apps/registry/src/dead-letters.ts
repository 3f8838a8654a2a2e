import { type Clock, codeOf, type Log, RetriableError } from '@alphapulse/core';
import { isOutage, type LogReader, type LogRecord, type TransactionalProducer } from '@alphapulse/kafka';
import { deadLetterHeaders } from '@alphapulse/runtime';
import { deadLetterTopic } from '@alphapulse/topics';
import type { CorruptRecord, CorruptRecords } from './corrupt-records.ts';

export const registryDeadLetters = deadLetterTopic('registry');
const topic = registryDeadLetters.name;

/** Shared by every writer of the topic, so that they take turns. */
export const deadLetterTransactionalId = 'alphapulse-registry-dead-letters';

type Producer = Pick<
  TransactionalProducer,
  'init' | 'append' | 'pendingBytes' | 'flush' | 'commitRecords' | 'disconnect'
>;

export interface DeadLettersOptions {
  /** Makes a producer with `deadLetterTransactionalId`. */
  readonly openProducer: () => Producer;
  /** Reads committed records only. */
  readonly openReader: () => Pick<LogReader, 'partitions' | 'readToEnd' | 'close'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** The time in which this process is the only writer: it ends with the first failure. */
interface Session {
  readonly producer: Producer;
  /** Where the records of all dead letters in the topic come from. */
  readonly known: Set<string>;
}

/** Well below what a broker takes as one batch (1 MiB). */
const flushBytes = 256 * 1024;
const attempts = 5;

/**
 * Writes corrupt registry records to `dlq.registry`, each exactly once for as long as the topic keeps it, whoever asks
 * and however often: after a kill, a rebuild of a flushed Redis, or from two processes at once.
 *
 * The topic itself says what it has. Taking over the transactional id settles what a former owner left open, so all
 * that was ever committed can be read then; and whoever takes it over later makes our commit fail, so nothing is added
 * in between. No other transaction is ever open in the topic, or its end would hide what stands behind it.
 */
export class DeadLetters implements CorruptRecords {
  readonly #options: DeadLettersOptions;
  #session: Session | undefined;
  #written = 0;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** Dead letters written by this process. */
  get written(): number {
    return this.#written;
  }

  async keep(records: readonly CorruptRecord[]): Promise<void> {
    if (records.length === 0) return;
    for (let attempt = 1; ; attempt++) {
      try {
        this.#session ??= await this.#open();
        await this.#append(this.#session, records);
        return;
      } catch (cause) {
        await this.close();
        if (!(cause instanceof RetriableError) && !isOutage(cause)) throw cause;
        // Another writer has taken over: what it has written is read, and it is our turn.
        if (attempt < attempts) await this.#options.clock.sleep(attempt * 100);
        else if (cause instanceof RetriableError) throw cause;
        else throw new RetriableError('broker_unavailable', `${topic}: ${(cause as Error).message}`, { cause });
      }
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session) await this.#leave(session.producer);
  }

  async #open(): Promise<Session> {
    const { openProducer, openReader } = this.#options;
    const producer = openProducer();
    const reader = openReader();
    try {
      const partitions = await reader.partitions(topic);
      if (partitions.length === 0) throw new RetriableError('broker_unavailable', `topic ${topic} does not exist yet`);
      await producer.init([topic]);
      return { producer, known: await this.#known(reader, partitions) };
    } catch (error) {
      await this.#leave(producer);
      throw error;
    } finally {
      await this.#leave({ disconnect: () => reader.close() });
    }
  }

  async #append({ producer, known }: Session, records: readonly CorruptRecord[]): Promise<void> {
    const missing = new Map<string, CorruptRecord>();
    for (const corrupt of records) {
      const place = placeOf(corrupt.record);
      if (!known.has(place)) missing.set(place, corrupt);
    }
    for (const { record, error } of missing.values()) {
      const { key, value, timestampMs, partition, offset } = record;
      const input = { topic: { name: record.topic }, partition, offset };
      const headers = deadLetterHeaders('registry', codeOf(error), error.message, input);
      producer.append(topic, key, key?.toString() ?? '', null, value, timestampMs, headers);
      if (producer.pendingBytes > flushBytes) await producer.flush();
    }
    await producer.commitRecords();
    for (const place of missing.keys()) known.add(place);
    this.#written += missing.size;
  }

  async #leave(connection: { disconnect(): Promise<void> }): Promise<void> {
    const { log } = this.#options;
    await connection
      .disconnect()
      .catch((error: Error) => log.debug({ error: error.message }, 'a connection for dead letters did not close'));
  }

  /** Where the records of all dead letters in the topic come from. */
  async #known(reader: Pick<LogReader, 'readToEnd'>, partitions: readonly number[]): Promise<Set<string>> {
    const known = new Set<string>();
    await reader.readToEnd(
      partitions.map((partition) => ({ topic, partition, at: 'beginning' as const })),
      (letters) => {
        for (const { headers } of letters)
          known.add(`${text(headers, 'topic')}/${text(headers, 'partition')}/${text(headers, 'offset')}`);
      },
    );
    return known;
  }
}

function placeOf({ topic: origin, partition, offset }: LogRecord): string {
  return `${origin}/${partition}/${offset}`;
}

function text(headers: LogRecord['headers'], name: string): string {
  const value = headers[`alphapulse.${name}`];
  return (Array.isArray(value) ? value[0] : value)?.toString() ?? '';
}
