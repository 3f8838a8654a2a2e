import { Command } from 'commander';
import { type StartFlags, startOptions } from './options.ts';
import { runStart } from './run-start.ts';

export function startCommand(): Command {
  return new Command('start')
    .description('Bring up the local stack and everything on it: collect, process, detect, registry, dashboard.')
    .option('--live', 'collect from the real venues (default: local venue servers with a simulated market)')
    .option('--recording <dir>', 'play recordings through local venue servers; ends when they have been played')
    .option('--speed <speed>', '1, 10 or max, for simulated and recorded runs', '1')
    .option('--duration <time>', 'end after so long, for example 30s or 5m')
    .option(
      '--summary <file>',
      'write the run’s summary as JSON; without --duration a simulated or live run then ends after 30 s',
    )
    .option(
      '--config <file>',
      'JSON with settings by source, for example {"sources":{"kraken":{"symbols":["BTC/USD"]}}}',
    )
    .option('--port <port>', 'port of the dashboard; default 8080, or a free one when that is taken')
    .option('--seed <n>', 'seed of the simulated market', '1')
    .option('--directory <dir>', 'where the local stack keeps data, logs and downloads; default .alphapulse')
    .action(async (flags: StartFlags) => {
      await runStart(startOptions(flags));
    });
}
