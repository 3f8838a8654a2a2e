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
  const refuse = (why: string, cause?: unknown) =>
    new RejectedRecordError('record_undecodable', `cached ${kind} ${key.slice(0, 100)}: ${why}`, { cause });
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(json) as Record<string, unknown>;
  } catch (cause) {
    throw refuse('not JSON', cause);
  }
  // An id can have been claimed by several identities: collisions are kept by both.
  const parsed = parseRecordKey(kind === 'collisions' ? (key.split(' ')[0] ?? '') : key);
  if (typeof value !== 'object' || value === null || parsed === undefined || value.id !== parsed.id)
    throw refuse('holds another entity’s record');
  for (const field of fieldsOf(kind)) {
    if (value[field.name] !== undefined) continue;
    if (field.default === undefined) throw refuse(`has no ${field.name}`);
    value[field.name] = field.default;
  }
  return { kind, key: kind === 'collisions' ? parsed.id : key, value, offset: -1 } as unknown as Change;
}
