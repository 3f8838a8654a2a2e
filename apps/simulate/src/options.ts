import { parseArgs } from 'node:util';
import { FatalError } from '@alphapulse/core';
import type { MarketSpeed } from '@alphapulse/testkit';

export interface SimulateOptions {
  /** Times the real rate, or `max`: as fast as clients read. */
  readonly speed: MarketSpeed;
  readonly seed: number;
  /** Plays recordings from this directory or file instead of a simulated market. */
  readonly recording: string | undefined;
  /** Gets the endpoints and tasks as JSON, whole, once everything listens. */
  readonly portFile: string | undefined;
  /** Gets one JSON line for each planted dislocation. */
  readonly truthFile: string | undefined;
  readonly binancePort: number;
  readonly krakenPort: number;
  /** Of the recordings’ server. */
  readonly playbackPort: number;
  readonly statusPort: number;
  /** Market events a second over all venues, before the speed. */
  readonly rate: number;
  /** Net of fees from which a dislocation counts as an arbitrage, in basis points. */
  readonly thresholdBps: number;
  /** False plants no dislocations. */
  readonly dislocations: boolean;
}

const flags = {
  speed: { type: 'string' },
  seed: { type: 'string' },
  recording: { type: 'string' },
  'port-file': { type: 'string' },
  truth: { type: 'string' },
  'binance-port': { type: 'string' },
  'kraken-port': { type: 'string' },
  'playback-port': { type: 'string' },
  'status-port': { type: 'string' },
  rate: { type: 'string' },
  'threshold-bps': { type: 'string' },
  'no-dislocations': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const simulateUsage = `Local venue servers that speak the venues' protocols: a simulated market, or recordings played back.

  --speed 1|10|max        times the real rate, or as fast as clients read (default 1)
  --seed N                the simulated market's seed (default 1)
  --rate N                market events a second over all venues, before --speed (default 500)
  --threshold-bps N       planted dislocations lie above and below this net (default 5)
  --no-dislocations       plants none
  --recording DIR         plays the recordings of a directory, or one file, instead
  --port-file FILE        gets endpoints and collection tasks as JSON once everything listens
  --truth FILE            gets one JSON line for each planted dislocation as it ends
  --binance-port, --kraken-port, --playback-port, --status-port N   default: any free port
Each may also be given in the environment: SIMULATE_SPEED, SIMULATE_PORT_FILE and so on.
`;

/** Reads flags, then the environment. @throws FatalError `config_invalid`; returns undefined when help is asked for. */
export function parseSimulateOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SimulateOptions | undefined {
  let values: { readonly [name in keyof typeof flags]?: string | boolean | undefined };
  try {
    ({ values } = parseArgs({ args: [...argv], options: flags, strict: true }));
  } catch (cause) {
    throw new FatalError('config_invalid', `simulate: ${(cause as Error).message}`, { cause });
  }
  if (values.help) return undefined;
  const text = (name: keyof typeof flags): string | undefined => {
    const given = values[name] ?? env[`SIMULATE_${name.toUpperCase().replaceAll('-', '_')}`];
    return typeof given === 'string' && given !== '' ? given : undefined;
  };
  const number = (name: keyof typeof flags, fallback: number, least: number, most: number): number => {
    const given = text(name);
    const value = given === undefined ? fallback : Number(given);
    if (!Number.isFinite(value) || value < least || value > most)
      throw invalid(name, `a number from ${least} to ${most}`);
    return value;
  };
  const port = (name: keyof typeof flags): number => Math.floor(number(name, 0, 0, 65_535));
  const speed = text('speed') ?? '1';
  if (speed !== 'max' && !(Number(speed) > 0 && Number(speed) <= 10_000))
    throw invalid('speed', 'max or a number above 0, at most 10000');
  return {
    speed: speed === 'max' ? 'max' : Number(speed),
    seed: Math.floor(number('seed', 1, 0, Number.MAX_SAFE_INTEGER)),
    recording: text('recording'),
    portFile: text('port-file'),
    truthFile: text('truth'),
    binancePort: port('binance-port'),
    krakenPort: port('kraken-port'),
    playbackPort: port('playback-port'),
    statusPort: port('status-port'),
    rate: number('rate', 500, 0.1, 1_000_000),
    thresholdBps: number('threshold-bps', 5, -20, 200),
    dislocations: values['no-dislocations'] !== true && env.SIMULATE_NO_DISLOCATIONS !== '1',
  };
}

function invalid(name: string, expected: string): FatalError {
  return new FatalError('config_invalid', `simulate: --${name} must be ${expected}.`, { details: { field: name } });
}
