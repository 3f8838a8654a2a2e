import { expect, test } from '@jest/globals';
import { printable } from './printable.ts';

test('what does not print becomes a dot, and the text is cut', () => {
  expect(printable(Buffer.from([0, 0, 0, 0, 7, 0x41, 0x42, 0xff, 0xfe, 0x43]))).toBe('·AB·C');
  expect(printable('a\n\t b\u202Eevil\u0000\uD800')).toBe('a b·evil·');
  expect(printable('x'.repeat(300))).toBe(`${'x'.repeat(240)}…`);
  expect(printable(Buffer.alloc(10_000_000, 0x61))).toHaveLength(241);
});
