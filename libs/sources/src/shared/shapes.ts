import { malformed } from './numbers.ts';

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws RejectedRecordError `frame_malformed` */
export function toObject(value: unknown, field: string): JsonObject {
  if (!isObject(value)) throw malformed(field, 'an object', value);
  return value;
}

/** @throws RejectedRecordError `frame_malformed` */
export function toArray(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(field, 'an array', value);
  return value;
}

/** A text that is not empty and no longer than 256 characters. @throws RejectedRecordError `frame_malformed` */
export function toText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 256) throw malformed(field, 'a short text', value);
  return value;
}

/** @throws RejectedRecordError `frame_malformed` */
export function toBoolean(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw malformed(field, 'true or false', value);
  return value;
}
