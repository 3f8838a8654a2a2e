import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FlexibleReader, FlexibleWriter } from './flexible.ts';

const bodyOf = (writer: FlexibleWriter): Buffer => (writer.finish() as unknown as { buffer: Buffer }).buffer;

describe('flexible encoding', () => {
  test('writes what the protocol guide shows', () => {
    // Header tags, then the compact string "ab" (length 3 = 2 + 1), null, an array of one int16, no tags.
    const body = bodyOf(
      new FlexibleWriter(1)
        .string('ab')
        .string(null)
        .array([5], () => undefined),
    );
    expect([...body]).toEqual([0, 3, 0x61, 0x62, 0, 2]);
    expect([...bodyOf(new FlexibleWriter().varint(300))]).toEqual([0, 0xac, 0x02]);
  });

  test('reads back what it wrote', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            name: fc.option(fc.string({ unit: 'grapheme' })),
            number: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
          }),
        ),
        fc.integer({ min: 0, max: 0x7fffffff }),
        (items, varint) => {
          const writer = new FlexibleWriter(1);
          writer.array(items, ({ name, number }) => {
            writer.string(name).int64(number).tags();
          });
          const reader = new FlexibleReader(bodyOf(writer.varint(varint)));
          const read = reader.array(() => {
            const item = { name: reader.string(), number: reader.int64() };
            reader.tags();
            return item;
          });
          expect(read).toEqual(items);
          expect(reader.varint()).toBe(varint);
        },
      ),
    );
  });

  test('passes over tagged fields that nobody asked for', () => {
    const reader = new FlexibleReader(Buffer.from([0, 2, 0, 1, 9, 7, 2, 8, 8, 0, 42]));
    const seen: number[] = [];
    reader.tags((tag) => {
      seen.push(tag);
    });
    expect(seen).toEqual([0, 7]);
    expect(reader.int16()).toBe(42);
  });
});
