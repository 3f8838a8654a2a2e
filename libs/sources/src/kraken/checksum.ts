import { crc32 } from 'node:zlib';

/**
 * Kraken's book checksum: CRC32 (IEEE) over the ten best asks from low to high, then the ten best bids from high to
 * low, each level as its price digits followed by its size digits.
 * @see https://docs.kraken.com/api/docs/guides/spot-ws-book-v2
 */
export const CHECKSUM_LEVELS = 10;

/** A level's part of the checksummed text: `63004.9`, `0.01876947` → `6300491876947`. */
export function levelDigits(price: string, size: string): string {
  return digits(price) + digits(size);
}

/** CRC32 of the levels' digits, joined in the documented order, as an unsigned 32-bit number. */
export function checksumOf(joinedDigits: string): number {
  return crc32(joinedDigits);
}

/** Without the decimal point and without leading zeros. */
function digits(decimal: string): string {
  const point = decimal.indexOf('.');
  const all = point < 0 ? decimal : decimal.slice(0, point) + decimal.slice(point + 1);
  let at = 0;
  while (all.charCodeAt(at) === 0x30) at++;
  return at === 0 ? all : all.slice(at);
}
