import type { AnyTopic, ErrorCode } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';
import type { Kafka } from './kafka.ts';

/** A value that no reader of the topic can decode, and the code that its dead letter must have. */
export interface Poison {
  readonly name: string;
  readonly value: Buffer | null;
  readonly code: ErrorCode;
}

/** A dead letter's headers, by their names without the prefix. */
export interface DeadLetterFacts {
  readonly stage: string;
  readonly code: string;
  readonly reason: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const mark = 'scenario.poison';

/** What can be wrong with the bytes of a record, for a topic of which `good` is a whole value as it stands in the log. */
export function poisonFor(good: Buffer): readonly Poison[] {
  const prefix = good.subarray(0, 5);
  const undecodable = (name: string, value: Buffer | null): Poison => ({ name, value, code: 'record_undecodable' });
  const unknown = (name: string, id: number): Poison => {
    const framed = Buffer.from(good);
    framed.writeInt32BE(id, 1);
    return { name, value: framed, code: 'schema_unknown' };
  };
  return [
    undecodable('no value', null),
    undecodable('empty', Buffer.alloc(0)),
    undecodable('three bytes', Buffer.alloc(3)),
    undecodable('text', Buffer.from('not in the wire format')),
    undecodable('another magic byte', Buffer.concat([Buffer.from([1]), good.subarray(1)])),
    unknown('schema id that was never given', 0x7fff_fff0),
    unknown('schema id zero', 0),
    unknown('negative schema id', -1),
    undecodable('prefix alone', prefix),
    undecodable('cut in half', good.subarray(0, Math.floor(good.length / 2))),
    undecodable('last byte missing', good.subarray(0, good.length - 1)),
    undecodable('bytes left over', Buffer.concat([good, Buffer.from([0])])),
    undecodable('numbers without an end', Buffer.concat([prefix, Buffer.alloc(64, 0xff)])),
  ];
}

/** A value whose array claims a billion items, from two that differ in nothing but whether the array has one. */
export function endlessArray(withNone: Buffer, withOne: Buffer): Poison {
  const at = withNone.findIndex((byte, n) => byte !== withOne[n]);
  // 2 ** 30 as Avro writes a long.
  const billion = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08]);
  const value = Buffer.concat([withNone.subarray(0, at), billion, Buffer.alloc(64)]);
  return { name: 'array that claims a billion items', value, code: 'record_undecodable' };
}

/** Appends every poison to every partition of the topic, marked so that it is known again. */
export async function appendPoison(
  kafka: Kafka,
  topic: AnyTopic,
  poisons: readonly Poison[],
  key: string,
  timestampMs: number,
): Promise<void> {
  for (const partition of await kafka.reader.partitions(topic.name)) {
    for (const { name, value } of poisons) sendMarked(kafka, topic, name, key, value, timestampMs, partition);
  }
  await kafka.producer.flush();
}

/** Queues one record that is known again by its name. */
export function sendMarked(
  kafka: Kafka,
  topic: AnyTopic,
  name: string,
  key: string,
  value: Buffer | null,
  timestampMs: number,
  partition?: number,
): void {
  const headers = [{ key: mark, value: Buffer.from(name) }];
  kafka.producer.send(topic.name, key, null, value, timestampMs, headers, partition);
}

/** The name that a record was marked with; undefined for all others. */
export function markOf({ headers }: LogRecord): string | undefined {
  return headers[mark]?.toString();
}

/** What a dead letter says of itself. */
export function deadLetterFacts({ headers }: LogRecord): DeadLetterFacts {
  const text = (name: string) => headers[`alphapulse.${name}`]?.toString() ?? '';
  return {
    stage: text('stage'),
    code: text('code'),
    reason: text('reason'),
    topic: text('topic'),
    partition: Number(text('partition')),
    offset: Number(text('offset')),
  };
}
