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

/**
 * What all commands have in common, at any depth: wrong calls are thrown instead of ending the process, and an option
 * belongs to the command that it stands behind, also where the command around that one has an option of the same name.
 */
export function applyConventions(command: Command): void {
  command.exitOverride().showHelpAfterError('(see --help)').enablePositionalOptions();
  for (const subcommand of command.commands) applyConventions(subcommand);
}
