import { spawn } from 'node:child_process';

export interface CommandResult {
  /** Exit code; undefined when the command could not be started or was ended by a signal. */
  readonly code: number | undefined;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Takes output as it comes. */
  readonly onOutput?: (text: string) => void;
  readonly timeoutMs?: number;
}

/** Runs a command to its end; never throws for a command that is missing or fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    // Not spawn's own `timeout`: that keeps the process alive when the command is missing.
    const limits = [
      options.signal ?? [],
      options.timeoutMs === undefined ? [] : AbortSignal.timeout(options.timeoutMs),
    ].flat();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      signal: AbortSignal.any(limits),
    });
    let output = '';
    const take = (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      output += text;
      options.onOutput?.(text);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ code: undefined, output: output + error.message }));
    child.on('close', (code) => resolve({ code: code ?? undefined, output }));
  });
}
