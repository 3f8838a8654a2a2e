import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  codeOf,
  type ParserOutput,
  type RawRecord,
  RejectedRecordError,
  type Source,
  type SourceParser,
} from '@alphapulse/core';

/** Recorded frames live beside the repository, never in it; tests that need them say so when they are absent. */
const folder = new URL('../../../../../shared/recordings/', import.meta.url);
export const hasRecordings = existsSync(folder);

export function readShared(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8');
}

interface Line {
  readonly t?: number | null;
  readonly dir: 'in' | 'out' | 'connect' | 'http';
  readonly text?: string;
  readonly endpoint?: string;
  readonly request?: { readonly url: string };
  readonly response?: { readonly text: string };
}

/** Received frames of recordings as raw records, merged by receive time. */
export function readRecordings(source: Pick<Source, 'id' | 'describe'>, ...paths: string[]): RawRecord[] {
  const frames: Omit<RawRecord, 'origin'>[] = [];
  for (const path of paths) {
    const [header, ...lines] = gunzipSync(readFileSync(new URL(path, folder)))
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    let { endpoint } = JSON.parse(header as string) as { endpoint: string };
    for (const text of lines) {
      const line = JSON.parse(text) as Line;
      if (line.dir === 'connect') endpoint = line.endpoint as string;
      if (line.dir !== 'in' && line.dir !== 'http') continue;
      const payload = Buffer.from(line.text ?? line.response?.text ?? '');
      const requestUrl = line.request?.url;
      const from = requestUrl ?? endpoint;
      const context = { endpoint: from, payload, ...(requestUrl === undefined ? {} : { requestUrl }) };
      frames.push({
        ...source.describe(context),
        source: source.id,
        endpoint: from,
        connectionId: path,
        payload,
        receivedTime: line.t ?? 0,
      });
    }
  }
  frames.sort((a, b) => a.receivedTime - b.receivedTime);
  return frames.map((frame, offset) => ({ ...frame, origin: { topic: `raw.${source.id}`, partition: 0, offset } }));
}

/** What became of raw records: every one is in `withEvents`, `filtered` or `rejected`. */
export interface Parsed<Event> {
  readonly events: Event[];
  readonly filtered: Record<string, number>;
  readonly rejected: Record<string, number>;
  withEvents: number;
}

/** Parses as the parse stage does: events of a rejected record are dropped with it. */
export function parseAll<Event>(
  parser: SourceParser<Event>,
  records: Iterable<RawRecord>,
  into: Parsed<Event> = { events: [], filtered: {}, rejected: {}, withEvents: 0 },
): Parsed<Event> {
  for (const record of records) {
    const events: Event[] = [];
    const reasons: string[] = [];
    const output: ParserOutput<Event> = { event: (event) => events.push(event), filtered: (why) => reasons.push(why) };
    try {
      parser.parse(record, output);
      into.events.push(...events);
      if (events.length > 0) into.withEvents++;
      for (const reason of reasons) into.filtered[reason] = (into.filtered[reason] ?? 0) + 1;
      if (events.length === 0 && reasons.length === 0)
        throw new Error(`record ${record.origin.offset} is unaccounted for`);
    } catch (error) {
      if (!(error instanceof RejectedRecordError)) throw error;
      into.rejected[codeOf(error)] = (into.rejected[codeOf(error)] ?? 0) + 1;
    }
  }
  return into;
}
