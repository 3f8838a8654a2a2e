import { RejectedRecordError } from '@alphapulse/core';

/**
 * A time in seconds since the epoch as the v1 feed (`"1618678163.327760"`) and REST (`1762795433.9717445`) write it,
 * in whole microseconds; further digits are cut. Read as text: the double of it has no room for them.
 * @throws RejectedRecordError `event_time_invalid`
 */
export function secondsToTimeUs(value: unknown, field = 'time'): number {
  const match = /^(\d{1,11})(?:\.(\d{1,12}))?$/.exec(String(value));
  if (!match || (typeof value !== 'string' && typeof value !== 'number')) {
    throw new RejectedRecordError('event_time_invalid', `${field} is not a time in seconds`, { details: { field } });
  }
  return Number(match[1]) * 1_000_000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6));
}
