import { type ParserOutput, type RawRecord, RejectedRecordError, type SourceParser } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { malformed } from '../shared/numbers.ts';
import { frameText, parseJsonText } from '../shared/parse-json.ts';
import { isObject, type JsonObject } from '../shared/shapes.ts';
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

interface WireVersion {
  readonly name: string;
  fits(frame: unknown, record: RawRecord): boolean;
  read(frame: unknown, record: RawRecord, output: ParserOutput<ParsedEvent>, folding: Folding): void;
}

/** The wire over time. Kraken serves v1 and v2 side by side, so the shape of a frame tells which one it is. */
const versions: readonly WireVersion[] = [
  {
    name: 'rest',
    fits: (_frame, record) => record.channel.startsWith('rest/'),
    read: (frame, record, output, folding) => parseRest(asObject(frame), record, output, folding),
  },
  {
    name: 'v1 data',
    fits: (frame) => Array.isArray(frame),
    read: (frame, record, output, folding) => parseV1(frame as readonly unknown[], record, output, folding),
  },
  {
    name: 'v1 event',
    fits: (frame) => isObject(frame) && frame.event !== undefined,
    read: (frame, _record, output) => parseV1Event(asObject(frame), output),
  },
  {
    name: 'v2',
    fits: () => true,
    read: (frame, record, output, folding) => parseV2(asObject(frame), record, output, folding),
  },
];

/** A parser of one raw partition; its state is kept by symbol. */
export function createKrakenParser(options: KrakenParserOptions = {}): KrakenParser {
  const folding = new Folding(options.verifyBooks ?? true);
  return {
    parse(record, output) {
      let frame: unknown;
      try {
        frame = readFrame(record);
        for (const version of versions) {
          if (!version.fits(frame, record)) continue;
          version.read(frame, record, output, folding);
          return;
        }
      } catch (error) {
        // A book frame that is not taken leaves a hole, whatever was wrong with it.
        if (error instanceof RejectedRecordError) folding.loseBooks(bookSymbols(record, frame), record.connectionId);
        throw error;
      }
    },
    save: () => folding.save(),
    load: (symbol, state) => folding.load(symbol, state),
    book: (symbol) => folding.book(symbol),
  };
}

/** The frame as JSON, its numbers as text where it is a book frame. */
function readFrame(record: RawRecord): unknown {
  const text = frameText(record.payload);
  if (record.channel === 'book' || text.startsWith('{"channel":"book"')) return parseJsonText(quoteNumbers(text));
  const frame = parseJsonText(text);
  // A book frame in a record that calls itself something else, or with its fields in another order.
  return isObject(frame) && frame.channel === 'book' ? parseJsonText(quoteNumbers(text)) : frame;
}

/** The symbols whose books depend on a frame that could not be taken. */
function bookSymbols(record: RawRecord, frame: unknown): string[] {
  const named = isObject(frame) && frame.channel === 'book' ? symbolsOf(frame) : [];
  return record.channel === 'book' ? [record.key, ...named] : named;
}

function asObject(frame: unknown): JsonObject {
  if (!isObject(frame)) throw malformed('frame', 'an object or an array', frame);
  return frame;
}
