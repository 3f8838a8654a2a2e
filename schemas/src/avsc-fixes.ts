/**
 * A fault of avsc 5.7 mended in place: arrays and maps are read by the count that the bytes claim, whatever is left of
 * them, so a record of 20 bytes can claim a billion items and take all memory and time there is. Here every item must
 * take bytes of its own, as all of our schemas' items do. The version is pinned exactly and a test covers it.
 */
import avro from 'avsc';

/** avsc's cursor; reads beyond the end give `undefined` and move on. */
interface Tap {
  readonly buf: Uint8Array;
  pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
}

interface Readable {
  _read(tap: Tap): unknown;
}

const arrays = prototypeOf<{ itemsType: Readable }>(avro.types.ArrayType);
const maps = prototypeOf<{ valuesType: Readable }>(avro.types.MapType);

arrays._read = function readArray(tap) {
  const { itemsType } = this;
  let items: unknown[] | undefined;
  let at = 0;
  for (let left = blockCount(tap); left !== 0; left = blockCount(tap)) {
    items ??= new Array(left);
    for (; left > 0; left--) {
      const before = tap.pos;
      items[at++] = itemsType._read(tap);
      checkAdvance(tap, before);
    }
  }
  return items ?? [];
};

maps._read = function readMap(tap) {
  const { valuesType } = this;
  const values: Record<string, unknown> = {};
  for (let left = blockCount(tap); left !== 0; left = blockCount(tap)) {
    for (; left > 0; left--) {
      const before = tap.pos;
      const key = tap.readString();
      values[key] = valuesType._read(tap);
      checkAdvance(tap, before);
    }
  }
  return values;
};

/** Items of the next block: a negative count is followed by the block's size (Avro specification, binary encoding). */
function blockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  if (count > tap.buf.length - tap.pos) throw new RangeError(`${count} items claimed by fewer bytes`);
  return count;
}

/** A text of negative length moves the cursor back, by which a block could be read for ever. */
function checkAdvance(tap: Tap, before: number): void {
  if (tap.pos <= before || tap.pos > tap.buf.length) throw new RangeError('truncated buffer');
}

/** avsc's declarations leave out what its classes do inside. */
function prototypeOf<T>(type: unknown): { _read(this: T, tap: Tap): unknown } {
  return (type as { prototype: { _read(this: T, tap: Tap): unknown } }).prototype;
}
