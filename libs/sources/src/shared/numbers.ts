import { RejectedRecordError } from '@alphapulse/core';

/**
 * A venue's number, sent as JSON string or number, as a double.
 * @throws RejectedRecordError `number_not_finite` for NaN, infinities, 1e309, or text that is no number;
 *   `frame_malformed` when it is neither string nor number.
 */
export function toNumber(value: unknown, field: string): number {
  if (typeof value === 'string') {
    const number = Number(value);
    // Number() also takes '', ' 1' and '0x10', which a venue never means.
    if (Number.isFinite(number) && value.charCodeAt(0) > 32 && !(value.charCodeAt(1) > 57 && isRadix(value)))
      return number;
  } else if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
  } else throw malformed(field, 'a number', value);
  throw new RejectedRecordError('number_not_finite', `${field} is not a finite number: ${shown(value)}`, {
    details: { field },
  });
}

/**
 * A venue's id or sequence number that must survive as a double.
 * @throws RejectedRecordError `frame_malformed` when it is no whole number from 0 to 2^53 − 1: JSON has already
 *   rounded a larger one, so it would name another trade.
 */
export function toId(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(field, 'a whole number below 2^53', value);
}

/** Milliseconds since the epoch, as venues send them (fractions allowed), in whole microseconds. */
export function toTimeUs(ms: unknown, field = 'time'): number {
  if (typeof ms === 'number' && Number.isFinite(ms)) {
    const us = Math.round(ms * 1000);
    if (Number.isSafeInteger(us)) return us;
  }
  throw new RejectedRecordError('event_time_invalid', `${field} is not a time in milliseconds: ${shown(ms)}`, {
    details: { field },
  });
}

/** An RFC 3339 time with up to nanoseconds, as Kraken and Coinbase send it, in whole microseconds (further digits cut). */
export function isoToTimeUs(text: unknown, field = 'time'): number {
  const match = typeof text === 'string' ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) : null;
  const seconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  if (Number.isNaN(seconds)) {
    throw new RejectedRecordError('event_time_invalid', `${field} is not an RFC 3339 time: ${shown(text)}`, {
      details: { field },
    });
  }
  return seconds * 1000 + Number((match?.[2] ?? '').padEnd(6, '0').slice(0, 6));
}

/** A rejection of a field that does not have the documented shape; the value is shown, cut short. */
export function malformed(field: string, expected: string, value: unknown): RejectedRecordError {
  return new RejectedRecordError('frame_malformed', `${field} must be ${expected}: ${shown(value)}`, {
    details: { field },
  });
}

/** True for hexadecimal, octal and binary notation, which JSON numbers do not have. */
function isRadix(text: string): boolean {
  return /^0[xob]/i.test(text);
}

/** A hostile value must not become a hostile log line. */
function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'object') return value === null ? 'null' : Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
