import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findRecordings } from './find-recordings.ts';
import { openRecording } from './read-recording.ts';
import type { RecordingLine } from './recording.ts';
import { createRecording } from './write-recording.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
});
afterAll(() => rm(folder, { recursive: true }));

const header = '{"recording":1,"source":"kraken","transport":"websocket","endpoint":"wss://ws.kraken.com/v2"}';

async function all(file: string): Promise<RecordingLine[]> {
  const lines: RecordingLine[] = [];
  for await (const line of (await openRecording(file)).lines) lines.push(line);
  return lines;
}

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('recordings', () => {
  const lines: RecordingLine[] = [
    { t: null, dir: 'connect', endpoint: 'wss://ws.kraken.com/v2' },
    { t: 1, dir: 'out', payload: Buffer.from('{"method":"subscribe"}'), binary: false },
    { t: 2, dir: 'in', payload: Buffer.from('{"price":1.00,"note":"\\ud800 ä €\\n"}'), binary: false },
    { t: 3, dir: 'in', payload: Buffer.from([0, 255, 10, 13]), binary: true },
    {
      t: 4,
      dir: 'http',
      request: { method: 'GET', url: 'https://api.kraken.com/0/public/AssetPairs' },
      response: { status: 200, text: '{"error":[]}' },
    },
  ];

  test('come back as they were written, gzipped and plain', async () => {
    for (const name of ['a/b/one.jsonl.gz', 'plain.jsonl']) {
      const path = join(folder, name);
      const writer = await createRecording(path, {
        source: 'kraken',
        transport: 'websocket',
        endpoint: 'wss://ws.kraken.com/v2',
      });
      for (const line of lines) {
        if (writer.full) await writer.drained();
        writer.write(line);
      }
      await writer.close();
      expect((await openRecording(path)).header).toMatchObject({ recording: 1, source: 'kraken' });
      expect(await all(path)).toEqual(lines);
      expect((await readFile(path)).subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))).toBe(name.endsWith('.gz'));
    }
  });

  test('bytes that are no text are kept as bytes', async () => {
    const path = join(folder, 'invalid-utf8.jsonl');
    const writer = await createRecording(path, { source: 'x', transport: 'tcp', endpoint: '' });
    writer.write({ t: 1, dir: 'in', payload: Buffer.from([0xc3, 0x28]), binary: false });
    await writer.close();
    expect(await all(path)).toEqual([{ t: 1, dir: 'in', payload: Buffer.from([0xc3, 0x28]), binary: true }]);
  });

  test('lines longer than the buffer and a last line without end are whole', async () => {
    const long = 'x'.repeat(700_000);
    const path = await file(
      'long.jsonl.gz',
      gzipSync(`${header}\n{"t":1,"dir":"in","text":"${long}"}\n\n{"t":2,"dir":"in","text":"ü"}`),
    );
    expect((await all(path)).map((line) => ('payload' in line ? line.payload.toString() : ''))).toEqual([long, 'ü']);
  });

  test.each([
    ['empty', '', 1],
    ['no-header', '{"t":1,"dir":"in","text":""}\n', 1],
    ['other-version', header.replace('"recording":1', '"recording":2'), 1],
    ['no-source', header.replace('"source":"kraken",', ''), 1],
    ['bad-transport', header.replace('websocket', 'pigeon'), 1],
    ['no-json', `${header}\n{"t":1,"dir":"in","text":"a"}\n{"t":`, 3],
    ['array', `${header}\n[]`, 2],
    ['bad-dir', `${header}\n{"t":1,"dir":"sideways"}`, 2],
    ['no-text', `${header}\n\n{"t":1,"dir":"in"}`, 3],
    ['bad-base64', `${header}\n{"t":1,"dir":"in","bin":"*"}`, 2],
    ['bad-time', `${header}\n{"t":"noon","dir":"in","text":""}`, 2],
    ['bad-url', `${header}\n{"t":1,"dir":"http","request":{"url":"/x"},"response":{"status":200,"text":""}}`, 2],
    ['bad-utf8', Buffer.concat([Buffer.from(`${header}\n`), Buffer.from([0xc3, 0x28])]), 1],
  ])('%s names the file and the line', async (name, content, line) => {
    const path = await file(`bad-${name}.jsonl`, content);
    await expect(all(path)).rejects.toMatchObject({ code: 'recording_invalid', details: { file: path, line } });
  });

  test('a cut archive says so after what could be read', async () => {
    const whole = gzipSync(`${header}\n${'{"t":1,"dir":"in","text":"abc"}\n'.repeat(50_000)}`);
    const path = await file('cut.jsonl.gz', whole.subarray(0, whole.length / 2));
    await expect(all(path)).rejects.toMatchObject({ code: 'recording_invalid' });
    await expect(openRecording(join(folder, 'absent.jsonl'))).rejects.toMatchObject({ code: 'recording_invalid' });
  });

  test('are found below a directory; others are skipped with the reason', async () => {
    const place = join(folder, 'find');
    await mkdir(join(place, 'deep'), { recursive: true });
    await writeFile(join(place, 'deep', 'b.jsonl.gz'), gzipSync(`${header}\n`));
    await writeFile(join(place, 'a.jsonl'), `${header}\n`);
    await writeFile(join(place, 'other.jsonl'), '{"a":1}\n');
    await writeFile(join(place, 'expected.json'), '{}');
    const found = await findRecordings(place);
    expect(found.recordings.map(({ file }) => file)).toEqual([
      join(place, 'a.jsonl'),
      join(place, 'deep', 'b.jsonl.gz'),
    ]);
    expect(found.skipped).toEqual([
      { file: join(place, 'other.jsonl'), reason: expect.stringContaining('line 1: the first line is not a header') },
    ]);
    expect((await findRecordings(join(place, 'a.jsonl'))).recordings).toHaveLength(1);
    await expect(findRecordings(join(place, 'absent'))).rejects.toMatchObject({ code: 'recording_invalid' });
  });
});
