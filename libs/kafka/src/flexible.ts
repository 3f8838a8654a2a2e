/**
 * The encoding of flexible protocol versions: lengths are unsigned varints of one more than the length (0 is null), and
 * every structure ends with tagged fields. The request header before the body ends with tagged fields as well, so a
 * writer starts with an empty list of them; so does the response header, except that of ApiVersions.
 * Source: KIP-482, https://cwiki.apache.org/confluence/display/KAFKA/KIP-482
 */
import Encoder from 'kafkajs/src/protocol/encoder.js';

/** Writes the body of one request; grows as needed. */
export class FlexibleWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(size = 256) {
    this.#buffer = Buffer.allocUnsafe(size);
    this.tags();
  }

  int8(value: number): this {
    this.#room(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
    return this;
  }

  int16(value: number): this {
    this.#room(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
    return this;
  }

  int32(value: number): this {
    this.#room(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
    return this;
  }

  int64(value: bigint): this {
    this.#room(8);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
    return this;
  }

  varint(value: number): this {
    this.#room(5);
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
    this.#buffer[this.#at++] = rest;
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.varint(0);
    const length = Buffer.byteLength(value);
    this.varint(length + 1);
    this.#room(length);
    this.#at += this.#buffer.write(value, this.#at);
    return this;
  }

  bytes(value: Buffer): this {
    this.varint(value.length + 1);
    this.#room(value.length);
    this.#at += value.copy(this.#buffer, this.#at);
    return this;
  }

  array<T>(items: Iterable<T> & { readonly length?: number; readonly size?: number }, write: (item: T) => void): this {
    this.varint((items.length ?? items.size ?? 0) + 1);
    for (const item of items) write(item);
    return this;
  }

  /** No tagged fields: ends a structure. */
  tags(): this {
    return this.varint(0);
  }

  finish(): Encoder {
    const body = this.#buffer.subarray(0, this.#at);
    const encoder = new Encoder(body.length);
    encoder.writeBufferInternal(body);
    return encoder;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Reads the body of one response. */
export class FlexibleReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(buffer: Buffer, options: { readonly headerTags: boolean } = { headerTags: true }) {
    this.#buffer = buffer;
    if (options.headerTags) this.tags();
  }

  int16(): number {
    this.#at += 2;
    return this.#buffer.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#buffer.readInt32BE(this.#at - 4);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#buffer.readBigInt64BE(this.#at - 8);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#at++);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  string(): string | null {
    const length = this.varint() - 1;
    if (length < 0) return null;
    this.#at += length;
    return this.#buffer.toString('utf8', this.#at - length, this.#at);
  }

  array<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.varint() - 1; left > 0; left--) items.push(read());
    return items;
  }

  /** Hands each tagged field to `take`, which may read it; what it leaves is passed over. */
  tags(take?: (tag: number) => void): void {
    for (let left = this.varint(); left > 0; left--) {
      const tag = this.varint();
      const length = this.varint();
      const end = this.#at + length;
      take?.(tag);
      this.#at = end;
    }
  }
}
