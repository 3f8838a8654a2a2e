import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openFigiConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'reference-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string) => {
  const path = join(folder, 'key');
  writeFileSync(path, text);
  return path;
};

test('is off unless asked for', () => {
  expect(openFigiConfig({})).toBeNull();
  expect(openFigiConfig({ OPENFIGI: 'off', OPENFIGI_API_KEY: 'abc' })).toBeNull();
  expect(openFigiConfig({ OPENFIGI: 'on' })).toEqual({ url: 'https://api.openfigi.com' });
});

test('takes the key from the environment or a file', () => {
  expect(openFigiConfig({ OPENFIGI_API_KEY: 'abc', OPENFIGI_URL: 'http://127.0.0.1:9/' })).toEqual({
    url: 'http://127.0.0.1:9',
    apiKey: 'abc',
  });
  expect(openFigiConfig({ OPENFIGI_API_KEY_FILE: file('from-file\n') })).toMatchObject({ apiKey: 'from-file' });
});

test.each([
  [{ OPENFIGI: 'yes' }, 'OPENFIGI:'],
  [{ OPENFIGI: 'on', OPENFIGI_URL: 'ftp://x' }, 'OPENFIGI_URL:'],
  [{ OPENFIGI_API_KEY: 's3cret', OPENFIGI_API_KEY_FILE: '/x' }, 'give one of them'],
  [{ OPENFIGI_API_KEY: 's3cret\r\nx: y' }, 'OPENFIGI_API_KEY: the key has white space'],
  [{ OPENFIGI_API_KEY_FILE: join(folder, 'none') }, 'cannot be read'],
])('refuses %j', (env, message) => {
  let error: unknown;
  try {
    openFigiConfig(env);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: 'config_invalid', message: expect.stringContaining(message) });
  expect(String(error)).not.toContain('s3cret');
});

test('refuses an empty key file', () => {
  expect(() => openFigiConfig({ OPENFIGI_API_KEY_FILE: file(' \n') })).toThrow('the file is empty');
});
