import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FatalError } from '@alphapulse/core';
import { waitUntil } from './health.ts';
import { type ProcessIdentity, processIdentity, stillRuns } from './process-identity.ts';

/** Time a part gets to end by itself after SIGTERM. */
const stopLimitMs = 20_000;

/** What there is to know to run one part of the local stack. */
export interface PartPlan {
  /** Shown to people, e.g. `Kafka`. */
  readonly title: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Standard output and error; the log of the run before is kept as `<file>.1`. */
  readonly logFile: string;
  readonly pidFile: string;
  /** Tells whether the part serves its clients. */
  readonly answers: () => Promise<boolean>;
  /** Time it gets until it answers. */
  readonly startLimitMs: number;
}

/** One part of the local stack as a process of its own group, so that Ctrl-C in a terminal does not reach it first. */
export class PartProcess {
  private readonly plan: PartPlan;
  private readonly onLost: (description: string) => void;
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private expectedToEnd = false;

  constructor(plan: PartPlan, onLost: (description: string) => void) {
    this.plan = plan;
    this.onLost = onLost;
  }

  get title(): string {
    return this.plan.title;
  }

  /** Starts the process and resolves once it answers, with the time that took in milliseconds. */
  async start(signal?: AbortSignal): Promise<number> {
    const { plan } = this;
    const from = performance.now();
    mkdirSync(dirname(plan.logFile), { recursive: true });
    mkdirSync(dirname(plan.pidFile), { recursive: true });
    if (existsSync(plan.logFile)) renameSync(plan.logFile, `${plan.logFile}.1`);
    const log = openSync(plan.logFile, 'a');
    const child = spawn(plan.command, plan.args, { cwd: plan.cwd, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.child = child;
    this.expectedToEnd = false;
    let up = false;
    let failure: Error | undefined;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        failure = error;
        resolve();
      });
      child.on('exit', (code, endedBy) => {
        failure = new Error(endedBy === null ? `it ended with code ${code}` : `it was ended by ${endedBy}`);
        rmSync(plan.pidFile, { force: true });
        if (up && !this.expectedToEnd) this.onLost(failure.message);
        resolve();
      });
    });
    if (child.pid !== undefined) {
      writeFileSync(plan.pidFile, JSON.stringify(processIdentity(child.pid) ?? { pid: child.pid }));
    }
    try {
      up = await waitUntil(
        async () => {
          if (failure !== undefined) throw failure;
          return plan.answers();
        },
        plan.startLimitMs,
        signal,
      );
    } catch (error) {
      if (signal?.aborted) throw error;
      throw this.startFailure((error as Error).message);
    }
    if (!up) throw this.startFailure(`it did not answer within ${Math.round(plan.startLimitMs / 1000)} s`);
    return performance.now() - from;
  }

  /** SIGTERM, then SIGKILL when it does not end; resolves once it has ended. */
  async stop(): Promise<void> {
    this.expectedToEnd = true;
    const { child } = this;
    if (child === undefined || !isRunning(child)) return this.ended;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** SIGKILL; resolves once it has ended. */
  async kill(): Promise<void> {
    this.expectedToEnd = true;
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  private startFailure(why: string): FatalError {
    const tail = lastLines(this.plan.logFile, 8);
    return new FatalError(
      'stack_failed',
      `${this.plan.title} did not come up: ${why}. Its log is ${this.plan.logFile}${tail === '' ? '' : `, which ends:\n${tail}`}`,
      { details: { part: this.plan.title, logFile: this.plan.logFile } },
    );
  }
}

/**
 * Stops a process that an earlier run left behind, and removes its pid file.
 * Only a process with the same start time and with `marker` in its command line is ours; any other is left alone.
 * Returns whether there was one.
 */
export async function stopLeftover(pidFile: string, marker: string): Promise<boolean> {
  const identity = readIdentity(pidFile);
  rmSync(pidFile, { force: true });
  if (identity === undefined || !stillRuns(identity)) return false;
  if (!processIdentity(identity.pid)?.command.includes(marker)) return false;
  const gone = async () => !stillRuns(identity);
  signalTo(identity.pid, 'SIGTERM');
  if (!(await waitUntil(gone, stopLimitMs))) {
    signalTo(identity.pid, 'SIGKILL');
    await waitUntil(gone, stopLimitMs);
  }
  return true;
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It may have ended in between.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    // Missing, or cut short by a crash: there is nothing to go by.
    return undefined;
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function lastLines(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
