import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ensureParts } from './parts.ts';
import { startStack } from './start-stack.ts';

const directory = mkdtempSync(join(tmpdir(), 'alphapulse-parts-'));
const path = process.env.PATH;
const home = process.env.JAVA_HOME;
afterEach(() => {
  process.env.PATH = path;
  if (home !== undefined) process.env.JAVA_HOME = home;
  rmSync(directory, { recursive: true, force: true });
});

describe('a machine without Java, Maven and a container engine', () => {
  test('is told in one sentence what to install', async () => {
    process.env.PATH = directory;
    delete process.env.JAVA_HOME;
    const sentence = {
      code: 'stack_missing',
      message: expect.stringMatching(/install Docker .* or Java 17 or newer and Maven .*\.$/),
    };
    await expect(ensureParts({ directory: join(directory, 'parts') })).rejects.toMatchObject(sentence);
    await expect(startStack({ directory, env: {} })).rejects.toMatchObject(sentence);
  });
});
