import { RejectedRecordError, RetriableError } from '@alphapulse/core';
import type { LogRecord, RecordHeader } from '@alphapulse/kafka';
import { QuietLog } from '@alphapulse/registry/testing/quiet-log.ts';
import { describe, expect, test } from '@jest/globals';
import { DeadLetters, registryDeadLetters } from './dead-letters.ts';

const topic = registryDeadLetters.name;

/** A topic with transactions of one id: whoever takes it over aborts the former owner's, whose commit then fails. */
class FencedTopic {
  readonly committed: LogRecord[] = [];
  /** Commits that end so: the letters are there or not, and the writer is told of an error either way. */
  readonly outages: ('before' | 'after')[] = [];
  exists = true;
  connections = 0;
  #epoch = 0;

  letters(clock: { sleep(ms: number): Promise<void> }): DeadLetters {
    return new DeadLetters({
      openProducer: () => this.#producer(),
      openReader: () => this.#reader(),
      clock: { nowMs: () => 0, nowUs: () => 0, ...clock },
      log: new QuietLog(),
    });
  }

  #producer() {
    let epoch = -1;
    let pending: LogRecord[] = [];
    this.connections++;
    return {
      pendingBytes: 0,
      init: async () => {
        epoch = ++this.#epoch;
      },
      append: (
        _topic: string,
        key: Buffer | null,
        _text: string,
        _prefix: Buffer | null,
        value: Buffer | null,
        timestampMs: number,
        headers: readonly RecordHeader[] = [],
      ) => {
        const named = Object.fromEntries(headers.map((header) => [String(header.key), header.value as Buffer]));
        pending.push({ topic, partition: 0, offset: 0, timestampMs, key, value, headers: named });
      },
      flush: async () => new Map<string, number>(),
      commitRecords: async () => {
        if (epoch !== this.#epoch) throw new RetriableError('producer_fenced', 'taken over');
        const outage = pending.length > 0 ? this.outages.shift() : undefined;
        if (outage !== 'before') this.committed.push(...pending);
        pending = [];
        if (outage) throw new RetriableError('broker_unavailable', 'connection lost');
      },
      disconnect: async () => {
        this.connections--;
      },
    };
  }

  #reader() {
    this.connections++;
    return {
      partitions: async () => (this.exists ? [0] : []),
      readToEnd: async (_starts: unknown, onRecords: (records: LogRecord[]) => void | Promise<void>) => {
        await onRecords([...this.committed]);
      },
      close: async () => {
        this.connections--;
      },
    };
  }
}

const noWait = { sleep: async () => undefined };

const corrupt = (offset: number, value: Buffer | null = Buffer.from('poison')) => ({
  record: {
    topic: 'registry.listings',
    partition: 0,
    offset,
    timestampMs: 5,
    key: Buffer.from('not a key'),
    value,
    headers: {},
  },
  error: new RejectedRecordError('record_undecodable', 'not in the wire format'),
});

const offsets = ({ committed }: FencedTopic) => committed.map(({ headers }) => Number(headers['alphapulse.offset']));

describe('dead letters of the registry', () => {
  test('hold the record untouched, and in the headers why and where from', async () => {
    const log = new FencedTopic();
    const letters = log.letters(noWait);
    await letters.keep([corrupt(3)]);
    const { record } = corrupt(3);
    expect(log.committed).toMatchObject([{ key: record.key, value: record.value, timestampMs: 5 }]);
    const headers = Object.entries(log.committed[0]?.headers ?? {}).map(([name, value]) => [name, String(value)]);
    expect(Object.fromEntries(headers)).toEqual({
      'alphapulse.stage': 'registry',
      'alphapulse.code': 'record_undecodable',
      'alphapulse.reason': 'not in the wire format',
      'alphapulse.topic': 'registry.listings',
      'alphapulse.partition': '0',
      'alphapulse.offset': '3',
    });
    await letters.close();
    expect(log.connections).toBe(0);
  });

  test('are written once, however often a record is met and whoever meets it', async () => {
    const log = new FencedTopic();
    const first = log.letters(noWait);
    await first.keep([corrupt(1), corrupt(2, null), corrupt(2, null)]);
    await first.keep([corrupt(2, null), corrupt(3)]);
    const restarted = log.letters(noWait);
    await restarted.keep([corrupt(1), corrupt(2, null), corrupt(3), corrupt(4)]);
    // The first has been taken over, and reads what the other has written before it goes on.
    await first.keep([corrupt(4), corrupt(5)]);
    expect(offsets(log)).toEqual([1, 2, 3, 4, 5]);
    expect([first.written, restarted.written]).toEqual([4, 1]);
  });

  test('are written once when two processes meet a record at the same time', async () => {
    const log = new FencedTopic();
    let turn = 0;
    // Each waits for a different number of turns, as jitter has it.
    const letters = Array.from({ length: 3 }, () =>
      log.letters({
        sleep: async () => {
          for (let left = ++turn * 20; left > 0; left--) await Promise.resolve();
        },
      }),
    );
    await Promise.all(letters.map((each) => each.keep([corrupt(1), corrupt(2)])));
    expect(offsets(log)).toEqual([1, 2]);
    expect(letters.reduce((sum, { written }) => sum + written, 0)).toBe(2);
  });

  test('are written once when the broker does not say what became of a commit', async () => {
    const log = new FencedTopic();
    log.outages.push('after', 'before', 'after');
    const letters = log.letters(noWait);
    await letters.keep([corrupt(1)]);
    await letters.keep([corrupt(2)]);
    expect(offsets(log)).toEqual([1, 2]);
  });

  test('that cannot be written are an outage, not lost', async () => {
    const log = new FencedTopic();
    log.exists = false;
    const letters = log.letters(noWait);
    await expect(letters.keep([corrupt(1)])).rejects.toMatchObject({ code: 'broker_unavailable' });
    expect(log.connections).toBe(0);
    log.exists = true;
    await letters.keep([corrupt(1)]);
    expect(offsets(log)).toEqual([1]);
  });
});
