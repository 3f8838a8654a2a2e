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

/** Starts an empty server of the test's own, which keeps nothing on disk. */
export async function startRedisServer(command: string): Promise<{ readonly url: string; stop(): void }> {
  const port = await freePort(0);
  const server = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
    stdio: 'ignore',
  });
  return { url: `redis://127.0.0.1:${port}`, stop: () => void server.kill() };
}
