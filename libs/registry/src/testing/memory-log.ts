import { EventEmitter, once } from 'node:events';
import { type AnyTopic, RejectedRecordError, RetriableError } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';
import type { ProducerPort, ReaderPort, SchemaPort } from '../ports.ts';

/** Topics of one partition in memory, behind the ports of libs/registry: for unit tests without a broker. */
export class MemoryLog {
  readonly #topics = new Map<string, LogRecord[]>();
  readonly #appended = new EventEmitter().setMaxListeners(0);
  /** Grows with every takeover of the right to write. */
  #epoch = 0;

  /** Appends as a producer would; `value` is what follows the schema prefix, null for a tombstone. */
  append(topic: AnyTopic, key: string, value: unknown): void {
    this.appendBytes(topic.name, key, value === null ? null : Buffer.concat([prefix, topic.value.encode(value)]));
  }

  appendBytes(topic: string, key: string, value: Buffer | null): void {
    const records = this.records(topic);
    records.push({
      topic,
      partition: 0,
      offset: (records[records.length - 1]?.offset ?? -1) + 1,
      timestampMs: 0,
      key: Buffer.from(key),
      value,
      headers: {},
    });
    this.#appended.emit('record');
  }

  records(topic: string): LogRecord[] {
    let records = this.#topics.get(topic);
    if (!records) {
      records = [];
      this.#topics.set(topic, records);
    }
    return records;
  }

  /** Keeps the newest record of each key, at its offset, as Kafka's log cleaner does. */
  compact(topic: string): void {
    const newest = new Map(this.records(topic).map((record) => [String(record.key), record]));
    this.#topics.set(
      topic,
      [...newest.values()].sort((a, b) => a.offset - b.offset),
    );
  }

  /** How often the right to write was taken over. */
  get takeovers(): number {
    return this.#epoch;
  }

  /** Records in all topics. */
  get size(): number {
    return [...this.#topics.values()].reduce((sum, records) => sum + records.length, 0);
  }

  reader(): ReaderPort {
    return {
      partitions: async () => [0],
      ends: async (topic) => new Map([[0, this.#end(topic)]]),
      follow: async (starts, onRecords, signal, onPosition) => {
        const next = new Map(
          starts.map(({ topic, at }) => [
            topic,
            typeof at === 'object' && 'offset' in at ? at.offset : at === 'end' ? this.#end(topic) : 0,
          ]),
        );
        while (!signal.aborted) {
          let moved = false;
          for (const [topic, from] of next) {
            const end = this.#end(topic);
            const records = this.records(topic).filter(({ offset }) => offset >= from);
            if (records.length > 0) await onRecords(records);
            moved ||= end > from;
            next.set(topic, Math.max(from, end));
            onPosition?.(topic, 0, Math.max(from, end));
          }
          if (!moved && !signal.aborted) {
            await once(this.#appended, 'record', { signal }).catch((error: Error) => {
              if (error.name !== 'AbortError') throw error;
            });
          }
        }
      },
      close: async () => undefined,
    };
  }

  /**
   * A writer that is fenced by the next one to take over, as transactional producers of one id are. `onCommit` is awaited
   * before each commit, for tests that let another one in.
   */
  producer(onCommit: () => unknown = () => undefined): ProducerPort {
    let epoch = 0;
    return {
      get holds() {
        return epoch > 0;
      },
      takeOver: async () => {
        this.#epoch++;
        epoch = this.#epoch;
      },
      commit: async (records) => {
        await onCommit();
        if (epoch !== this.#epoch) {
          epoch = 0;
          throw new RetriableError('producer_fenced', 'another writer has taken over');
        }
        for (const { topic, key, prefix: schema, value } of records)
          this.appendBytes(topic, key, schema === null ? value : Buffer.concat([schema, value]));
        return new Map(records.map(({ topic }) => [`${topic}/0`, this.#end(topic)]));
      },
      close: async () => undefined,
    };
  }

  #end(topic: string): number {
    const records = this.records(topic);
    return (records[records.length - 1]?.offset ?? -1) + 1;
  }
}

const prefix = Buffer.from([0, 0, 0, 0, 1]);

/** Knows schema id 1, whatever the topic, and nothing else. */
export const memorySchemas: SchemaPort = {
  register: async () => undefined,
  prefix: () => prefix,
  decode: (topic, framed) => {
    if (framed?.[0] !== 0) throw new RejectedRecordError('record_undecodable', `${topic.name}: not in the wire format`);
    if (framed.readInt32BE(1) !== 1)
      throw new RejectedRecordError('schema_unknown', `${topic.name}: unknown schema id`);
    return topic.value.decode(framed.subarray(5));
  },
  lookUp: async () => undefined,
};
