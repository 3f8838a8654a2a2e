import { crc32c } from './crc32c.ts';

/**
 * Builds one record batch, format v2 (magic 2), written straight into one growing buffer.
 *
 *   baseOffset i64 | batchLength i32 | partitionLeaderEpoch i32 | magic i8 | crc u32 | attributes i16 |
 *   lastOffsetDelta i32 | baseTimestamp i64 | maxTimestamp i64 | producerId i64 | producerEpoch i16 |
 *   baseSequence i32 | count i32 | records…
 *   record: length varint | attributes i8 | timestampDelta varlong | offsetDelta varint |
 *           key varint-bytes | value varint-bytes | headers varint-array
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */
export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer;
}

const headerSize = 61;
const transactionalBit = 0x10;

export class RecordBatchBuilder {
  count = 0;
  #buffer: Buffer;
  #at = headerSize;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(initialBytes = 16_384) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes so far, header included. */
  get bytes(): number {
    return this.#at;
  }

  /** Appends a record; `prefix` goes before the value (the wire format's schema id), null value is a tombstone. */
  append(
    key: Buffer | null,
    prefix: Buffer | null,
    value: Buffer | null,
    timestampMs: number,
    headers?: readonly RecordHeader[],
  ): void {
    if (this.count === 0) this.#baseTimestamp = this.#maxTimestamp = timestampMs;
    else if (timestampMs > this.#maxTimestamp) this.#maxTimestamp = timestampMs;
    const timestampDelta = timestampMs - this.#baseTimestamp;
    const keyBytes = key === null ? -1 : key.length;
    const prefixBytes = prefix === null || value === null ? 0 : prefix.length;
    const valueBytes = value === null ? -1 : value.length + prefixBytes;
    let size =
      1 +
      varintSize(timestampDelta) +
      varintSize(this.count) +
      varintSize(keyBytes) +
      Math.max(keyBytes, 0) +
      varintSize(valueBytes) +
      Math.max(valueBytes, 0);
    size += varintSize(headers?.length ?? 0);
    if (headers) for (const header of headers) size += headerBytes(header);
    this.#reserve(size + 5);
    const buffer = this.#buffer;
    let at = writeVarint(buffer, this.#at, size);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, timestampDelta);
    at = writeVarint(buffer, at, this.count);
    at = writeVarint(buffer, at, keyBytes);
    if (key !== null) at += key.copy(buffer, at);
    at = writeVarint(buffer, at, valueBytes);
    if (value !== null) {
      if (prefix !== null) at += prefix.copy(buffer, at);
      at += value.copy(buffer, at);
    }
    at = writeVarint(buffer, at, headers?.length ?? 0);
    if (headers) {
      for (const header of headers) {
        const name = Buffer.from(header.key);
        at = writeVarint(buffer, at, name.length);
        at += name.copy(buffer, at);
        at = writeVarint(buffer, at, header.value.length);
        at += header.value.copy(buffer, at);
      }
    }
    this.#at = at;
    this.count++;
  }

  /** The finished batch. The builder must not be appended to afterwards. */
  finish(producer: {
    producerId: bigint;
    producerEpoch: number;
    baseSequence: number;
    transactional: boolean;
  }): Buffer {
    const buffer = this.#buffer;
    buffer.writeBigInt64BE(0n, 0);
    buffer.writeInt32BE(this.#at - 12, 8);
    buffer.writeInt32BE(-1, 12);
    buffer[16] = 2;
    buffer.writeInt16BE(producer.transactional ? transactionalBit : 0, 21);
    buffer.writeInt32BE(this.count - 1, 23);
    buffer.writeBigInt64BE(BigInt(this.#baseTimestamp), 27);
    buffer.writeBigInt64BE(BigInt(this.#maxTimestamp), 35);
    buffer.writeBigInt64BE(producer.producerId, 43);
    buffer.writeInt16BE(producer.producerEpoch, 51);
    buffer.writeInt32BE(producer.baseSequence, 53);
    buffer.writeInt32BE(this.count, 57);
    buffer.writeUInt32BE(crc32c(buffer, 21, this.#at), 17);
    return buffer.subarray(0, this.#at);
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

function headerBytes(header: RecordHeader): number {
  const name = Buffer.byteLength(header.key);
  return varintSize(name) + name + varintSize(header.value.length) + header.value.length;
}

/** Bytes of a zig-zag varint; values beyond 32 bits take the slow path. */
function varintSize(value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) {
    const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
    return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
  }
  let zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  let size = 1;
  for (; zigzag >= 0x80n; zigzag >>= 7n) size++;
  return size;
}

function writeVarint(buffer: Buffer, from: number, value: number): number {
  let at = from;
  if (value >= -0x40000000 && value < 0x40000000) {
    let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
    for (; zigzag >= 0x80; zigzag >>>= 7) buffer[at++] = (zigzag & 0x7f) | 0x80;
    buffer[at++] = zigzag;
    return at;
  }
  let zigzag = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; zigzag >= 0x80n; zigzag >>= 7n) buffer[at++] = Number(zigzag & 0x7fn) | 0x80;
  buffer[at++] = Number(zigzag);
  return at;
}
