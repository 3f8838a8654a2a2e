import { spawn } from 'node:child_process';
import { repositoryRoot } from '@alphapulse/stack';

export interface CommandResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `alphapulse …` as a process of its own, as a shell would, and resolves when it has ended. */
export function alphapulse(
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<CommandResult> {
  // Jest's own settings are not for the command.
  const { NODE_OPTIONS, NODE_ENV, JEST_WORKER_ID, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'apps/cli/src/main.ts', ...args], {
    cwd: repositoryRoot,
    env: { ...inherited, ...env },
  });
  child.stdin.end(input);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
