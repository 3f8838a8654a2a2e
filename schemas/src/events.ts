import { type Codec, RejectedRecordError } from '@alphapulse/core';
import avro from 'avsc';
import type { AvroRecord } from './avro-types.ts';
import { before, unionOf } from './derive.ts';
import type * as types from './generated/types.ts';
import { loadSchema } from './load.ts';
import './avsc-fixes.ts';

/** The kinds of events; each has a schema `processed/<Record>` and a topic `processed.<plural>`. */
export interface EventRecords {
  trade: { parsed: types.ParsedTrade; validated: types.ValidatedTrade; processed: types.Trade };
  quote: { parsed: types.ParsedQuote; validated: types.ValidatedQuote; processed: types.Quote };
  book: { parsed: types.ParsedBook; validated: types.ValidatedBook; processed: types.Book };
  bar: { parsed: types.ParsedBar; validated: types.ValidatedBar; processed: types.Bar };
  swap: { parsed: types.ParsedSwap; validated: types.ValidatedSwap; processed: types.Swap };
  liquidity: { parsed: types.ParsedLiquidity; validated: types.ValidatedLiquidity; processed: types.Liquidity };
  lending: { parsed: types.ParsedLending; validated: types.ValidatedLending; processed: types.Lending };
  post: { parsed: types.ParsedPost; validated: types.ValidatedPost; processed: types.Post };
  indicator: { parsed: types.ParsedIndicator; validated: types.ValidatedIndicator; processed: types.Indicator };
}

export type EventKind = keyof EventRecords;

type EventAt<Step extends 'parsed' | 'validated' | 'processed', K extends EventKind = EventKind> = {
  [Kind in K]: { kind: Kind } & EventRecords[Kind][Step];
}[K];

/** An event as parse emits it; `kind` tells which record it is. */
export type ParsedEvent<K extends EventKind = EventKind> = EventAt<'parsed', K>;
/** An event as validate emits it. */
export type ValidatedEvent<K extends EventKind = EventKind> = EventAt<'validated', K>;
/** An event as enrich emits it, complete. */
export type ProcessedEvent<K extends EventKind = EventKind> = EventAt<'processed', K>;

export const eventSchemas: { readonly [K in EventKind]: AvroRecord } = {
  trade: loadSchema('processed/Trade'),
  quote: loadSchema('processed/Quote'),
  book: loadSchema('processed/Book'),
  bar: loadSchema('processed/Bar'),
  swap: loadSchema('processed/Swap'),
  liquidity: loadSchema('processed/Liquidity'),
  lending: loadSchema('processed/Lending'),
  post: loadSchema('processed/Post'),
  indicator: loadSchema('processed/Indicator'),
};

export const eventKinds = Object.keys(eventSchemas) as EventKind[];

/** Codec of a topic that carries events of every kind between two stages: a union of the records as they are there. */
export function eventUnionCodec<E extends { kind: EventKind }>(
  unfilled: readonly ('validate' | 'enrich')[],
  prefix: string,
): Codec<E> {
  const records = eventKinds.map((kind) => before(eventSchemas[kind], unfilled, prefix));
  // A record around the union: schema registries' clients take records only.
  const schema: AvroRecord = {
    type: 'record',
    name: `${prefix}Event`,
    namespace: 'alphapulse.internal',
    doc: 'An event between two stages.',
    fields: [{ name: 'event', type: unionOf(records), doc: 'The event; its branch is its kind.' }],
  };
  const branchOf = Object.fromEntries(
    eventKinds.map((kind, at) => [kind, `${records[at]?.namespace}.${records[at]?.name}`]),
  );
  const kindOf = Object.fromEntries(eventKinds.map((kind) => [branchOf[kind], kind]));
  const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'auto' });
  return {
    schema,
    encode(event) {
      try {
        return type.toBuffer({ event: { [branchOf[event.kind] as string]: event } });
      } catch (cause) {
        throw new RejectedRecordError(
          'value_invalid',
          `${event.kind} does not fit its schema: ${(cause as Error).message}`,
          { cause },
        );
      }
    },
    decode(bytes) {
      let wrapped: Record<string, object>;
      try {
        wrapped = (type.fromBuffer(bytes) as { event: Record<string, object> }).event;
      } catch (cause) {
        throw new RejectedRecordError('record_undecodable', `bytes are no event: ${(cause as Error).message}`, {
          cause,
        });
      }
      const branch = Object.keys(wrapped)[0] as string;
      return { kind: kindOf[branch], ...wrapped[branch] } as unknown as E;
    },
  };
}
