export * from './avro-types.ts';
export { avroCodec, bytesCodec } from './codec.ts';
export { before, unionOf } from './derive.ts';
export * from './events.ts';
export type * from './generated/types.ts';
export { loadSchema, schemaPaths, schemaRoot } from './load.ts';
export { typesSource } from './types-source.ts';
