import { systemClock } from '@alphapulse/core';
import { type Kind, type Registered, supersededKey, topicOf, versionKey } from '@alphapulse/registry';
import { assetOf, instrumentOf, listingOf, syntheticOf, tokenOf } from '@alphapulse/registry/testing/entities.ts';
import type { Kafka } from './kafka.ts';
import { markOf } from './poison.ts';

/** A registry record: null takes the key out. */
export type RegistryRecord = {
  readonly [K in Kind]: { readonly kind: K; readonly key: string; readonly value: Registered[K] | null };
}[Kind];

const validity = { validFrom: 0, validTo: null, recordedTime: 0, provenance: 'scenario' };
/** Ids by kind and number: what they are the hash of does not matter here. */
const idOf = (kind: Kind, number: number) =>
  `${'ailvstpcm'.indexOf(kind[0] ?? '') + 1}`.padEnd(8, '0') + number.toString(16).padStart(24, '0');

/** Records of all kinds for `count` instruments: entities, closed versions, superseded beliefs, collisions, mappings. */
export function* firstRecords(count: number): Generator<RegistryRecord> {
  for (let at = 0; at < count; at++) {
    const instrument = idOf('instruments', at);
    const listing = idOf('listings', at);
    const isEquity = at % 3 === 0;
    yield {
      kind: 'instruments',
      key: instrument,
      value: instrumentOf({
        id: instrument,
        identity: `thing:${at}`,
        type: isEquity ? 'equity' : 'spot',
        // Two share a number now and then, as a fund and its share do.
        isin: isEquity ? `US${String(Math.floor(at / 6)).padStart(10, '0')}` : null,
      }),
    };
    yield {
      kind: 'listings',
      key: listing,
      value: listingOf({ id: listing, symbol: `S${at}`, instrumentId: instrument }),
    };
    if (at % 5 === 0) {
      yield {
        kind: 'listings',
        key: versionKey(listing, 0),
        value: listingOf({ id: listing, symbol: `S${at}`, instrumentId: instrument, tickSize: 0.5, validTo: 1_000 }),
      };
      yield {
        kind: 'listings',
        key: supersededKey(listing, 0, 7),
        value: listingOf({ id: listing, symbol: `S${at}`, instrumentId: instrument, tickSize: 0.25, recordedTime: 7 }),
      };
    }
    if (at % 4 === 0) {
      const id = idOf('synthetics', at);
      const legs = [instrument, idOf('instruments', Math.max(0, at - 1)), idOf('synthetics', Math.max(0, at - 4))];
      yield { kind: 'synthetics', key: id, value: syntheticOf({ id, legs }) };
    }
    if (at % 7 === 0) {
      const token = idOf('tokens', at);
      const address = `0x${at.toString(16).padStart(40, 'aB')}`;
      yield { kind: 'tokens', key: token, value: tokenOf({ id: token, address, symbol: `T${at}` }) };
      const pool = idOf('pools', at);
      yield {
        kind: 'pools',
        key: pool,
        value: {
          ...{ id: pool, token0Id: token, token1Id: token, dex: 'uniswap-v3', poolAddress: address, feeTier: 500 },
          ...{ blockchain: 'ethereum', createdAt: at, ...validity },
        },
      };
    }
    if (at % 10 === 0) {
      const asset = idOf('assets', at);
      yield { kind: 'assets', key: asset, value: assetOf({ id: asset, code: `A${at}`, name: `Åsset „${at}“ 😀` }) };
      yield { kind: 'mappings', key: instrument, value: mappingOf(instrument, at, 'suspect') };
    }
    if (at % 100 === 0) {
      const venue = idOf('venues', at);
      const facts = { kind: 'exchange', mic: null, country: 'DE', timeZone: null, status: 'active' } as const;
      yield { kind: 'venues', key: venue, value: { id: venue, name: `venue-${at}`, ...facts, ...validity } };
      for (const rejectedIdentity of [`spot:X${at}`, `spot:Y${at}`]) {
        const collision = {
          existingIdentity: `thing:${at}`,
          rejectedIdentity,
          entity: 'instruments',
          detectedTime: at,
        };
        yield { kind: 'collisions', key: instrument, value: { id: instrument, ...collision } };
      }
    }
  }
}

/** What becomes of some of them: other numbers, instruments and legs, new versions, entities that go. */
export function* laterRecords(count: number): Generator<RegistryRecord> {
  for (let at = 0; at < count; at += 11) {
    const instrument = idOf('instruments', at);
    const other = idOf('instruments', (at + 1) % count);
    const listing = idOf('listings', at);
    yield {
      kind: 'instruments',
      key: instrument,
      value: instrumentOf({
        id: instrument,
        identity: `thing:${at}`,
        type: 'etf',
        isin: `DE${String(at).padStart(10, '0')}`,
      }),
    };
    yield {
      kind: 'listings',
      key: versionKey(listing, 1_000),
      value: listingOf({ id: listing, symbol: `S${at}`, instrumentId: instrument, validFrom: 1_000, validTo: 2_000 }),
    };
    yield {
      kind: 'listings',
      key: listing,
      value: listingOf({ id: listing, symbol: `S${at}`, instrumentId: other, validFrom: 2_000 }),
    };
    if (at % 4 === 0)
      yield {
        kind: 'synthetics',
        key: idOf('synthetics', at),
        value: syntheticOf({ id: idOf('synthetics', at), legs: [other] }),
      };
    if (at % 10 === 0) yield { kind: 'mappings', key: instrument, value: mappingOf(instrument, at, 'confirmed') };
    if (at % 3 === 0) {
      yield { kind: 'instruments', key: other, value: null };
      yield { kind: 'listings', key: versionKey(idOf('listings', at - (at % 5)), 0), value: null };
    }
    if (at % 7 === 0) yield { kind: 'tokens', key: idOf('tokens', at), value: null };
  }
}

