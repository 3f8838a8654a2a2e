import { type AnyTopic, RejectedRecordError } from '@alphapulse/core';
import type { RecordHeader, SchemaIds } from '@alphapulse/kafka';

/** The bytes a topic would have held for a value; `fallback` when the value does not fit the topic's schema. */
export function encodeOr(fallback: Buffer | null, schemas: SchemaIds, topic: AnyTopic, value: unknown): Buffer | null {
  try {
    const bytes = topic.value.encode(value);
    const prefix = schemas.prefix(topic);
    return prefix ? Buffer.concat([prefix, bytes]) : bytes;
  } catch (error) {
    // A value that does not fit even the cut topic's schema: the chain's own input tells more than nothing.
    if (error instanceof RejectedRecordError) return fallback;
    throw error;
  }
}

/** What a dead letter's headers tell: which stage refused it, why, and where its input stands. */
export function deadLetterHeaders(
  stage: string,
  code: string,
  reason: string,
  input: { readonly topic: { readonly name: string }; readonly partition: number; readonly offset: number },
): RecordHeader[] {
  const header = (key: string, value: string): RecordHeader => ({ key, value: Buffer.from(value) });
  return [
    header('alphapulse.stage', stage),
    header('alphapulse.code', code),
    header('alphapulse.reason', reason.slice(0, 1_000)),
    header('alphapulse.topic', input.topic.name),
    header('alphapulse.partition', String(input.partition)),
    header('alphapulse.offset', String(input.offset)),
  ];
}
