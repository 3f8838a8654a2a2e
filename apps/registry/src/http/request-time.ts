import { parseTimeUs } from '@alphapulse/core';
import { requestError } from './problem.ts';

/**
 * A point in time from a request, in microseconds. @throws RejectedRecordError `request_invalid`, naming the field.
 */
export function requestTime(text: string, path = 'asOf'): number {
  try {
    // In a query string an unescaped + is a space.
    return parseTimeUs(text.replace(' ', '+'), path);
  } catch (error) {
    throw requestError('request_invalid', path, (error as Error).message);
  }
}