function mappingOf(id: string, at: number, state: 'suspect' | 'confirmed'): Registered['mappings'] {
  const venue = { venue: 'kraken', symbol: `S${at}`, midPrice: at + 0.1, deviationBps: 12.5, suspect: true };
  return {
    id,
    instrument: `thing:${at}`,
    state,
    venues: [venue],
    limitBps: 500,
    reason: 'r',
    sinceTime: 1,
    receivedTime: 2,
  };
}

export async function appendRecords(kafka: Kafka, records: Iterable<RegistryRecord>): Promise<void> {
  for (const { kind, key, value } of records) {
    const topic = topicOf[kind];
    const bytes = value && topic.value.encode(value as never);
    kafka.producer.send(topic.name, key, bytes && kafka.schemas.prefix(topic), bytes, systemClock.nowMs());
    if (kafka.producer.full) await kafka.producer.drained();
  }
  await kafka.producer.flush();
}

/**
 * The copy that Redis must hold, as lines like those of `dumpRedis`, made of the topics in the plainest way: the last
 * record of each key, and from these what docs/registry-redis.md says. Poison is left out.
 */
export async function expectedDump(kafka: Kafka, kinds: readonly Kind[]): Promise<string[]> {
  const lines: string[] = [];
  const add = (key: string, line: string) => lines.push(`alphapulse:registry:${key} ${line}`);
  const padded = (us: string) => us.padStart(16, '0');
  for (const kind of kinds) {
    const topic = topicOf[kind];
    const last = new Map<string, Registered[Kind] | null>();
    const next = new Map([...(await kafka.reader.partitions(topic.name))].map((partition) => [partition, 0]));
    for (const record of await kafka.records(topic.name)) {
      next.set(record.partition, record.offset + 1);
      if (markOf(record) !== undefined) continue;
      const value = record.value && (kafka.schemas.decode(topic as never, record.value) as Registered[Kind]);
      const isCollision = value !== null && 'rejectedIdentity' in value;
      last.set(isCollision ? `${value.id} ${value.rejectedIdentity}` : String(record.key), value);
    }
    for (const [partition, offset] of next) add('offsets', `${topic.name}/${partition} = ${offset}`);
    for (const [field, value] of last) {
      if (value === null) continue;
      add(kind, `${field} = ${JSON.stringify(value)}`);
      const [id = '', validFrom, recorded] = kind === 'collisions' ? [field] : field.split(/[@~]/);
      if (recorded !== undefined) add(`superseded:${kind}`, `${id}@${padded(validFrom ?? '')}~${padded(recorded)}`);
      else if (validFrom !== undefined) add(`versions:${kind}`, `${id}@${padded(validFrom)}`);
      else for (const [key, line] of indexLines(kind, value)) add(key, line);
    }
  }
  return lines.sort();
}

function indexLines(kind: Kind, value: Registered[Kind]): [string, string][] {
  const { id } = value;
  if (kind === 'instruments') {
    const { type, isin } = value as Registered['instruments'];
    return [
      ['index:type', `${type}:${id}`],
      ...(isin === null ? [] : ([['index:isin', `${isin}:${id}`]] as [string, string][])),
    ];
  }
  if (kind === 'listings') {
    const { venue, symbol, instrumentId } = value as Registered['listings'];
    return [
      ['index:symbol', `${venue}:${symbol} = ${id}`],
      ['index:instrument', `${instrumentId}:${id}`],
    ];
  }
  if (kind === 'synthetics') {
    const legs = new Set((value as Registered['synthetics']).legs.map(({ instrumentId }) => instrumentId));
    return [...legs].map((leg) => ['index:leg', `${leg}:${id}`]);
  }
  if (kind === 'tokens') {
    const { chain, address } = value as Registered['tokens'];
    return [['index:token', `${chain}:${address.toLowerCase()} = ${id}`]];
  }
  return [];
}

/** Up to ten lines that only one of two dumps has, marked with which. */
export function differences(found: readonly string[], expected: readonly string[]): string[] {
  const there = new Set(found);
  const wanted = new Set(expected);
  return [
    ...expected.filter((line) => !there.has(line)).map((line) => `missing: ${line}`),
    ...found.filter((line) => !wanted.has(line)).map((line) => `too much: ${line}`),
  ].slice(0, 10);
}
