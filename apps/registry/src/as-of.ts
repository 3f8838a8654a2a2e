import { parseTimeUs } from '@alphapulse/core';

/** A point in time from a request, in microseconds. @throws RejectedRecordError `request_invalid`, naming the field. */
export function parseAsOf(text: string, field = 'asOf'): number {
  // In a query string an unescaped + is a space.
  return parseTimeUs(text.replace(' ', '+'), field);
}
