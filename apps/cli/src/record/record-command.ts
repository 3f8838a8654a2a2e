import { type RawSink, RetriableError, systemClock } from '@alphapulse/core';
import { createNet } from '@alphapulse/net';
import { createRecording } from '@alphapulse/recording';
import { createLogger } from '@alphapulse/runtime';
import { sources } from '@alphapulse/sources';
import { Command } from 'commander';
import { parseDuration } from '../duration.ts';
import { UsageError } from '../usage-error.ts';
import { recordingNet } from './recording-net.ts';

interface RecordOptions {
  source: string;
  out: string;
  duration?: string;
  symbols?: string;
  config?: string;
}

export function recordCommand(): Command {
  return new Command('record')
    .description('Capture a source into a recording that `parse` and `npm start -- --recording` read. Needs no broker.')
    .requiredOption('--source <id>', `source: ${sources.map(({ id }) => id).join(', ')}`)
    .requiredOption('--out <file>', 'recording to write; gzipped when the name ends in .gz')
    .option('--duration <time>', 'how long, for example 30s or 5m; default until Ctrl-C')
    .option('--symbols <list>', 'symbols, separated by commas; default the source’s own')
    .option('--config <json>', 'the source’s configuration as JSON, for example endpoints and channels')
    .action(async (options: RecordOptions) => {
      const source = sources.find(({ id }) => id === options.source);
      if (!source)
        throw new UsageError(
          `no source is named ${options.source}; there are ${sources.map(({ id }) => id).join(', ')}`,
        );
      const config = source.configure({
        ...parseJson(options.config),
        ...(options.symbols ? { symbols: options.symbols.split(',').map((symbol) => symbol.trim()) } : {}),
      });
      const tasks = source.plan(config);
      if (tasks.length > 1)
        throw new UsageError(`this needs ${tasks.length} connections; a recording holds one: ask for fewer symbols`);
      const log = createLogger('record');
      const clock = systemClock;
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      process.once('SIGTERM', () => stop.abort());
      if (options.duration) void clock.sleep(parseDuration(options.duration), stop.signal).then(() => stop.abort());

      const writer = await createRecording(options.out, { source: source.id, transport: 'websocket', endpoint: '' });
      let frames = 0;
      const net = recordingNet(createNet({ clock, log }), writer, clock, () => frames++);
      const sink: RawSink = {
        message: () => undefined,
        get full() {
          return writer.full;
        },
        drained: () => writer.drained(),
        gap: () => ({ resolve: () => undefined }),
      };
      const progress = setInterval(() => process.stderr.write(`\r${frames} frames`), 500);
      try {
        const deps = { clock, net, sink, signal: stop.signal, log };
        await source.discover(tasks[0], deps).catch((error) => {
          if (!(error instanceof RetriableError)) throw error;
          log.warn({ code: error.code, error: error.message }, 'listings not recorded');
        });
        await source.collect(tasks[0], deps);
      } finally {
        clearInterval(progress);
        await writer.close();
        process.stderr.write(`\r${frames} frames in ${options.out}\n`);
      }
    });
}

function parseJson(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`--config is not JSON: ${(error as Error).message}`);
  }
}
