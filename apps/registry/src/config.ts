import { parseArgs } from 'node:util';
import { FatalError } from '@alphapulse/core';
import { type Role, roles } from './roles.ts';

export interface RegistryConfig {
  readonly role: Role;
  readonly redisUrl: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/**
 * Reads --role, --redis-url, --host and --port, else REGISTRY_ROLE (default all), REDIS_URL (redis://127.0.0.1:6379),
 * REGISTRY_HOST (127.0.0.1) and REGISTRY_PORT (0). @throws FatalError `config_invalid` naming the setting.
 */
export function registryConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): RegistryConfig {
  const flags = readFlags(args);
  const role = (flags.role ?? env.REGISTRY_ROLE) || 'all';
  if (!(roles as readonly string[]).includes(role))
    throw new FatalError('config_invalid', `--role, REGISTRY_ROLE: ${role} is none of ${roles.join(', ')}`);
  const redisUrl = (flags['redis-url'] ?? env.REDIS_URL) || 'redis://127.0.0.1:6379';
  if (!/^rediss?:$/.test(URL.canParse(redisUrl) ? new URL(redisUrl).protocol : ''))
    // The value may hold a password: it is not repeated.
    throw new FatalError('config_invalid', '--redis-url, REDIS_URL: not a redis:// or rediss:// URL');
  const portText = (flags.port ?? env.REGISTRY_PORT) || '0';
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65_535)
    throw new FatalError('config_invalid', `--port, REGISTRY_PORT: ${portText} is no whole number from 0 to 65535`);
  return { role: role as Role, redisUrl, host: (flags.host ?? env.REGISTRY_HOST) || '127.0.0.1', port };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        role: { type: 'string' },
        'redis-url': { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
      },
    }).values;
  } catch (cause) {
    throw new FatalError('config_invalid', (cause as Error).message, { cause });
  }
}
