import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedis, type RedisConnection } from '@alphapulse/redis';
import { redisCommand } from '@alphapulse/registry/testing/redis-server.ts';
import { freePort, redisAnswers } from '@alphapulse/stack';
import { until } from './kafka.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A Redis of a scenario's own, to be flushed, killed and restored. Call after the local stack has fetched its parts. */
export class OwnRedis {
  readonly url: string;
  readonly connection: RedisConnection;
  readonly #command: string;
  readonly #port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'alphapulse-redis-'));
  #server: ChildProcess | undefined;

  private constructor(command: string, port: number) {
    this.#command = command;
    this.#port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.connection = createRedis(this.url, quiet);
  }

  static async start(): Promise<OwnRedis> {
    const command = redisCommand();
    if (command === undefined) throw new Error('There is no redis-server; the local stack fetches one.');
    const redis = new OwnRedis(command, await freePort(0));
    await redis.start();
    return redis;
  }

  /** Starts the server with what is in its file, and resolves when it answers, also to `connection`. */
  async start(): Promise<void> {
    this.#server = spawn(
      this.#command,
      ['--port', String(this.#port), '--bind', '127.0.0.1', '--save', '', '--dir', this.#directory],
      { stdio: 'ignore' },
    );
    await until(() => redisAnswers(this.url), 30_000, 'Redis to answer');
    await until(() => this.connection.available, 30_000, 'the connection to Redis');
  }

  async kill(): Promise<void> {
    const server = this.#server;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** Keeps a copy of what is in Redis now. */
  async backUp(): Promise<void> {
    await this.connection.client.save();
    copyFileSync(join(this.#directory, 'dump.rdb'), join(this.#directory, 'backup.rdb'));
    rmSync(join(this.#directory, 'dump.rdb'));
  }

  /** Starts the server, which must have been killed, with the copy. */
  async startFromBackUp(): Promise<void> {
    copyFileSync(join(this.#directory, 'backup.rdb'), join(this.#directory, 'dump.rdb'));
    await this.start();
    rmSync(join(this.#directory, 'dump.rdb'));
  }

  async stop(): Promise<void> {
    await this.connection.close();
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
