import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FatalError, systemClock } from '@alphapulse/core';
import { repositoryRoot } from '@alphapulse/stack';

export interface AppProcess {
  readonly name: string;
  /** Resolves with the first log line that has the property, or rejects when the process ends for good before. */
  logged(property: string): Promise<Record<string, unknown>>;
  /** SIGTERM, SIGKILL when it does not end in time; resolves when it has ended. */
  stop(): Promise<void>;
}

/** An app that dies so often within a minute is given up. */
const maxRestarts = 5;
const stopPatienceMs = 25_000;

/**
 * The apps of a local run, each a process with its log file. One that ends unasked is started again; one that keeps
 * ending makes `failed` reject, and the run stops.
 */
export class AppProcesses {
  readonly failed: Promise<never>;
  readonly #logDirectory: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #report: (line: string) => void;
  #fail: (error: Error) => void = () => undefined;

  constructor(options: { logDirectory: string; env: NodeJS.ProcessEnv; report: (line: string) => void }) {
    this.#logDirectory = options.logDirectory;
    this.#env = options.env;
    this.#report = options.report;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever waits for it sees the error; nobody waiting is no crash.
    this.failed.catch(() => undefined);
    mkdirSync(this.#logDirectory, { recursive: true });
  }

  start(name: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): AppProcess {
    const file = join(this.#logDirectory, `${name}.log`);
    const log = createWriteStream(file, { flags: 'a' });
    const seen: Record<string, unknown>[] = [];
    const waiting: {
      property: string;
      resolve: (line: Record<string, unknown>) => void;
      reject: (error: Error) => void;
    }[] = [];
    let stopping = false;
    let restarts: number[] = [];
    let child: ChildProcess;
    let ended: Promise<void>;

    const launch = () => {
      child = spawn(process.execPath, ['--import', 'tsx', `apps/${name}/src/main.ts`, ...args], {
        cwd: repositoryRoot,
        env: { ...process.env, ...this.#env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // Ctrl-C goes to the whole process group of the terminal; the apps are stopped in order instead.
        detached: true,
      });
      child.stderr?.pipe(log, { end: false });
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
        log.write(`${text}\n`);
        const line = parseLine(text);
        if (!line) return;
        if (seen.length < 200) seen.push(line);
        for (const waiter of waiting.filter(({ property }) => property in line)) waiter.resolve(line);
      });
      ended = new Promise((resolve) => {
        child.once('exit', (code, signal) => {
          resolve();
          if (stopping) return;
          const now = systemClock.nowMs();
          restarts = [...restarts.filter((time) => now - time < 60_000), now];
          const how = signal ? `by ${signal}` : `with code ${code}`;
          if (restarts.length > maxRestarts) {
            const error = new FatalError(
              'unexpected',
              `${name} ended ${how} ${restarts.length} times within a minute; see ${file}`,
            );
            for (const { reject } of waiting) reject(error);
            this.#fail(error);
            return;
          }
          this.#report(`${name} ended ${how}, starting it again (log: ${file})`);
          launch();
        });
      });
    };
    launch();

    return {
      name,
      logged: (property) => {
        const before = seen.find((line) => property in line);
        if (before) return Promise.resolve(before);
        return new Promise((resolve, reject) => waiting.push({ property, resolve, reject }));
      },
      stop: async () => {
        stopping = true;
        if (child.exitCode === null && child.signalCode === null) {
          child.kill('SIGTERM');
          const timer = setTimeout(() => {
            this.#report(`${name} does not stop, killing it`);
            child.kill('SIGKILL');
          }, stopPatienceMs);
          await ended;
          clearTimeout(timer);
        }
        log.end();
      },
    };
  }
}

function parseLine(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Not one of our log lines; it stands in the log file as it is.
    return undefined;
  }
}
