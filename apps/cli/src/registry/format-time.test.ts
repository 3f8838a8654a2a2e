import { parseTimeUs } from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatEnd, formatStart, formatTimeUs } from './format-time.ts';

describe('times for people', () => {
  test.each([
    [1_772_323_200_000_000, '2026-03-01T00:00:00Z'],
    [1_772_323_200_500_000, '2026-03-01T00:00:00.5Z'],
    [1_772_323_200_000_001, '2026-03-01T00:00:00.000001Z'],
    [9_007_199_254_740_991, '2255-06-05T23:47:34.740991Z'],
  ])('%d is %s', (us, text) => {
    expect(formatTimeUs(us)).toBe(text);
  });

  test('what is printed is what was meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (us) => {
        expect(parseTimeUs(formatTimeUs(us), 'time')).toBe(us);
      }),
    );
  });

  test('validity without bounds is said so', () => {
    expect([formatStart(0), formatEnd(null)]).toEqual(['since ever', 'open']);
  });
});
