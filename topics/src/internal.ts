import { defineTopic, type Topic } from '@alphapulse/core';
import {
  avroCodec,
  bytesCodec,
  type Checkpoint,
  eventUnionCodec,
  loadSchema,
  type ParsedEvent,
  type ValidatedEvent,
} from '@alphapulse/schemas';
import { dataPartitions } from './partitions.ts';

/** Cut between parse and validate, used when they run in different processes. */
export const internalParsed = defineTopic({
  name: 'internal.parsed',
  doc: 'Events as parse emits them, on their way to validate.',
  key: 'venue:symbol',
  value: eventUnionCodec<ParsedEvent>(['validate', 'enrich'], 'Parsed'),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 24 * 3_600_000,
  internal: true,
});

/** Cut between validate and enrich. */
export const internalValidated = defineTopic({
  name: 'internal.validated',
  doc: 'Events as validate emits them, on their way to enrich.',
  key: 'venue:symbol',
  value: eventUnionCodec<ValidatedEvent>(['enrich'], 'Validated'),
  partitions: dataPartitions,
  cleanupPolicy: 'delete',
  retentionMs: 24 * 3_600_000,
  internal: true,
});

const checkpointCodec = avroCodec<Checkpoint>(loadSchema('state/Checkpoint'));

/** Checkpoint rounds of a stage that keeps state. */
export function stateTopic(stage: string): Topic<string, Checkpoint> {
  return defineTopic({
    name: `state.${stage}`,
    doc: `Checkpoint rounds of ${stage}.`,
    key: 'lane and state key',
    value: checkpointCodec,
    partitions: dataPartitions,
    cleanupPolicy: 'delete',
    retentionMs: 7 * 24 * 3_600_000,
    internal: true,
  });
}

/** Dead letters of a stage: the input untouched, the reason in the headers. */
export function deadLetterTopic(stage: string): Topic<string, Buffer> {
  return defineTopic({
    name: `dlq.${stage}`,
    doc: `Records that ${stage} could not process: key and value untouched; headers tell stage, code, reason and origin.`,
    key: 'as the input',
    value: bytesCodec,
    partitions: dataPartitions,
    cleanupPolicy: 'delete',
    retentionMs: 30 * 24 * 3_600_000,
  });
}
