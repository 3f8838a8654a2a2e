import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { RejectedRecordError } from '@alphapulse/core';
import type { ParsedEvent } from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { rawRecords } from './raw-records.ts';

/** Counts of a parse run. */
interface ParseSummary {
  /** Received messages read, HTTP answers included. */
  frames: number;
  /** Events by kind. */
  kinds: Record<string, number>;
  /** Messages that yield nothing by intent, by reason. */
  filtered: Record<string, number>;
  /** Messages that cannot be parsed, by error code. */
  rejected: Record<string, number>;
  /** True when every message gave an event, was filtered or was rejected. */
  accounted: boolean;
}

export function parseCommand(): Command {
  return new Command('parse')
    .description('Print the normalised events of recorded frames, one JSON object a line. Needs no broker.')
    .requiredOption('--source <id>', `source: ${sources.map(({ id }) => id).join(', ')}`)
    .option('--summary', 'print only counts: events per kind, filtered by reason, rejected by code')
    .argument('<file...>', 'recordings (.jsonl or .jsonl.gz), merged by receive time')
    .action(async (files: string[], options: { source: string; summary?: boolean }) => {
      const source = sources.find(({ id }) => id === options.source);
      if (!source)
        throw new UsageError(
          `no source is named ${options.source}; there are ${sources.map(({ id }) => id).join(', ')}`,
        );
      const missing = files.filter((file) => !existsSync(file));
      if (missing.length > 0) throw new UsageError(`no such file: ${missing.join(', ')}`);

      const summary: ParseSummary = { frames: 0, kinds: {}, filtered: {}, rejected: {}, accounted: true };
      const parser = source.createParser();
      for await (const { file, line, record } of rawRecords(source, files)) {
        summary.frames++;
        const events: ParsedEvent[] = [];
        const reasons: string[] = [];
        try {
          parser.parse(record, { event: (event) => events.push(event), filtered: (reason) => reasons.push(reason) });
        } catch (error) {
          if (!(error instanceof RejectedRecordError)) throw error;
          count(summary.rejected, error.code);
          if (!options.summary) console.error(`${file}:${line}: ${error.code}: ${error.message}`);
          continue;
        }
        if (events.length === 0 && reasons.length === 0) summary.accounted = false;
        for (const reason of reasons) count(summary.filtered, reason);
        for (const event of events) {
          count(summary.kinds, event.kind);
          if (!options.summary && !process.stdout.write(`${JSON.stringify(event)}\n`))
            await once(process.stdout, 'drain');
        }
      }
      if (options.summary) console.log(JSON.stringify(summary, null, 2));
    });
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
