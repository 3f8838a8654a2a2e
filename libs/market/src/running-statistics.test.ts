import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RunningStatistics } from './running-statistics.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 50 });
const of = (numbers: readonly number[]): RunningStatistics => {
  const statistics = new RunningStatistics();
  for (const number of numbers) statistics.add(number);
  return statistics;
};

describe('RunningStatistics', () => {
  test('agrees with the two-pass formula', () => {
    fc.assert(
      fc.property(values, (numbers) => {
        const statistics = of(numbers);
        if (numbers.length < 2) return expect(statistics.variance).toBeNull();
        const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
        const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1);
        expect(Math.abs(statistics.mean - mean)).toBeLessThan(1e-6);
        expect(Math.abs((statistics.variance ?? 0) - variance)).toBeLessThanOrEqual(1e-9 * (1 + variance));
      }),
    );
  });

  test('keeps the digits of small differences between large numbers', () => {
    expect(of([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]).variance).toBe(30);
  });

  test('merging is adding', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const merged = of(a);
        merged.merge(of(b));
        const whole = of([...a, ...b]);
        expect(merged.count).toBe(whole.count);
        expect(Math.abs(merged.mean - whole.mean)).toBeLessThan(1e-6);
        expect(Math.abs((merged.standardDeviation ?? 0) - (whole.standardDeviation ?? 0))).toBeLessThan(1e-4);
      }),
    );
  });
});
