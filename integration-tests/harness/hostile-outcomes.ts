import type { AnyTopic } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';
import type { ParsedEvent, ProcessedEvent, RawMessage, ValidatedEvent } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import {
  deadLetterTopic,
  internalParsed,
  internalValidated,
  processedBooks,
  processedQuotes,
  processedTrades,
  raw,
} from '@alphapulse/topics';
import type { Kafka, Offsets } from './kafka.ts';
import { type DeadLetterFacts, deadLetterFacts, markOf, sendMarked } from './poison.ts';

const venues = ['binance', 'kraken'] as const;

export interface Letter extends DeadLetterFacts {
  readonly record: LogRecord;
}

/** A frame with ids that nothing in the log has, so that it is not passed over as a duplicate of another. */
export function withNewIds(frame: string, n: number): string {
  const id = 8_000_000_000_000_000 + n;
  return frame
    .replace('"t":1,', `"t":${id},`)
    .replace('"trade_id":1,', `"trade_id":${id},`)
    .replace('"U":1,"u":1,', `"U":${id},"u":${id},`);
}

/** Queues a venue's frame as its collector would, marked; all but the payload is as in another message of the venue. */
export function appendFrame(
  kafka: Kafka,
  venue: (typeof venues)[number],
  name: string,
  payload: Buffer,
  { endpoint, connectionId, receivedTime }: Pick<RawMessage, 'endpoint' | 'connectionId' | 'receivedTime'>,
): void {
  const topic = raw[venue];
  const described = sources.find(({ id }) => id === venue)?.describe({ endpoint, payload });
  const value = topic.value.encode({
    source: venue,
    channel: described?.channel ?? '',
    endpoint,
    connectionId,
    sequence: 0,
    receivedTime,
    contentType: 'application/json',
    payload,
  });
  const framed = Buffer.concat([kafka.schemas.prefix(topic) as Buffer, value]);
  sendMarked(kafka, topic, name, described?.key ?? '', framed, Math.floor(receivedTime / 1000));
}

/** Dead letters of the stages. */
export async function deadLetters(kafka: Kafka, stages: readonly string[], from: Offsets): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const stage of stages) {
    const records = await kafka.records(deadLetterTopic(stage).name, from);
    for (const record of records) {
      const letter = { ...deadLetterFacts(record), record };
      if (letter.stage !== stage) throw new Error(`${record.topic} has a letter of ${letter.stage}`);
      letters.push(letter);
    }
  }
  return letters;
}

/** Decoded values without what was marked. */
export async function goodValues<V extends ProcessedEvent>(kafka: Kafka, topic: AnyTopic, from: Offsets): Promise<V[]> {
  const records = (await kafka.records(topic.name, from)).filter((record) => markOf(record) === undefined);
  return records.map(({ value }) => kafka.schemas.decode(topic, value) as V);
}

/**
 * What became of each hostile frame: the codes of its dead letters, else `accepted` or `filtered`. And the dead letters
 * that are of neither a hostile frame nor of a record that could not be decoded.
 */
export async function hostileOutcomes(
  kafka: Kafka,
  from: Offsets,
  letters: readonly Letter[],
): Promise<{ outcomes: Map<string, string[]>; unexplained: string[] }> {
  const outcomes = new Map<string, string[]>();
  const names = new Map<string, string>();
  for (const venue of venues) {
    for (const record of await kafka.records(raw[venue].name, from)) {
      const name = markOf(record);
      if (!name?.startsWith('hostile ')) continue;
      names.set(`${record.topic}/${record.partition}/${record.offset}`, name.replace('hostile', venue));
      outcomes.set(name.replace('hostile', venue), []);
    }
  }
  const unexplained: string[] = [];
  for (const { topic, partition, offset, code, reason, record } of letters) {
    if (code === 'record_undecodable' || code === 'schema_unknown') continue;
    const cut = [internalParsed, internalValidated].find(({ name }) => name === topic);
    const event =
      cut && (kafka.schemas.decode<ParsedEvent | ValidatedEvent>(cut as never, record.value) as ParsedEvent);
    const place = event
      ? `${event.origin.topic}/${event.origin.partition}/${event.origin.offset}`
      : `${topic}/${partition}/${offset}`;
    const name = names.get(place);
    if (name === undefined) unexplained.push(`${place} ${code} ${reason}`);
    else outcomes.get(name)?.push(code);
  }
  const accepted = new Set<string>();
  for (const topic of [processedTrades, processedQuotes, processedBooks])
    for (const { origin } of await goodValues(kafka, topic, from))
      accepted.add(names.get(`${origin.topic}/${origin.partition}/${origin.offset}`) ?? '');
  for (const [name, codes] of outcomes)
    if (codes.length === 0) codes.push(accepted.has(name) ? 'accepted' : 'filtered');
  return { outcomes, unexplained };
}
