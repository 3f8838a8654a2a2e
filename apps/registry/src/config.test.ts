import { describe, expect, test } from '@jest/globals';
import { registryConfig } from './config.ts';

describe('registry configuration', () => {
  test('has defaults, takes the environment, and flags before it', () => {
    expect(registryConfig([], {})).toEqual({
      role: 'all',
      redisUrl: 'redis://127.0.0.1:6379',
      host: '127.0.0.1',
      port: 0,
    });
    const env = { REGISTRY_ROLE: 'venue', REGISTRY_PORT: '8090', REDIS_URL: 'rediss://cache:6380' };
    expect(registryConfig(['--port', '8091'], env)).toMatchObject({
      role: 'venue',
      port: 8091,
      redisUrl: 'rediss://cache:6380',
    });
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
