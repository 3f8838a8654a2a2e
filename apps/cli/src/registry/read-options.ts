import { parseTimeUs, RejectedRecordError } from '@alphapulse/core';
import type { Command } from 'commander';
import { parseDuration } from '../duration.ts';
import { UsageError } from '../usage-error.ts';

export interface WaitOption {
  readonly timeout: string;
}

/** Adds `--timeout`: no command waits for ever. */
export function addWaitOption(command: Command): Command {
  return command.option('--timeout <time>', 'give up when Kafka or the schema registry is away for so long', '30s');
}

export function timeoutMs({ timeout }: WaitOption): number {
  return parseDuration(timeout);
}

/** A time from an option, in microseconds; undefined when it was not given. @throws UsageError naming the option. */
export function timeOption(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseTimeUs(text, option);
  } catch (error) {
    if (error instanceof RejectedRecordError) throw new UsageError(error.message);
    throw error;
  }
}
