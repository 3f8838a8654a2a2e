import { FatalError } from '@alphapulse/core';
import { CsvError, parse } from 'csv-parse/sync';

/** A row of a table by column, with the line it ends on for messages. */
export interface TableRow<Column extends string> {
  readonly line: number;
  readonly cells: Readonly<Record<Column, string>>;
}

/**
 * Reads CSV by RFC 4180: the first line names the columns, in any order; lines that begin with `#` are comments, cells
 * are trimmed. Unknown, missing and doubled columns are errors, so that a misspelt one is not silently empty.
 * @param file for messages
 * @throws FatalError `reference_file_invalid` naming file, line and column.
 */
export function readTable<Column extends string>(
  csv: string,
  file: string,
  columns: readonly Column[],
): TableRow<Column>[] {
  const top = headerLine(csv);
  let rows: { readonly info: { readonly lines: number }; readonly record: Record<Column, string> }[];
  try {
    rows = parse(csv, {
      bom: true,
      columns: (header: string[]) => checkHeader(header, columns, file, top),
      comment: '#',
      comment_no_infix: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as typeof rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : 0;
    throw new FatalError('reference_file_invalid', `${file}:${line}: ${error.message}`, {
      cause: error,
      details: { file, line, reason: error.code },
    });
  }
  if (top === 0) throw tableError(file, 1, null, 'the file has no header');
  return rows.map(({ info, record }) => ({ line: info.lines, cells: record }));
}

/** What is wrong with a cell: `<file>:<line>: <column>: <what>`. */
export function tableError(file: string, line: number, column: string | null, what: string): FatalError {
  return new FatalError('reference_file_invalid', `${file}:${line}: ${column === null ? '' : `${column}: `}${what}`, {
    details: { file, line, column },
  });
}

/** @returns the header's columns. @throws FatalError `reference_file_invalid`. */
export function checkHeader<Column extends string>(
  header: readonly string[],
  columns: readonly Column[],
  file: string,
  line: number,
): Column[] {
  const names = header.map((name) => name.trim());
  const unknown = names.find((name) => !columns.includes(name as Column));
  if (unknown !== undefined)
    throw tableError(file, line, unknown, `not a column of this file; there are ${columns.join(', ')}`);
  const doubled = names.find((name, at) => names.indexOf(name) !== at);
  if (doubled !== undefined) throw tableError(file, line, doubled, 'the column is there twice');
  const missing = columns.find((name) => !names.includes(name));
  if (missing !== undefined) throw tableError(file, line, missing, 'the column is missing');
  return names as Column[];
}

/** Number of the first line that is neither empty nor a comment; 0 when there is none. */
function headerLine(csv: string): number {
  return csv.split(/\r?\n/).findIndex((line) => /\S/.test(line) && !line.startsWith('#')) + 1;
}
