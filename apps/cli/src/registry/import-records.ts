import { type EntityKind, entityKinds } from '@alphapulse/registry';
import { CsvError, parse } from 'csv-parse';
import { UsageError } from '../usage-error.ts';
import { type FactField, factFields } from './fact-fields.ts';
import { openInput, readLines } from './input-file.ts';
import type { Problem } from './statement-shape.ts';

/** A line of a file that is imported: its JSON value, or why it has none. */
export type ImportRecord = { readonly line: number } & ({ readonly value: unknown } | { readonly problem: Problem });

export type ImportFormat = 'jsonl' | 'csv';

/** The records of a file, one at a time. @throws UsageError for a file that cannot be read at all. */
export function importRecords(
  file: string,
  format: ImportFormat,
  kind: EntityKind | undefined,
): AsyncGenerator<ImportRecord> {
  return format === 'csv' ? csvRecords(file, kind) : jsonRecords(file);
}

async function* jsonRecords(file: string): AsyncGenerator<ImportRecord> {
  for await (const { number, text } of readLines(file)) {
    try {
      yield { line: number, value: JSON.parse(text) as unknown };
    } catch (error) {
      const message = `not JSON: ${(error as Error).message}`;
      yield { line: number, problem: { code: 'request_invalid', path: '', message } };
    }
  }
}

/**
 * Rows of a CSV file with a head: `facts.<fact>` or the fact’s own name, and the fields of a line of JSON. A column that
 * is there states its fact: an empty cell says that there is none.
 */
async function* csvRecords(file: string, kind: EntityKind | undefined): AsyncGenerator<ImportRecord> {
  const parser = parse({ bom: true, info: true, columns: true, skip_empty_lines: true, relax_column_count: false });
  const input = openInput(file);
  input.once('error', (error) => parser.destroy(error));
  input.pipe(parser);
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRow>) yield rowRecord(info.lines, record, kind);
  } catch (error) {
    if (error instanceof CsvError) throw new UsageError(`${file}: ${error.message}`);
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

interface CsvRow {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

const ownColumns = [
  'kind',
  'id',
  'identity',
  'superseded',
  'validFrom',
  'validTo',
  'recordedTime',
  'provenance',
  'source',
];

function rowRecord(line: number, row: Readonly<Record<string, string>>, kind: EntityKind | undefined): ImportRecord {
  const named = row.kind || kind;
  const known = entityKinds.find((each) => each === named);
  // The kind says what the columns mean; without one the statement is wrong as it is.
  if (known === undefined) return { line, value: { ...(named === undefined ? {} : { kind: named }), facts: {} } };
  const facts: Record<string, unknown> = {};
  const value: Record<string, unknown> = { kind: known, facts };
  for (const [column, cell] of Object.entries(row)) {
    const name = column.startsWith('facts.') ? column.slice('facts.'.length) : column;
    const field = (factFields[known] as readonly FactField[]).find((each) => each.name === name);
    const isFact = field !== undefined && (column !== name || !ownColumns.includes(column));
    if (isFact) {
      const read = factFromCell(field, cell);
      if ('problem' in read) return { line, problem: read.problem };
      if (read.fact !== undefined) facts[name] = read.fact;
    } else if (cell !== '') {
      value[column] = column === 'superseded' ? cell === 'true' : cell;
    }
  }
  if (known === 'instruments' && facts.identity === undefined) facts.identity = row.identity;
  return { line, value };
}

type Cell = { readonly fact: unknown } | { readonly problem: Problem };

/** The fact that a cell states; undefined where it states none. */
function factFromCell(field: FactField, cell: string): Cell {
  if (cell === '') return { fact: field.nullable ? null : undefined };
  const wrong = (message: string): Cell => ({
    problem: { code: 'request_invalid', path: `facts.${field.name}`, message },
  });
  switch (field.type) {
    case 'text':
      return { fact: cell };
    case 'number':
    case 'time': {
      const fact = Number(cell);
      return Number.isFinite(fact) ? { fact } : wrong(`${cell} is no number`);
    }
    default:
      try {
        return { fact: JSON.parse(cell) as unknown };
      } catch (error) {
        return wrong(`not JSON: ${(error as Error).message}`);
      }
  }
}
