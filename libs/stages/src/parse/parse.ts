import {
  defineStage,
  type ParserOutput,
  type Processor,
  RejectedRecordError,
  type Source,
  type Stage,
} from '@alphapulse/core';
import type { ParsedEvent, RawMessage } from '@alphapulse/schemas';
import { internalParsed, type RawTopic, raw, type SourceId } from '@alphapulse/topics';
import { eventKey } from '../event-key.ts';

/**
 * Raw messages of the given sources become events, by each source's own parser.
 * Everything a venue sent is in raw before; here it becomes events, a counted drop or a dead letter.
 */
export function createParseStage(
  sources: readonly Source<unknown, ParsedEvent>[],
): Stage<RawTopic, typeof internalParsed, unknown> {
  return defineStage({
    name: 'parse',
    doc: 'Parses what venues sent into events; drops duplicates by the venue’s own identity.',
    reads: sources.map(({ id }) => raw[id as SourceId]),
    writes: [internalParsed],
    state: { kind: 'checkpoints', everyMs: 60_000 },
    create: () => createParser(sources),
  });
}

function createParser(sources: readonly Source<unknown, ParsedEvent>[]): Processor<RawTopic, typeof internalParsed> {
  const parsers = new Map(sources.map((source) => [source.id, source.createParser()]));
  return {
    process({ topic, partition, offset, key, value }, output) {
      const { source, channel, endpoint, connectionId, payload, receivedTime } = value as RawMessage;
      const parser = parsers.get(source);
      if (!parser)
        throw new RejectedRecordError('source_unknown', `no source is named ${source}`, { details: { source } });
      const parsed: ParserOutput<ParsedEvent> = {
        event: (event) => output.to(internalParsed, eventKey(event), event, Math.floor(event.receivedTime / 1000)),
        filtered: (reason) => output.filtered(reason),
      };
      parser.parse(
        { key, source, channel, endpoint, connectionId, payload, receivedTime, origin: { topic, partition, offset } },
        parsed,
      );
    },
    *save() {
      for (const [source, parser] of parsers)
        for (const [key, state] of parser.save()) yield [`${source}/${key}`, state];
    },
    load(key, state) {
      const slash = key.indexOf('/');
      parsers.get(key.slice(0, slash))?.load(key.slice(slash + 1), state);
    },
  };
}
