export type { CachedRecord, CacheReader, CacheState } from './cache-reader.ts';
export { createRegistryClient } from './create-registry-client.ts';
export type { Change, OnCorrupt } from './decode.ts';
export { type FollowerOptions, type RegistryBatch, RegistryFollower } from './follower.ts';
export { type IdOf, idOf } from './ids.ts';
export {
  allKinds,
  type Entities,
  type EntityKind,
  entityKinds,
  identityOf,
  type Kind,
  type Registered,
  topicOf,
} from './kinds.ts';
export type { ListingLookup } from './listing-lookup.ts';
export type { EncodedRecord, ProducerPort, ReaderPort, SchemaPort } from './ports.ts';
export { parseRecordKey, type RecordKey, supersededKey, versionKey } from './record-key.ts';
export {
  collisionField,
  idOfMember,
  indexMember,
  keyOfVersionMember,
  keysOf,
  membersOf,
  offsetField,
  redisKeys,
  redisLayout,
  redisPrefix,
  statusField,
  symbolField,
  tokenField,
  versionMember,
  versionsOf,
  versionsUpTo,
} from './redis-layout.ts';
export {
  createRegistrar,
  Registrar,
  type RegistrarOptions,
  type RegistrarPorts,
  type Registration,
  type StateOptions,
} from './registrar.ts';
export { type RegistrarConfig, registrarConfig } from './registrar-config.ts';
export {
  type ClientHealth,
  type ClientOptions,
  type ClientPorts,
  type ListingQuestion,
  RegistryClient,
} from './registry-client.ts';
export { RegistryMap } from './registry-map.ts';
export type { Facts, Outcome, Statement } from './statement.ts';
export { curatedVenues } from './venues.ts';
export { createRegistryView, RegistryView, type ViewOptions, type ViewPorts } from './view.ts';
