import type { RawRecord, Source } from '@alphapulse/core';
import { openRecording } from '@alphapulse/recording';
import { mergeByTime } from './merge-by-time.ts';

/** A recorded message as a raw record, with the line it stands on. */
export interface RecordedRecord {
  readonly file: string;
  readonly line: number;
  readonly record: RawRecord;
}

/**
 * The received messages of recordings of one source as raw records, merged by receive time, as if one collector had
 * received them now. Each file counts as a connection of its own.
 */
export async function* rawRecords(source: Source, files: readonly string[]): AsyncGenerator<RecordedRecord> {
  const sequences: AsyncIterable<{ time: number | null; recorded: RecordedRecord }>[] = [];
  for (const [at, file] of files.entries())
    sequences.push(recordsOf(source, file, `recording-${at}`, await bookSymbolsOf(source, file)));
  let offset = 0;
  for await (const { recorded } of mergeByTime(sequences, ({ time }) => time)) {
    yield { ...recorded, record: { ...recorded.record, origin: { ...recorded.record.origin, offset: offset++ } } };
  }
}

async function* recordsOf(source: Source, file: string, connectionId: string, bookSymbols: readonly string[]) {
  const recording = await openRecording(file);
  let endpoint = recording.header.endpoint;
  let line = 1;
  let lastTime = 0;
  for await (const item of recording.lines) {
    line++;
    if (item.dir === 'connect') endpoint = item.endpoint;
    if (item.dir !== 'in' && item.dir !== 'http') continue;
    const payload = item.dir === 'http' ? Buffer.from(item.response.text) : item.payload;
    const requestUrl = item.dir === 'http' ? item.request.url : undefined;
    const from = requestUrl ?? endpoint;
    const { key, channel } = source.describe({
      endpoint: from,
      payload,
      bookSymbols,
      ...(requestUrl === undefined ? {} : { requestUrl }),
    });
    lastTime = item.t ?? lastTime;
    const record: RawRecord = {
      key,
      source: source.id,
      channel,
      endpoint: from,
      connectionId,
      payload,
      receivedTime: lastTime,
      origin: { topic: `raw.${source.id}`, partition: 0, offset: 0 },
    };
    yield { time: item.t, recorded: { file, line, record } };
  }
}

/** Symbols whose books a recording holds: a snapshot that names no symbol belongs to the only one. */
async function bookSymbolsOf(source: Source, file: string): Promise<string[]> {
  const symbols = new Set<string>();
  const recording = await openRecording(file);
  for await (const item of recording.lines) {
    if (item.dir !== 'in') continue;
    const { key, channel } = source.describe({ endpoint: recording.header.endpoint, payload: item.payload });
    if (channel === 'depth' || channel === 'book') symbols.add(key);
    if (symbols.size > 1) break;
  }
  await recording.close();
  return [...symbols];
}
