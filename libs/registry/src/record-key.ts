/**
 * Keys on registry topics. Each survives compaction by itself, so that no history is lost to it:
 *
 *     <id>                                      the newest version of an entity
 *     <id>@<validFrom µs>                       a version that has ended
 *     <id>@<validFrom µs>~<recordedTime µs>     a superseded belief: what was believed before a correction
 *
 * A consumer that only wants the present skips keys with an `@`.
 */
export interface RecordKey {
  readonly id: string;
  /** Absent for the newest version. */
  readonly validFromUs?: number;
  /** Present for superseded beliefs only. */
  readonly recordedTimeUs?: number;
}

export function versionKey(id: string, validFromUs: number): string {
  return `${id}@${validFromUs}`;
}

export function supersededKey(id: string, validFromUs: number, recordedTimeUs: number): string {
  return `${id}@${validFromUs}~${recordedTimeUs}`;
}

const pattern = /^([0-9a-f]{1,64})(?:@(\d{1,16})(?:~(\d{1,16}))?)?$/;

/** Splits a key. Undefined for anything that is no such key. */
export function parseRecordKey(key: string): RecordKey | undefined {
  const match = pattern.exec(key);
  if (!match?.[1]) return undefined;
  const [, id, validFrom, recordedTime] = match;
  if (validFrom === undefined) return { id };
  return recordedTime === undefined
    ? { id, validFromUs: Number(validFrom) }
    : { id, validFromUs: Number(validFrom), recordedTimeUs: Number(recordedTime) };
}
