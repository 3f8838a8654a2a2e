import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { takeLock } from './lock.ts';
import { processIdentity, stillRuns } from './process-identity.ts';

const directory = mkdtempSync(join(tmpdir(), 'alphapulse-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const refusal = ({ pid }: { pid: number }) => `held by ${pid}`;

describe('a directory lock', () => {
  test('is refused while its process runs and free after it is given back', () => {
    const file = join(directory, 'a.lock');
    const unlock = takeLock(file, refusal);
    expect(() => takeLock(file, refusal)).toThrow(`held by ${process.pid}`);
    unlock();
    takeLock(file, refusal)();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('is taken over from a process that is gone, from an earlier one of the same number, and when cut short', () => {
    const file = join(directory, 'b.lock');
    for (const stale of [
      JSON.stringify({ pid: 2 ** 30, started: '1', command: '' }),
      JSON.stringify({ pid: process.pid, started: 'another time', command: '' }),
      '{"pid":',
      '',
    ]) {
      writeFileSync(file, stale);
      const unlock = takeLock(file, refusal);
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
      unlock();
    }
  });

  test('giving back twice does not take the lock from the next holder', () => {
    const file = join(directory, 'c.lock');
    const first = takeLock(file, refusal);
    first();
    writeFileSync(file, 'of somebody else');
    first();
    expect(readFileSync(file, 'utf8')).toBe('of somebody else');
  });
});

describe('process identity', () => {
  test('tells this process from one that never was', () => {
    const own = processIdentity(process.pid);
    expect(own?.command).toContain('node');
    expect(own !== undefined && stillRuns(own)).toBe(true);
    expect(processIdentity(2 ** 30)).toBeUndefined();
  });
});
