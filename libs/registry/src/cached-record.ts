import { RejectedRecordError } from '@alphapulse/core';
import type { CachedRecord } from './cache-reader.ts';
import type { Change } from './decode.ts';
import { type Kind, topicOf } from './kinds.ts';
import { parseRecordKey } from './record-key.ts';

interface FieldSchema {
  readonly name: string;
  readonly default?: unknown;
}

const fieldsOf = (kind: Kind): readonly FieldSchema[] =>
  (topicOf[kind].value.schema as { readonly fields: readonly FieldSchema[] }).fields;

/**
 * A record of the cache as the change that put it there. What has been written before a field was added gets the
 * field's default, as it does when it is read from the topic.
 * @throws RejectedRecordError `record_undecodable` for what is no such record.
 */
export function cachedChange(kind: Kind, { key, json }: CachedRecord): Change {
  const value = parse(kind, key, json);
  // An id can have been claimed by several identities: collisions are kept by both.
  const recordKey = kind === 'collisions' ? (key.split(' ')[0] ?? '') : key;
  if (value === null || value.id !== parseRecordKey(recordKey)?.id)
    throw refusal(kind, key, 'holds another entity’s record');
  for (const field of fieldsOf(kind)) {
    if (value[field.name] !== undefined) continue;
    if (field.default === undefined) throw refusal(kind, key, `has no ${field.name}`);
    value[field.name] = field.default;
  }
  return { kind, key: recordKey, value, offset: -1 } as unknown as Change;
}

function parse(kind: Kind, key: string, json: string): Record<string, unknown> | null {
  try {
    return JSON.parse(json) as Record<string, unknown> | null;
  } catch (cause) {
    throw refusal(kind, key, 'not JSON', cause);
  }
}

function refusal(kind: Kind, key: string, why: string, cause?: unknown): RejectedRecordError {
  return new RejectedRecordError('record_undecodable', `cached ${kind} ${key.slice(0, 100)}: ${why}`, { cause });
}
