import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FatalError } from '@alphapulse/core';
import type { Access } from './http/authorization.ts';
import { type Role, roles } from './roles.ts';

export interface RegistryConfig {
  readonly role: Role;
  readonly redisUrl: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly access: Access;
}

/** Shorter tokens can be tried out. */
const shortestToken = 16;

/**
 * Reads --role, --redis-url, --host and --port, else REGISTRY_ROLE (default all), REDIS_URL (redis://127.0.0.1:6379),
 * REGISTRY_HOST (127.0.0.1) and REGISTRY_PORT (0); REGISTRY_WRITE_TOKEN and REGISTRY_READ_TOKEN, or with `_FILE` the
 * files that hold them; REGISTRY_READS (open on loopback, else token).
 * @throws FatalError `config_invalid` naming the setting.
 */
export function registryConfig(args: readonly string[], env: NodeJS.ProcessEnv = process.env): RegistryConfig {
  const flags = readFlags(args);
  const role = (flags.role ?? env.REGISTRY_ROLE) || 'all';
  if (!(roles as readonly string[]).includes(role))
    throw invalid(`--role, REGISTRY_ROLE: ${role} is none of ${roles.join(', ')}`);
  const redisUrl = (flags['redis-url'] ?? env.REDIS_URL) || 'redis://127.0.0.1:6379';
  if (!/^rediss?:$/.test(URL.canParse(redisUrl) ? new URL(redisUrl).protocol : ''))
    // The value may hold a password: it is not repeated.
    throw invalid('--redis-url, REDIS_URL: not a redis:// or rediss:// URL');
  const portText = (flags.port ?? env.REGISTRY_PORT) || '0';
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65_535)
    throw invalid(`--port, REGISTRY_PORT: ${portText} is no whole number from 0 to 65535`);
  const host = (flags.host ?? env.REGISTRY_HOST) || '127.0.0.1';
  return { role: role as Role, redisUrl, host, port, access: accessOf(host, env) };
}

function accessOf(host: string, env: NodeJS.ProcessEnv): Access {
  const writeToken = token('REGISTRY_WRITE_TOKEN', env);
  const readToken = token('REGISTRY_READ_TOKEN', env);
  const reads = env.REGISTRY_READS || (isLoopback(host) ? 'open' : 'token');
  if (reads !== 'open' && reads !== 'token') throw invalid(`REGISTRY_READS: ${reads} is none of open, token`);
  if (reads === 'token' && writeToken === undefined && readToken === undefined)
    throw invalid(
      `REGISTRY_READS: reads need a token ${env.REGISTRY_READS ? '' : `because ${host} is no loopback address, `}and none is configured; set REGISTRY_READ_TOKEN or REGISTRY_READ_TOKEN_FILE, or REGISTRY_READS=open`,
    );
  return { writeToken, reads, readToken };
}

/** A token from a variable, or from the file that the variable with `_FILE` names. Never part of a message. */
function token(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const path = env[`${name}_FILE`];
  if (env[name] && path) throw invalid(`${name}, ${name}_FILE: give one of them`);
  const text = path ? readToken(`${name}_FILE`, path) : env[name];
  if (!text) return undefined;
  if (!/^[\x21-\x7e]+$/.test(text)) throw invalid(`${name}: printable ASCII characters without spaces only`);
  if (text.length < shortestToken) throw invalid(`${name}: shorter than ${shortestToken} characters`);
  return text;
}

function readToken(name: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid(`${name}: cannot read the file (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  // A secret that was never filled in must not look like one that nobody wanted.
  if (text === '') throw invalid(`${name}: the file is empty`);
  return text;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
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
    throw invalid((cause as Error).message, cause);
  }
}

function invalid(message: string, cause?: unknown): FatalError {
  return new FatalError('config_invalid', message, cause === undefined ? {} : { cause });
}
