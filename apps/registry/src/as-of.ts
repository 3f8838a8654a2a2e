import { RejectedRecordError } from '@alphapulse/core';

const iso = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A point in time from a request, in microseconds: a whole number of them since the Unix epoch, or ISO 8601 with a
 * zone (a bare date is its start in UTC). @throws RejectedRecordError `request_invalid` for anything else.
 */
export function parseAsOf(text: string): number {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  // In a query string an unescaped + is a space.
  const date = text.replace(' ', '+');
  const ms = iso.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RejectedRecordError(
      'request_invalid',
      'asOf: give microseconds since the Unix epoch, or ISO 8601 such as 2026-03-27T12:00:00Z',
    );
  // Date keeps milliseconds; the digits after them count too.
  const micros = /\.\d{3}(\d{1,3})/.exec(date)?.[1]?.padEnd(3, '0');
  return ms * 1_000 + Number(micros ?? 0);
}
