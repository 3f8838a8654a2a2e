import { FatalError } from '@alphapulse/core';

export interface DashboardConfig {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How much of the event topics' past is read at start. */
  readonly historyMs: number;
  /** The local venue servers play recordings: the page says RECORDED rather than SIMULATED. */
  readonly recorded: boolean;
}

/**
 * Reads DASHBOARD_HOST (default 127.0.0.1), DASHBOARD_PORT (8080), DASHBOARD_HISTORY_MINUTES (10) and
 * DASHBOARD_RECORDED (false). @throws FatalError `config_invalid` naming the variable.
 */
export function dashboardConfig(env: NodeJS.ProcessEnv = process.env): DashboardConfig {
  return {
    host: env.DASHBOARD_HOST || '127.0.0.1',
    port: whole(env, 'DASHBOARD_PORT', 8080, 65_535),
    historyMs: whole(env, 'DASHBOARD_HISTORY_MINUTES', 10, 7 * 24 * 60) * 60_000,
    recorded: env.DASHBOARD_RECORDED === 'true',
  };
}

function whole(env: NodeJS.ProcessEnv, name: string, fallback: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new FatalError('config_invalid', `${name} must be a whole number from 0 to ${max}, not ${text}`);
  return value;
}
