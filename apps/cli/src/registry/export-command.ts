import { type Entities, type EntityKind, entityKinds, type Kind } from '@alphapulse/registry';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { csvColumns, csvRecord, csvRow } from './csv.ts';
import { type ExportLine, exportLine, kindsReferred } from './export-line.ts';
import { exportOrder } from './export-order.ts';
import { referenceOrder } from './fact-fields.ts';
import { kindList } from './kind-argument.ts';
import { writeOutput } from './output-file.ts';
import type { RegistryPorts, RegistryReader } from './ports.ts';
import { addWaitOption, timeOption, timeoutMs, type WaitOption } from './read-options.ts';

interface ExportOptions extends WaitOption {
  readonly kinds?: string;
  readonly format?: string;
  readonly out?: string;
  readonly history?: boolean;
  readonly asOf?: string;
  readonly recordedTime: boolean;
}

export function exportCommand({ read, terminal }: RegistryPorts): Command {
  return addWaitOption(
    new Command('export')
      .description('Write entities with all their versions, in a form that import takes.')
      .option('--kinds <list>', 'kinds separated by commas; default every kind of entity')
      .option('--format <format>', 'jsonl, or csv for one kind; default by the name of the file, else jsonl')
      .option('--out <file>', 'file to write, packed when its name ends in .gz; default standard output')
      .option('--history', 'also what was believed before corrections')
      .option('--as-of <time>', 'only the facts that hold at this time')
      .option('--no-recorded-time', 'leave out when this registry learned each version, to compare registries'),
  ).action(async (options: ExportOptions) => {
    const kinds = options.kinds === undefined ? entityKinds : kindList(options.kinds);
    const format = formatOf(options);
    const asOfUs = timeOption('--as-of', options.asOf);
    if (asOfUs !== undefined && options.history)
      throw new UsageError('--as-of and --history exclude each other: beliefs of before hold at no time');
    if (format === 'csv' && (kinds.length !== 1 || !isEntityKind(kinds[0] as Kind)))
      throw new UsageError('a CSV file holds one kind of entity: name it with --kinds');
    const selection = { history: options.history === true, asOfUs, recordedTime: options.recordedTime };

    let lines = 0;
    await read(kindsToRead(kinds), timeoutMs(options), async (reader) => {
      const texts = async function* () {
        for await (const text of exportTexts(kinds, format, selection, reader)) {
          lines++;
          yield text;
        }
      };
      if (options.out !== undefined) await writeOutput(options.out, texts());
      else for await (const text of texts()) await terminal.out(text);
    });
    const written = format === 'csv' ? lines - 1 : lines;
    terminal.err(`${written} ${written === 1 ? 'line' : 'lines'}${options.out ? ` in ${options.out}` : ''}\n`);
  });
}

interface Selection {
  readonly history: boolean;
  readonly asOfUs: number | undefined;
  readonly recordedTime: boolean;
}

/** The lines of an export, references first. */
export async function* exportTexts(
  kinds: readonly Kind[],
  format: 'jsonl' | 'csv',
  selection: Selection,
  reader: RegistryReader,
): AsyncGenerator<string> {
  for (const kind of referenceOrder) {
    if (!kinds.includes(kind)) continue;
    const columns = csvColumns(kind, selection);
    if (format === 'csv') yield csvRecord(columns);
    for (const line of linesOf(kind, selection, reader))
      yield format === 'csv' ? csvRow(line, columns) : `${JSON.stringify(line)}\n`;
  }
  // Findings, not statements: import passes them over.
  if (kinds.includes('collisions'))
    for (const record of reader.collisions()) yield `${JSON.stringify({ kind: 'collisions', record })}\n`;
  if (kinds.includes('mappings'))
    for (const record of reader.mappings()) yield `${JSON.stringify({ kind: 'mappings', record })}\n`;
}

function* linesOf(
  kind: EntityKind,
  { history, asOfUs, recordedTime }: Selection,
  reader: RegistryReader,
): Generator<ExportLine> {
  const line = (entity: Entities[EntityKind], superseded = false) =>
    exportLine(kind, entity as never, reader, { superseded, recordedTime });
  for (const id of exportOrder(kind, reader)) {
    if (asOfUs !== undefined) {
      const entity = reader.asOf(kind, id, asOfUs);
      if (entity) yield line(entity);
      continue;
    }
    for (const version of reader.history(kind, id)) yield line(version);
    if (history) for (const belief of [...reader.superseded(kind, id)].reverse()) yield line(belief, true);
  }
}

function formatOf({ format, out = '' }: ExportOptions): 'jsonl' | 'csv' {
  if (format === undefined) return /\.csv(\.gz)?$/.test(out) ? 'csv' : 'jsonl';
  if (format !== 'jsonl' && format !== 'csv') throw new UsageError(`--format is jsonl or csv, not ${format}`);
  return format;
}

function kindsToRead(kinds: readonly Kind[]): Kind[] {
  return [...new Set(kinds.flatMap((kind) => [kind, ...(isEntityKind(kind) ? kindsReferred[kind] : [])]))];
}

function isEntityKind(kind: Kind): kind is EntityKind {
  return (entityKinds as readonly Kind[]).includes(kind);
}
