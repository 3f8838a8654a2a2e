import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RetriableError } from '@alphapulse/core';
import type { EntityKind } from '@alphapulse/registry';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { planPasses } from './import-passes.ts';
import { type ImportFormat, importRecords } from './import-records.ts';
import { type ImportCounts, runImport } from './import-run.ts';
import { checkInput, standardInput } from './input-file.ts';
import { entityKind } from './kind-argument.ts';
import { problemSentence } from './outcomes.ts';
import type { RegistryPorts } from './ports.ts';
import { Progress } from './progress.ts';
import { addWaitOption, timeoutMs, type WaitOption } from './read-options.ts';
import type { Problem } from './statement-shape.ts';

interface ImportOptions extends WaitOption {
  readonly format?: string;
  readonly kind?: string;
  readonly provenance: string;
  readonly json?: boolean;
}

/** Rejected lines that are told to people; the rest is counted, and `--json` tells all. */
const mostTold = 100;

export function importCommand(ports: RegistryPorts): Command {
  return addWaitOption(
    new Command('import')
      .description('Register what an export holds, references first. What is registered already changes nothing.')
      .argument('<file>', 'JSON Lines or CSV, also packed as .gz; - for standard input')
      .option('--format <format>', 'jsonl or csv; default by the name of the file, else jsonl')
      .option('--kind <kind>', 'kind of the lines, where they do not name it')
      .option('--provenance <text>', 'where facts come from whose lines do not say it', 'import')
      .option('--json', 'one JSON object a rejected line, then one with the counts'),
  ).action(async (file: string, options: ImportOptions) => {
    const kind = options.kind === undefined ? undefined : entityKind(options.kind);
    const format = formatOf(file, options.format);
    checkInput(file);
    const { file: readable, discard } = await rereadable(file);
    try {
      await importFile(readable, format, kind, options, ports);
    } finally {
      discard();
    }
  });
}

async function importFile(
  file: string,
  format: ImportFormat,
  kind: EntityKind | undefined,
  options: ImportOptions,
  { write, clock, terminal }: RegistryPorts,
): Promise<void> {
  const open = () => importRecords(file, format, kind);
  const plan = await planPasses(open(), kind);
  const progress = new Progress(plan.lines, 'lines', { clock, terminal });
  let told = 0;
  const onRejected = async (line: number, problem: Problem) => {
    told++;
    if (options.json) return terminal.out(`${JSON.stringify({ line, ...problem })}\n`);
    if (told > mostTold) return;
    progress.clear();
    terminal.err(`line ${line}: ${problemSentence(problem)}\n`);
  };
  let reached = 0;
  const counts = await write(timeoutMs(options), (writer) =>
    runImport({
      plan,
      open,
      defaults: { ...(kind === undefined ? {} : { kind }), provenance: options.provenance },
      writer,
      onRejected,
      onProgress: (now) => {
        reached = doneOf(now);
        progress.update(reached);
      },
    }),
  ).catch((error: unknown) => {
    progress.clear();
    if (!(error instanceof RetriableError)) throw error;
    const { code, message, cause, details } = error;
    const where = `${message}; ${reached} of ${plan.lines} lines are done, and importing again goes on from there`;
    throw new RetriableError(code, where, { cause, details });
  });
  progress.clear();
  if (told > mostTold && !options.json) terminal.err(`… and ${told - mostTold} more; --json tells all\n`);
  if (options.json) await terminal.out(`${JSON.stringify(counts)}\n`);
  else await terminal.out(`${summary(counts)}\n`);
  if (counts.rejected > 0)
    throw new UsageError(`${counts.rejected} of ${counts.lines} lines were rejected; the others are registered`);
}

function doneOf({ registered, unchanged, rejected, passedOver }: ImportCounts): number {
  return registered + unchanged + rejected + passedOver;
}

function summary({ lines, registered, unchanged, rejected, passedOver }: ImportCounts): string {
  const also = passedOver > 0 ? `, ${passedOver} passed over (findings and former beliefs)` : '';
  return `${lines} lines: ${registered} registered, ${unchanged} unchanged, ${rejected} rejected${also}`;
}

function formatOf(file: string, format: string | undefined): ImportFormat {
  if (format === undefined) return /\.csv(\.gz)?$/.test(file) ? 'csv' : 'jsonl';
  if (format !== 'jsonl' && format !== 'csv') throw new UsageError(`--format is jsonl or csv, not ${format}`);
  return format;
}

/** Standard input can be read once only, and importing reads several times: it is kept in a file meanwhile. */
async function rereadable(file: string): Promise<{ readonly file: string; readonly discard: () => void }> {
  if (file !== standardInput) return { file, discard: () => undefined };
  const directory = mkdtempSync(join(tmpdir(), 'alphapulse-import-'));
  const copy = join(directory, 'input');
  await pipeline(process.stdin, createWriteStream(copy));
  return { file: copy, discard: () => rmSync(directory, { recursive: true, force: true }) };
}
