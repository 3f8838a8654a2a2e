import type { ParserOutput, RawRecord, SourceParser } from '@alphapulse/core';
import { RejectedRecordError } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { describeContext } from '../describe.ts';

/** Makes raw records of frames as the collector would, with rising offsets. */
export class RecordMaker {
  #offset = 0;
  readonly endpoint: string;

  constructor(endpoint = 'wss://ws.kraken.com/v2') {
    this.endpoint = endpoint;
  }

  make(frame: string | Buffer, options: Partial<RawRecord> = {}): RawRecord {
    const payload = Buffer.from(frame);
    const offset = this.#offset++;
    return {
      ...describeContext({ endpoint: this.endpoint, payload }),
      source: 'kraken',
      endpoint: this.endpoint,
      connectionId: 'first',
      payload,
      receivedTime: 1_785_552_833_700_000 + offset * 1000,
      origin: { topic: 'raw.kraken', partition: 0, offset },
      ...options,
    };
  }
}

/** What came of a run of records: every record is in exactly one of the three. */
export interface Parsed {
  readonly events: ParsedEvent[];
  readonly filtered: Record<string, number>;
  readonly rejected: Record<string, number>;
  /** Records that gave at least one event. */
  fruitful: number;
}

export function parseAll(parser: SourceParser<ParsedEvent>, records: Iterable<RawRecord>): Parsed {
  const parsed: Parsed = { events: [], filtered: {}, rejected: {}, fruitful: 0 };
  for (const record of records) {
    const events: ParsedEvent[] = [];
    const reasons: string[] = [];
    const output: ParserOutput<ParsedEvent> = {
      event: (event) => events.push(event),
      filtered: (reason) => reasons.push(reason),
    };
    try {
      parser.parse(record, output);
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      parsed.rejected[error.code] = (parsed.rejected[error.code] ?? 0) + 1;
      continue;
    }
    if (events.length > 0 ? reasons.length !== 0 : reasons.length !== 1)
      throw new Error(`${record.payload.toString('utf8', 0, 200)}: ${events.length} events, filtered as ${reasons}`);
    if (events.length > 0) parsed.fruitful++;
    for (const reason of reasons) parsed.filtered[reason] = (parsed.filtered[reason] ?? 0) + 1;
    parsed.events.push(...events);
  }
  return parsed;
}

export function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
