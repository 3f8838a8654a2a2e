import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FatalError } from '@alphapulse/core';
import type { RecordingHeader, RecordingLine } from './recording.ts';

export interface Recording {
  readonly file: string;
  readonly header: RecordingHeader;
  /** Lines after the header, in the file's order, read as they are asked for; can be gone through once. */
  readonly lines: AsyncIterable<RecordingLine>;
  /** Lets go of the file when `lines` is not read to its end. */
  close(): Promise<void>;
}

/** A line beyond this is no recording: the largest real ones (REST listings) have a few MiB. */
const maxLineChars = 256 * 1024 * 1024;

/**
 * Opens a recording and reads its header; the lines stream, so files may be larger than memory.
 * @throws FatalError `recording_invalid` naming file and line, here and from `lines`.
 */
export async function openRecording(file: string): Promise<Recording> {
  const texts = readLines(file);
  const first = await texts.next();
  if (first.done) throw invalid(file, 1, 'the file is empty');
  const header = parseHeader(file, first.value);
  return {
    file,
    header,
    lines: parseLines(file, texts),
    close: async () => {
      await texts.return(undefined);
    },
  };
}

async function* parseLines(file: string, texts: AsyncIterable<string>): AsyncGenerator<RecordingLine> {
  let number = 1;
  for await (const text of texts) {
    number++;
    if (text.trim() !== '') yield parseLine(file, number, text);
  }
}

function parseHeader(file: string, text: string): RecordingHeader {
  const header = parseObject(file, 1, text);
  if (header.recording !== 1) throw invalid(file, 1, 'the first line is not a header with "recording":1');
  if (typeof header.source !== 'string' || header.source === '') throw invalid(file, 1, 'the header names no source');
  if (header.transport !== 'websocket' && header.transport !== 'http' && header.transport !== 'tcp')
    throw invalid(file, 1, 'the header’s transport is none of websocket, http, tcp');
  if (typeof header.endpoint !== 'string') throw invalid(file, 1, 'the header names no endpoint');
  return {
    recording: 1,
    source: header.source,
    transport: header.transport,
    endpoint: header.endpoint,
    ...(typeof header.note === 'string' && { note: header.note }),
  };
}

function parseLine(file: string, number: number, text: string): RecordingLine {
  const line = parseObject(file, number, text);
  const t = line.t ?? null;
  if (t !== null && (typeof t !== 'number' || !Number.isFinite(t))) throw invalid(file, number, 't is not a time');
  switch (line.dir) {
    case 'in':
    case 'out':
      if (typeof line.text === 'string') return { dir: line.dir, t, payload: Buffer.from(line.text), binary: false };
      if (typeof line.bin === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(line.bin))
        return { dir: line.dir, t, payload: Buffer.from(line.bin, 'base64'), binary: true };
      throw invalid(file, number, 'the frame has neither text nor base64 in bin');
    case 'connect':
      if (typeof line.endpoint !== 'string') throw invalid(file, number, 'connect names no endpoint');
      return { dir: 'connect', t, endpoint: line.endpoint };
    case 'http': {
      const request = line.request as { method?: unknown; url?: unknown } | null | undefined;
      const response = line.response as { status?: unknown; text?: unknown } | null | undefined;
      if (typeof request?.url !== 'string' || !URL.canParse(request.url))
        throw invalid(file, number, 'http has no request with a whole URL');
      if (typeof response?.text !== 'string' || typeof response.status !== 'number')
        throw invalid(file, number, 'http has no response with status and text');
      const method = typeof request.method === 'string' ? request.method : 'GET';
      return {
        dir: 'http',
        t,
        request: { method, url: request.url },
        response: { status: response.status, text: response.text },
      };
    }
    default:
      throw invalid(file, number, 'dir is none of in, out, connect, http');
  }
}

function parseObject(file: string, number: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, number, 'the line is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(file, number, 'the line is not a JSON object');
  return value as Record<string, unknown>;
}

/** Lines of a text file, unpacked when it begins with gzip's magic bytes, whatever its name. */
async function* readLines(file: string): AsyncGenerator<string, void, undefined> {
  let number = 1;
  let rest = '';
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const stream = await openText(file);
  try {
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineChars) throw new RangeError('the line is too long');
      for (const line of lines) {
        yield line;
        number++;
      }
    }
    rest += decoder.decode();
  } catch (cause) {
    throw invalid(file, number, `the file cannot be read (${(cause as Error).message})`, cause);
  } finally {
    stream.destroy();
  }
  if (rest !== '') yield rest;
}

async function openText(file: string): Promise<Readable> {
  const magic = Buffer.alloc(2);
  try {
    const handle = await open(file);
    try {
      await handle.read(magic, 0, 2, 0);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw invalid(file, 1, `the file cannot be opened (${(cause as Error).message})`, cause);
  }
  const source = createReadStream(file, { highWaterMark: 256 * 1024 });
  if (magic.readUInt16BE() !== 0x1f8b) return source;
  // A broken archive surfaces as the error of the unpacked stream, which its reader sees.
  return pipeline(source, createGunzip({ chunkSize: 256 * 1024 }), () => undefined);
}

function invalid(file: string, line: number, problem: string, cause?: unknown): FatalError {
  return new FatalError('recording_invalid', `${file}, line ${line}: ${problem}.`, { cause, details: { file, line } });
}
