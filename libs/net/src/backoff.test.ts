import { expect, test } from '@jest/globals';
import { backoffMs } from './backoff.ts';

test('doubles from 500 ms up to 30 s, with full jitter', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 100, 5000].map((failures) => backoffMs(failures, () => 0.99999));
  expect(ceilings).toEqual([499, 999, 1999, 3999, 7999, 15_999, 29_999, 29_999, 29_999, 29_999]);
  expect(backoffMs(9, () => 0)).toBe(0);
  expect(backoffMs(9, () => 0.5)).toBe(15_000);
});
