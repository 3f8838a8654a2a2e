import { expect, test } from '@jest/globals';
import { rateLimitResetMs, retryAfterMs } from './retry-after.ts';

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0);

test.each<[string | undefined, string | undefined, number | undefined]>([
  [undefined, undefined, undefined],
  ['', undefined, undefined],
  ['soon', undefined, undefined],
  ['-5', undefined, undefined],
  ['0', undefined, 0],
  ['120', undefined, 120_000],
  ['1.5', undefined, 1500],
  [' 7 ', undefined, 7000],
  // A ban of three days is asked about again after an hour.
  ['259200', undefined, 3_600_000],
  ['99999999999999999999', undefined, 3_600_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', undefined, 30_000],
  ['Thu, 01 Jan 2026 11:00:00 GMT', undefined, 0],
  // The venue's clock is an hour behind ours.
  ['Thu, 01 Jan 2026 11:00:30 GMT', 'Thu, 01 Jan 2026 11:00:00 GMT', 30_000],
  ['Thu, 01 Jan 2026 12:00:30 GMT', 'no date', 30_000],
])('%j with Date %j is %j ms', (header, date, expected) => {
  expect(retryAfterMs(header, date, nowMs)).toBe(expected);
});

test.each<[string | undefined, string | undefined, number | undefined]>([
  [undefined, undefined, undefined],
  ['0', '17', 17_000],
  [undefined, '0.5', 500],
  // There is quota left: whatever the refusal is about, it is not this one.
  ['3', '17', undefined],
  // A point in time rather than seconds, as some send it.
  ['0', '1767268800', undefined],
  ['0', 'soon', undefined],
  ['0', '-1', undefined],
])('RateLimit-Remaining %j with RateLimit-Reset %j is %j ms', (remaining, reset, expected) => {
  expect(rateLimitResetMs(remaining, reset)).toBe(expected);
});
