import { AlphaPulseError } from '@alphapulse/core';
import { type Command, CommanderError } from 'commander';
import { UsageError } from './usage-error.ts';

/** How a command ends that threw: 2 when it was called wrongly, 1 for everything else, 0 for help and version. */
export interface Exit {
  readonly code: 0 | 1 | 2;
  /** What is still to be said; commander has said its own. An error that nobody foresaw comes as it is. */
  readonly message?: unknown;
}

export function exitOf(error: unknown): Exit {
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof UsageError) return { code: 2, message: error.message };
  if (error instanceof AlphaPulseError) return { code: 1, message: `${error.message} (${error.code})` };
  return { code: 1, message: error };
}

/** Lets wrong calls of a command, and of the commands in it at any depth, be thrown instead of ending the process. */
export function throwWrongCalls(command: Command): void {
  command.exitOverride().showHelpAfterError('(see --help)');
  for (const subcommand of command.commands) throwWrongCalls(subcommand);
}
