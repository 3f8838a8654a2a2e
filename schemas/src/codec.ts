import { type Codec, RejectedRecordError } from '@alphapulse/core';
import avro from 'avsc';
import type { AvroSchema } from './avro-types.ts';
import './avsc-fixes.ts';

/** Fails on bytes left over after the value, which a plain decode would pass over. */
export function avroCodec<T>(schema: AvroSchema): Codec<T> {
  const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'auto' });
  return {
    schema,
    encode(value) {
      try {
        return type.toBuffer(value);
      } catch (cause) {
        throw new RejectedRecordError(
          'value_invalid',
          `value does not fit ${type.name ?? 'the schema'}: ${message(cause)}`,
          { cause },
        );
      }
    },
    decode(bytes) {
      try {
        return type.fromBuffer(bytes) as T;
      } catch (cause) {
        throw new RejectedRecordError(
          'record_undecodable',
          `bytes do not fit ${type.name ?? 'the schema'}: ${message(cause)}`,
          { cause },
        );
      }
    },
  };
}

/** Opaque bytes: dead letters keep their input untouched. */
export const bytesCodec: Codec<Buffer> = { schema: null, encode: (value) => value, decode: (bytes) => bytes };

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
