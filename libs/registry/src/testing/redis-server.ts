import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defaultDirectory, freePort } from '@alphapulse/stack';

/** The server that the local stack runs: the system's, or the one it has fetched; undefined when there is none. */
export function redisCommand(): string | undefined {
  if (spawnSync('redis-server', ['--version']).status === 0) return 'redis-server';
  const folder = join(defaultDirectory, 'parts', 'redis');
  const file = existsSync(folder) && readdirSync(folder).find((name) => name.startsWith('redis-server-'));
  return file ? join(folder, file) : undefined;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  stop(): void;
}

/** Starts an empty server of the test's own, on a free port unless told, which keeps nothing on disk. */
export async function startRedisServer(command: string, on?: number): Promise<RedisServer> {
  const port = on ?? (await freePort(0));
  const server = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  return { url: `redis://127.0.0.1:${port}`, port, stop: () => void server.kill() };
}
