import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MinHeap } from './min-heap.ts';

describe('MinHeap', () => {
  test('pops what a sorted list would give', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { nil: 'pop' as const })), (steps) => {
        const heap = new MinHeap<number>((a, b) => a < b);
        let sorted: number[] = [];
        for (const step of steps) {
          if (step === 'pop') expect(heap.pop()).toBe(sorted.shift());
          else {
            heap.push(step);
            sorted = [...sorted, step].sort((a, b) => a - b);
          }
          expect(heap.peek()).toBe(sorted[0]);
          expect(heap.size).toBe(sorted.length);
        }
        expect([...heap.values()].sort((a, b) => a - b)).toEqual(sorted);
      }),
    );
  });
});
