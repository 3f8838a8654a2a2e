import { existsSync, readFileSync } from 'node:fs';
import { parseDuration } from '../duration.ts';
import { UsageError } from '../usage-error.ts';

/** How `start` runs, checked. */
export interface StartOptions {
  /** `simulated`: a seeded market model; `recorded`: recordings through local venue servers; `live`: the real venues. */
  readonly mode: 'simulated' | 'recorded' | 'live';
  readonly recording: string | undefined;
  readonly speed: '1' | '10' | 'max';
  readonly durationMs: number | undefined;
  readonly summaryFile: string | undefined;
  /** Settings by source for live collection. */
  readonly sourceConfig: Readonly<Record<string, Record<string, unknown>>>;
  readonly dashboardPort: number | undefined;
  readonly seed: number;
  readonly directory: string | undefined;
}

/** The flags as commander gives them. */
export interface StartFlags {
  live?: boolean;
  recording?: string;
  speed?: string;
  duration?: string;
  summary?: string;
  config?: string;
  port?: string;
  seed?: string;
  directory?: string;
}

/** A run that is to write a summary must end; simulated and live ones never would. */
const defaultSummaryDurationMs = 30_000;

/** @throws UsageError in one sentence. */
export function startOptions(flags: StartFlags): StartOptions {
  if (flags.live && flags.recording) throw new UsageError('--live and --recording exclude each other');
  const mode = flags.live ? 'live' : flags.recording ? 'recorded' : 'simulated';
  const speed = flags.speed ?? '1';
  if (speed !== '1' && speed !== '10' && speed !== 'max')
    throw new UsageError(`--speed must be 1, 10 or max, not ${speed}`);
  if (mode === 'live' && speed !== '1')
    throw new UsageError('--speed is for simulated and recorded runs; live markets have their own');
  if (flags.recording && !existsSync(flags.recording))
    throw new UsageError(`no such directory or file: ${flags.recording}`);
  const durationMs = flags.duration === undefined ? undefined : parseDuration(flags.duration);
  return {
    mode,
    recording: flags.recording,
    speed,
    durationMs:
      durationMs ?? (flags.summary !== undefined && mode !== 'recorded' ? defaultSummaryDurationMs : undefined),
    summaryFile: flags.summary,
    sourceConfig: flags.config === undefined ? {} : readSourceConfig(flags.config),
    dashboardPort: flags.port === undefined ? undefined : whole('--port', flags.port, 65_535),
    seed: flags.seed === undefined ? 1 : whole('--seed', flags.seed, 2 ** 32 - 1),
    directory: flags.directory,
  };
}

function whole(flag: string, text: string, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new UsageError(`${flag} must be a whole number from 0 to ${max}, not ${text}`);
  return value;
}

function readSourceConfig(file: string): Record<string, Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config ${file}: ${(error as Error).message}`);
  }
  const bySource = (config as { sources?: unknown } | null)?.sources;
  if (typeof bySource !== 'object' || bySource === null)
    throw new UsageError(
      `--config ${file}: needs an object "sources", for example {"sources":{"kraken":{"symbols":["BTC/USD"]}}}`,
    );
  return bySource as Record<string, Record<string, unknown>>;
}
