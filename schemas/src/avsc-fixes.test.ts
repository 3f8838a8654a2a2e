import { describe, expect, test } from '@jest/globals';
import avro from 'avsc';
import { avroCodec } from './codec.ts';

interface Probe {
  texts: string[];
  counts: Record<string, number>;
}

const codec = avroCodec<Probe>({
  type: 'record',
  name: 'Probe',
  doc: 'An array and a map.',
  fields: [
    { name: 'texts', doc: 'An array.', type: { type: 'array', items: 'string' } },
    { name: 'counts', doc: 'A map.', type: { type: 'map', values: 'long' } },
  ],
});
const long = avro.Type.forSchema('long');
const bytes = (...values: number[]) => Buffer.concat(values.map((value) => long.toBuffer(value)));

describe('reading arrays and maps', () => {
  test('gives what was written', () => {
    const value = { texts: ['a', '', 'ß'], counts: { x: 1, y: -2 } };
    expect(codec.decode(codec.encode(value))).toEqual(value);
    expect(codec.decode(codec.encode({ texts: [], counts: {} }))).toEqual({ texts: [], counts: {} });
  });

  test('reads blocks that state their size', () => {
    // Two blocks of texts, each with a negative count and its bytes, then one block of counts likewise.
    const text = Buffer.from([2, 0x61]);
    const framed = Buffer.concat([bytes(-1, 2), text, bytes(-1, 2), text, bytes(0), bytes(-1, 3), text, bytes(7, 0)]);
    expect(codec.decode(framed)).toEqual({ texts: ['a', 'a'], counts: { a: 7 } });
  });

  test.each([
    ['an array claims a billion items', bytes(2 ** 30)],
    ['a block with its size claims a billion items', bytes(-(2 ** 30), 4)],
    ['a map claims a billion items', bytes(0, 2 ** 30)],
    ['a text of negative length leads back to the block', Buffer.concat([bytes(1, -2), Buffer.alloc(4)])],
    ['an array ends in the middle of an item', Buffer.concat([bytes(1, 4), Buffer.from('ab')])],
  ])('rejects at once: %s', (_, hostile) => {
    expect(() => codec.decode(hostile)).toThrow(expect.objectContaining({ code: 'record_undecodable' }));
  });
});
