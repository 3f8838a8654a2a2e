const arrayHeader = 0xdd;
const stringHeader = 0xdb;
const headerBytes = 5;

/**
 * An array of strings as MessagePack, which Redis unpacks in one go (`cmsgpack.unpack`): one argument instead of many
 * thousand, each of which costs the driver several times as much as its bytes.
 * Format: array 32 of str 32 (https://github.com/msgpack/msgpack/blob/master/spec.md).
 */
export function packStrings(strings: readonly string[]): Buffer {
  let room = headerBytes;
  // UTF-8 takes at most three bytes for each UTF-16 unit.
  for (const string of strings) room += headerBytes + string.length * 3;
  const buffer = Buffer.allocUnsafe(room);
  buffer[0] = arrayHeader;
  buffer.writeUInt32BE(strings.length, 1);
  let at = headerBytes;
  for (const string of strings) {
    const bytes = buffer.write(string, at + headerBytes, 'utf8');
    buffer[at] = stringHeader;
    buffer.writeUInt32BE(bytes, at + 1);
    at += headerBytes + bytes;
  }
  return buffer.subarray(0, at);
}
