import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SortedIds } from './sorted-ids.ts';

describe('sorted ids', () => {
  test('are the ids of the set in order, whatever came and went between', () => {
    const step = fc.oneof(
      fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e'), add: fc.boolean() }),
      fc.constantFrom('list' as const, 'clear' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ids = new Set<string>();
        const sorted = new SortedIds(ids);
        for (const one of steps) {
          if (one === 'list') expect(sorted.list()).toEqual([...ids].sort());
          else if (one === 'clear') {
            ids.clear();
            sorted.cleared();
          } else if (one.add !== ids.has(one.id)) {
            if (one.add) ids.add(one.id);
            else ids.delete(one.id);
            sorted.changed(one.id);
          }
        }
        expect(sorted.list()).toEqual([...ids].sort());
      }),
      { numRuns: 1_000 },
    );
  });

  test('a list that was handed out stays as it was', () => {
    const ids = new Set(['b']);
    const sorted = new SortedIds(ids);
    const before = sorted.list();
    ids.add('a');
    sorted.changed('a');
    expect(sorted.list()).toEqual(['a', 'b']);
    expect(before).toEqual(['b']);
  });
});
