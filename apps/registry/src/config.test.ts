import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { registryConfig } from './config.ts';

describe('registry configuration', () => {
  test('has defaults, takes the environment, and flags before it', () => {
    expect(registryConfig([], {})).toEqual({
      role: 'all',
      redisUrl: 'redis://127.0.0.1:6379',
      host: '127.0.0.1',
      port: 0,
      access: { writeToken: undefined, reads: 'open', readToken: undefined },
    });
    const env = { REGISTRY_ROLE: 'venue', REGISTRY_PORT: '8090', REDIS_URL: 'rediss://cache:6380' };
    expect(registryConfig(['--port', '8091'], env)).toMatchObject({
      role: 'venue',
      port: 8091,
      redisUrl: 'rediss://cache:6380',
    });
  });

  test('reads are open on loopback, and need a token beyond it unless they are opened', () => {
    const access = (env: NodeJS.ProcessEnv) => registryConfig([], env).access;
    const readToken = 'a-token-for-reading';
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost'])
      expect(access({ REGISTRY_HOST: host }).reads).toBe('open');
    expect(access({ REGISTRY_HOST: '0.0.0.0', REGISTRY_READ_TOKEN: readToken })).toMatchObject({
      reads: 'token',
      readToken,
    });
    expect(access({ REGISTRY_HOST: '10.0.0.1', REGISTRY_READS: 'open' }).reads).toBe('open');
    expect(access({ REGISTRY_READS: 'token', REGISTRY_WRITE_TOKEN: 'w'.repeat(16) }).reads).toBe('token');
    expect(() => access({ REGISTRY_HOST: '::' })).toThrow(/REGISTRY_READS.*REGISTRY_READ_TOKEN/);
    expect(() => access({ REGISTRY_READS: 'token' })).toThrow('none is configured');
    expect(() => access({ REGISTRY_READS: 'closed' })).toThrow('REGISTRY_READS: closed is none of open, token');
  });

  test('takes tokens from the environment or a file, and refuses what is no good one without repeating it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-config-'));
    try {
      const file = (text: string) => {
        writeFileSync(join(folder, 'token'), text);
        return { REGISTRY_WRITE_TOKEN_FILE: join(folder, 'token') };
      };
      const write = (env: NodeJS.ProcessEnv) => registryConfig([], env).access.writeToken;
      expect(write({ REGISTRY_WRITE_TOKEN: 'a-good-long-token' })).toBe('a-good-long-token');
      expect(write(file('a-good-long-token\n'))).toBe('a-good-long-token');
      const messageOf = (env: NodeJS.ProcessEnv) => {
        try {
          return String(write(env));
        } catch (error) {
          return (error as Error).message;
        }
      };
      expect(messageOf({ REGISTRY_WRITE_TOKEN: 'tooshort' })).toBe('REGISTRY_WRITE_TOKEN: shorter than 16 characters');
      expect(messageOf({ REGISTRY_WRITE_TOKEN: 'with blanks in the middle' })).not.toContain('blanks in');
      expect(messageOf(file(''))).toBe('REGISTRY_WRITE_TOKEN_FILE: the file is empty');
      expect(messageOf({ REGISTRY_WRITE_TOKEN_FILE: join(folder, 'none') })).toContain('ENOENT');
      expect(messageOf({ ...file('a-good-long-token'), REGISTRY_WRITE_TOKEN: 'x'.repeat(16) })).toContain(
        'one of them',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('names what is wrong, and repeats no secret', () => {
    const wrong = (args: string[], env = {}) => {
      try {
        registryConfig(args, env);
      } catch (error) {
        return error as { code: string; message: string };
      }
      return undefined;
    };
    expect(wrong(['--role', 'king'])).toMatchObject({ code: 'config_invalid' });
    expect(wrong([], { REGISTRY_PORT: '1e9' })?.message).toContain('REGISTRY_PORT');
    expect(wrong(['--prot', '1'])?.code).toBe('config_invalid');
    const secret = wrong([], { REDIS_URL: 'http://:s3cret@cache' });
    expect(secret?.message).toContain('REDIS_URL');
    expect(secret?.message).not.toContain('s3cret');
  });
});
