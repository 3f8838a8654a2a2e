import { type ParserOutput, type RawRecord, RejectedRecordError, type SourceParser } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { malformed } from '../shared/numbers.ts';
import { frameText, parseJsonText } from '../shared/parse-json.ts';
import { isObject } from '../shared/shapes.ts';
import type { BookSides } from './book.ts';
import { Folding } from './folding.ts';
import { quoteNumbers } from './number-text.ts';
import { parseRest } from './parse-rest.ts';
import { parseV1, parseV1Event } from './parse-v1.ts';
import { parseV2, symbolsOf } from './parse-v2.ts';

export interface KrakenParserOptions {
  /**
   * Whether books are folded and compared with the venue's checksum. Default true.
   * Off, book messages are given as they come, snapshot or not, with `checksum` null.
   */
  readonly verifyBooks?: boolean;
}

/** A parser that can also be asked for the book as it stands. */
export interface KrakenParser extends SourceParser<ParsedEvent> {
  book(symbol: string): BookSides | null;
}

type Reader = (frame: unknown, record: RawRecord, output: ParserOutput<ParsedEvent>, folding: Folding) => void;

/** The wire over time. Kraken serves v1 and v2 side by side, so the shape of a frame tells which one it is. */
const versions: readonly { name: string; fits: (frame: unknown, record: RawRecord) => boolean; read: Reader }[] = [
  {
    name: 'rest',
    fits: (_frame, record) => record.channel.startsWith('rest/'),
    read: (frame, ...rest) => parseRest(asObject(frame), ...rest),
  },
  {
    name: 'v1 data',
    fits: (frame) => Array.isArray(frame),
    read: (frame, ...rest) => parseV1(frame as readonly unknown[], ...rest),
  },
  {
    name: 'v1 event',
    fits: (frame) => isObject(frame) && frame.event !== undefined,
    read: (frame, _record, output) => parseV1Event(asObject(frame), output),
  },
  { name: 'v2', fits: () => true, read: (frame, ...rest) => parseV2(asObject(frame), ...rest) },
];

/** A parser of one raw partition; its state is kept by symbol. */
export function createKrakenParser(options: KrakenParserOptions = {}): KrakenParser {
  const folding = new Folding(options.verifyBooks ?? true);
  return {
    parse(record, output) {
      const lost = new Set<string>();
      try {
        const frame = readFrame(record, lost);
        const version = versions.find(({ fits }) => fits(frame, record));
        version?.read(frame, record, output, folding);
      } catch (error) {
        // A book frame that is not taken leaves a hole, whatever was wrong with it.
        if (error instanceof RejectedRecordError) folding.loseBooks(lost, record.connectionId);
        throw error;
      }
    },
    save: () => folding.save(),
    load: (symbol, state) => folding.load(symbol, state),
    book: (symbol) => folding.book(symbol),
  };
}

/** The frame as JSON, its numbers as text where it is a book frame; `lost` gets the symbols whose book depends on it. */
function readFrame(record: RawRecord, lost: Set<string>): unknown {
  const isBook = record.channel === 'book';
  if (isBook) lost.add(record.key);
  const text = frameText(record.payload);
  if (isBook || text.startsWith('{"channel":"book"')) return withSymbols(parseJsonText(quoteNumbers(text)), lost);
  const frame = parseJsonText(text);
  // A book frame in a record that calls itself something else, or with its fields in another order.
  if (isObject(frame) && frame.channel === 'book') return withSymbols(parseJsonText(quoteNumbers(text)), lost);
  return frame;
}

function withSymbols(frame: unknown, lost: Set<string>): unknown {
  if (isObject(frame)) for (const symbol of symbolsOf(frame)) lost.add(symbol);
  return frame;
}

function asObject(frame: unknown) {
  if (!isObject(frame)) throw malformed('frame', 'an object or an array', frame);
  return frame;
}
