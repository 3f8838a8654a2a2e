import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '@alphapulse/stack';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<AppProcess>();

/**
 * Starts `apps/<name>` as an operator would, with this process's environment (which has the stack's addresses) and `env`
 * over it. Whatever still runs when the test file ends is killed.
 */
export function startApp(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): AppProcess {
  return new AppProcess(name, join('apps', name, 'src', 'main.ts'), args, env);
}

/** Starts a script of the harness, likewise. */
export function startScript(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): AppProcess {
  return new AppProcess(name, join('integration-tests', 'harness', `${name}.ts`), args, env);
}

/** Kills every app that still runs; registered as `afterAll` by itself under Jest. */
export async function stopApps(): Promise<void> {
  await Promise.all([...running].map((app) => app.kill('SIGKILL')));
}

const jestHooks = globalThis as { afterAll?: (body: () => Promise<void>, limitMs: number) => void };
jestHooks.afterAll?.(stopApps, 30_000);

/** One running app with its captured output. */
export class AppProcess {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<Exit>;
  private readonly watchers = new Set<() => void>();
  private text = '';
  private exit: Exit | undefined;

  constructor(name: string, script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.name = name;
    // Jest's own settings are not for the app.
    const { NODE_OPTIONS, NODE_ENV, JEST_WORKER_ID, ...inherited } = process.env;
    this.child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      cwd: repositoryRoot,
      env: { ...inherited, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    const take = (chunk: Buffer) => {
      this.text += chunk.toString('utf8');
      this.wake();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.ended = new Promise((resolve) => {
      const finish = (exit: Exit) => {
        this.exit = exit;
        running.delete(this);
        this.wake();
        resolve(exit);
      };
      // 'close' comes after the last output, 'error' when there was never a process.
      this.child.on('close', (code, signal) => finish({ code, signal }));
      this.child.on('error', () => finish({ code: null, signal: null }));
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Standard output and error so far, in the order they came. */
  output(): string {
    return this.text;
  }

  /** Sends the signal and resolves once the process has ended. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    this.child.kill(signal);
    return this.ended;
  }

  /** Resolves when the process has ended by itself; rejects, with its output, when that takes longer than the limit. */
  async waitForExit(limitMs = 60_000): Promise<Exit> {
    await this.waitFor(() => this.exit !== undefined, limitMs, 'end');
    return this.ended;
  }

  /** Resolves with the first line (also of earlier output) that matches; rejects when the process ends or time is up. */
  async waitForLine(pattern: RegExp | string, limitMs = 60_000): Promise<string> {
    const find = () =>
      this.text
        .split('\n')
        .find((line) => (typeof pattern === 'string' ? line.includes(pattern) : line.search(pattern) >= 0));
    await this.waitFor(() => find() !== undefined || this.exit !== undefined, limitMs, `print ${pattern}`);
    const line = find();
    if (line === undefined) throw new Error(`${this.name} ended without printing ${pattern}:\n${this.tail()}`);
    return line;
  }

  private waitFor(condition: () => boolean, limitMs: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer);
        this.watchers.delete(look);
        if (error === undefined) resolve();
        else reject(error);
      };
      const look = () => {
        if (condition()) finish();
      };
      const timer = setTimeout(
        () => finish(new Error(`${this.name} did not ${what} within ${limitMs} ms:\n${this.tail()}`)),
        limitMs,
      );
      this.watchers.add(look);
      look();
    });
  }

  private wake(): void {
    for (const look of [...this.watchers]) look();
  }

  private tail(): string {
    return this.text.trimEnd().split('\n').slice(-30).join('\n');
  }
}
