import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  codeOf,
  type FrameContext,
  type ParserOutput,
  type RawRecord,
  RejectedRecordError,
  type Source,
  type SourceParser,
} from '@alphapulse/core';
import { openRecording } from '@alphapulse/recording';

/** Recorded frames live beside the repository, never in it; tests that need them say so when they are absent. */
const folder = new URL('../../../../../../shared/recordings/', import.meta.url);
export const hasRecordings = existsSync(folder);
export const withoutRecordings = 'skipped: ../shared/recordings is not there';

export function readSharedJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8')) as T;
}

export function readSharedBytes(path: string): Buffer {
  return readFileSync(new URL(path, folder));
}

/** Received frames of recordings as raw records, merged by receive time. */
export async function readRecordings(
  source: Pick<Source, 'id' | 'describe'>,
  ...paths: string[]
): Promise<RawRecord[]> {
  const frames: Omit<RawRecord, 'origin'>[] = [];
  for (const path of paths) {
    const recording = await openRecording(fileURLToPath(new URL(path, folder)));
    let { endpoint } = recording.header;
    for await (const line of recording.lines) {
      if (line.dir === 'connect') endpoint = line.endpoint;
      if (line.dir !== 'in' && line.dir !== 'http') continue;
      const frame: FrameContext =
        line.dir === 'http'
          ? { endpoint: line.request.url, payload: Buffer.from(line.response.text), requestUrl: line.request.url }
          : { endpoint, payload: line.payload };
      frames.push({ ...rawRecord(source, frame), connectionId: path, receivedTime: line.t ?? 0 });
    }
  }
  frames.sort((a, b) => a.receivedTime - b.receivedTime);
  return frames.map((frame, offset) => ({ ...frame, origin: { topic: `raw.${source.id}`, partition: 0, offset } }));
}

/** A raw record of a frame as the source describes it. */
export function rawRecord(source: Pick<Source, 'id' | 'describe'>, frame: FrameContext, offset = 0): RawRecord {
  return {
    ...source.describe(frame),
    source: source.id,
    endpoint: frame.endpoint,
    connectionId: 'test',
    payload: frame.payload,
    receivedTime: 1_723_161_255_000_000 + offset,
    origin: { topic: `raw.${source.id}`, partition: 0, offset },
  };
}

/** What became of raw records: every one is in `withEvents`, `filtered` or `rejected`. */
export interface Parsed<Event> {
  readonly events: Event[];
  readonly filtered: Record<string, number>;
  readonly rejected: Record<string, number>;
  records: number;
  withEvents: number;
}

/** Parses as the parse stage does: events of a rejected record are dropped with it. */
export function parseAll<Event>(parser: SourceParser<Event>, records: Iterable<RawRecord>): Parsed<Event> {
  const parsed: Parsed<Event> = { events: [], filtered: {}, rejected: {}, records: 0, withEvents: 0 };
  for (const record of records) {
    const events: Event[] = [];
    const reasons: string[] = [];
    const output: ParserOutput<Event> = {
      event: (event) => events.push(event),
      filtered: (reason) => reasons.push(reason),
    };
    parsed.records++;
    try {
      parser.parse(record, output);
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      parsed.rejected[codeOf(error)] = (parsed.rejected[codeOf(error)] ?? 0) + 1;
      continue;
    }
    if (events.length > 0) parsed.withEvents++;
    else if (reasons.length !== 1) throw new Error(`record ${record.origin.offset} has ${reasons.length} reasons`);
    for (const event of events) parsed.events.push(event);
    for (const reason of reasons) parsed.filtered[reason] = (parsed.filtered[reason] ?? 0) + 1;
  }
  return parsed;
}

/** Records that `filtered` and `rejected` count. */
export function countOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
