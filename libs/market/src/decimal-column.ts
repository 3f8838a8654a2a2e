import type { ByteReader, ByteWriter } from './bytes.ts';

const RAW = 255;
const MAX_DECIMALS = 15;

/**
 * Writes doubles that are decimals of a common scale, as prices on ticks and sizes on lots are, as whole numbers:
 * two to five bytes a value instead of eight. Values of no such scale are written as they are; nothing is rounded.
 * `sorted` columns are written as differences, which are small.
 */
export function writeDecimals(writer: ByteWriter, values: Float64Array, sorted: 'up' | 'down' | 'no'): void {
  writer.varint(values.length);
  const decimals = scaleOf(values);
  writer.byte(decimals);
  if (decimals === RAW) {
    for (const value of values) writer.double(value);
    return;
  }
  const scale = 10 ** decimals;
  let previous = 0;
  values.forEach((value, at) => {
    const whole = Math.round(value * scale);
    if (sorted === 'no' || at === 0) writer.varint(whole);
    else writer.varint(sorted === 'up' ? whole - previous : previous - whole);
    previous = whole;
  });
}

export function readDecimals(reader: ByteReader, sorted: 'up' | 'down' | 'no'): Float64Array {
  const values = new Float64Array(reader.varint());
  const decimals = reader.byte();
  const scale = 10 ** decimals;
  let whole = 0;
  for (let at = 0; at < values.length; at++) {
    if (decimals === RAW) {
      values[at] = reader.double();
      continue;
    }
    const next = reader.varint();
    if (sorted === 'no' || at === 0) whole = next;
    else whole = sorted === 'up' ? whole + next : whole - next;
    values[at] = whole / scale;
  }
  return values;
}

/** The least number of decimals at which every value is a safe whole number and comes back exactly; RAW if none. */
function scaleOf(values: Float64Array): number {
  let decimals = 0;
  for (const value of values) {
    while (!isExact(value, 10 ** decimals)) if (++decimals > MAX_DECIMALS) return RAW;
  }
  // A later value's scale may be too fine for an earlier, larger one.
  const scale = 10 ** decimals;
  return values.every((value) => isExact(value, scale)) ? decimals : RAW;
}

function isExact(value: number, scale: number): boolean {
  const whole = Math.round(value * scale);
  return whole >= 0 && whole <= Number.MAX_SAFE_INTEGER && whole / scale === value;
}
