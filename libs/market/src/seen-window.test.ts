import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SeenWindow } from './seen-window.ts';

describe('SeenWindow', () => {
  test('takes each number once; those before the first count as seen', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1, maxLength: 200 }), (ids) => {
        const window = new SeenWindow();
        const seen = new Set<number>();
        const first = ids[0] as number;
        for (const id of ids) {
          expect(window.take(id)).toBe(id >= first && !seen.has(id));
          seen.add(id);
        }
      }),
    );
  });

  test('goes on alike from its saved state', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40)), fc.array(fc.nat(60)), (before, after) => {
        const window = new SeenWindow();
        for (const id of before) window.take(id);
        const loaded = SeenWindow.fromJSON(JSON.parse(JSON.stringify(window)));
        for (const id of after) expect(loaded.take(id)).toBe(window.take(id));
      }),
    );
  });

  test('forgets the oldest skipped ranges beyond its limit', () => {
    const window = new SeenWindow(2);
    for (const id of [0, 2, 4, 6]) expect(window.take(id)).toBe(true);
    expect(window.take(1)).toBe(false);
    expect(window.take(3)).toBe(true);
    expect(window.take(5)).toBe(true);
  });
});
