import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MultiIndex } from './multi-index.ts';

describe('multi index', () => {
  test('holds each value of a key once, as a map of sets would', () => {
    const values = [{ name: 'x' }, { name: 'y' }, { name: 'z' }] as const;
    const step = fc.record({ key: fc.constantFrom('k', 'l'), value: fc.constantFrom(...values), add: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const index = new MultiIndex<{ readonly name: string }>();
        const model = new Map([
          ['k', new Set<object>()],
          ['l', new Set<object>()],
        ]);
        for (const { key, value, add } of steps) {
          if (add) index.add(key, value);
          else index.delete(key, value);
          if (add) model.get(key)?.add(value);
          else model.get(key)?.delete(value);
        }
        for (const [key, held] of model) expect(new Set(index.get(key))).toEqual(held);
        for (const [key, held] of model) expect(index.get(key)).toHaveLength(held.size);
        index.clear();
        expect(index.get('k')).toEqual([]);
      }),
    );
  });
});
