import { describe, expect, test } from '@jest/globals';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js';
import { crc32c } from './crc32c.ts';
import { murmur2, partitionOf } from './partitioner.ts';
import { RecordBatchBuilder } from './record-batch.ts';

describe('crc32c', () => {
  test('gives the check value of the CRC catalogue and of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });
});

describe('partitioner', () => {
  // Values of UtilsTest.testMurmur2 in apache/kafka.
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  test('stays within the partitions', () => {
    for (let n = 0; n < 1000; n++) expect(partitionOf(`key-${n}`, 7)).toBeLessThan(7);
  });
});

describe('record batch', () => {
  test('reads back through an independent decoder', async () => {
    const builder = new RecordBatchBuilder(64);
    const records = Array.from({ length: 300 }, (_, n) => ({
      key: n % 7 === 0 ? null : Buffer.from(`key-${n}`),
      value: n % 11 === 0 ? null : Buffer.alloc(n * 3, n),
      // Timestamps that go back, and one more than 2^31 ms away.
      timestampMs: 1_700_000_000_000 + (n === 200 ? 5_000_000_000 : n % 5 === 0 ? -n : n),
      headers: n % 3 === 0 ? [{ key: 'code', value: Buffer.from(`größe-${n}`) }] : [],
    }));
    const prefix = Buffer.from([0, 0, 0, 0, 9]);
    for (const { key, value, timestampMs, headers } of records)
      builder.append(key, prefix, value, timestampMs, headers);
    const bytes = builder.finish({
      producerId: 4_000_000_000n,
      producerEpoch: 3,
      baseSequence: 17,
      transactional: true,
    });

    const decoder = new Decoder(bytes);
    const decoded = await decodeBatch(decoder);
    expect(bytes[16]).toBe(2);
    expect(decoded.producerId).toBe('4000000000');
    expect(decoded.producerEpoch).toBe(3);
    expect(decoded.inTransaction).toBe(true);
    expect(bytes.readUInt32BE(17)).toBe(crc32c(bytes, 21));
    expect(decoded.records).toHaveLength(records.length);
    decoded.records.forEach((record, n) => {
      const wanted = records[n]!;
      expect(record.offset).toBe(String(n));
      expect(record.key).toEqual(wanted.key);
      expect(record.value).toEqual(wanted.value === null ? null : Buffer.concat([prefix, wanted.value]));
      expect(record.timestamp).toBe(String(wanted.timestampMs));
      expect(Object.keys(record.headers)).toEqual(wanted.headers.map(({ key }) => key));
      expect(record.headers.code).toEqual(wanted.headers[0]?.value);
    });
  });
});
