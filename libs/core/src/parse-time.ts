import { RejectedRecordError } from './errors.ts';

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A point in time as people and programs write it, in microseconds: a whole number of them since the Unix epoch, or
 * ISO 8601 with a zone (a bare date is its start in UTC). Digits after the microsecond are dropped.
 * @throws RejectedRecordError `request_invalid`, naming `field`, for anything else.
 */
export function parseTimeUs(text: string, field: string): number {
  const us = /^\d{1,16}$/.test(text) ? Number(text) : isoUs(text);
  if (!Number.isSafeInteger(us) || us < 0)
    throw new RejectedRecordError(
      'request_invalid',
      `${field}: give microseconds since the Unix epoch, or ISO 8601 such as 2026-03-27T12:00:00Z`,
    );
  return us;
}

function isoUs(text: string): number {
  const ms = iso.test(text) ? Date.parse(text) : Number.NaN;
  // Date keeps milliseconds; the digits after them count too.
  const micros = /\.\d{3}(\d{1,3})/.exec(text)?.[1]?.padEnd(3, '0');
  return ms * 1_000 + Number(micros ?? 0);
}
