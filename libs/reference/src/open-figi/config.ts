import { readFileSync } from 'node:fs';
import { FatalError } from '@alphapulse/core';

export interface OpenFigiConfig {
  /** Without a path; the API is under `/v3`. */
  readonly url: string;
  /** Raises the limits; free. Never logged. https://www.openfigi.com/user/signup */
  readonly apiKey?: string;
}

/**
 * Reads OPENFIGI_API_KEY or OPENFIGI_API_KEY_FILE, and OPENFIGI_URL (default the public service).
 * Null when OpenFIGI is not asked for: there is no key, and OPENFIGI is not `on` (which does without one).
 * @throws FatalError `config_invalid` naming the variable, never the key.
 */
export function openFigiConfig(env: Readonly<Record<string, string | undefined>>): OpenFigiConfig | null {
  const { OPENFIGI: mode = '' } = env;
  if (!['', 'on', 'off'].includes(mode)) throw invalid(`OPENFIGI: 'on' or 'off', not '${mode}'`);
  const apiKey = readKey(env);
  if (mode === 'off' || (mode === '' && apiKey === undefined)) return null;
  const url = env.OPENFIGI_URL || 'https://api.openfigi.com';
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw invalid('OPENFIGI_URL: not an http or https address');
  return { url: url.replace(/\/+$/, ''), ...(apiKey === undefined ? {} : { apiKey }) };
}

function readKey({
  OPENFIGI_API_KEY: value,
  OPENFIGI_API_KEY_FILE: file,
}: Readonly<Record<string, string | undefined>>) {
  if (value && file) throw invalid('OPENFIGI_API_KEY and OPENFIGI_API_KEY_FILE: give one of them');
  const key = file ? readFile(file) : value;
  if (!key) {
    if (file) throw invalid('OPENFIGI_API_KEY_FILE: the file is empty');
    return undefined;
  }
  // It goes into a header: nothing in it may end the line.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw invalid(`OPENFIGI_API_KEY${file ? '_FILE' : ''}: the key has white space in it`);
  return key;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new FatalError('config_invalid', `OPENFIGI_API_KEY_FILE: ${path} cannot be read`, { cause });
  }
}

function invalid(message: string): FatalError {
  return new FatalError('config_invalid', message);
}
