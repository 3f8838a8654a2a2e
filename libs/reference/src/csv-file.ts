import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { FatalError } from '@alphapulse/core';
import { tableError } from '@alphapulse/market';
import { CsvError, parse } from 'csv-parse';
import { type CsvRow, csvColumns, readCsvRow } from './csv-row.ts';

/** Problems shown of a file that has many. */
const shownProblems = 20;

/**
 * Reads a reference file row by row, without ever holding its text. All problems of rows are gathered, so that a file
 * can be put right in one go.
 * @throws FatalError `reference_file_invalid` naming file, line and column.
 */
export async function readReferenceFile(path: string, row: (row: CsvRow) => void): Promise<void> {
  const problems: FatalError[] = [];
  const parser = parse({
    bom: true,
    columns: (header: string[]) => checkHeader(header, path),
    comment: '#',
    comment_no_infix: true,
    info: true,
    skip_empty_lines: true,
    trim: true,
  });
  let rows = 0;
  try {
    await pipeline(createReadStream(path), parser, async (records: AsyncIterable<unknown>) => {
      for await (const { info, record } of records as AsyncIterable<Parsed>) {
        rows++;
        try {
          row(readCsvRow(record, info.lines, path));
        } catch (error) {
          if (!(error instanceof FatalError)) throw error;
          if (problems.length <= shownProblems) problems.push(error);
        }
      }
    });
  } catch (error) {
    throw fileError(path, error);
  }
  if (problems.length > 0) throw together(path, problems);
  if (rows === 0) throw tableError(path, 1, null, 'the file has no rows');
}

interface Parsed {
  readonly info: { readonly lines: number };
  readonly record: Readonly<Record<string, string>>;
}

function checkHeader(header: readonly string[], path: string): string[] {
  const names = header.map((name) => name.trim());
  // Comments may stand before it; its line is not known here.
  const fail = (column: string, what: string) => tableError(path, 1, column, `${what} (header)`);
  const unknown = names.find((name) => !csvColumns.some((column) => column === name));
  if (unknown !== undefined) throw fail(unknown, `not a column; there are ${csvColumns.join(', ')}`);
  const doubled = names.find((name, at) => names.indexOf(name) !== at);
  if (doubled !== undefined) throw fail(doubled, 'the column is there twice');
  const hasKey = names.includes('isin') || names.includes('cusip');
  if (!hasKey && !(names.includes('ticker') && names.includes('mic')))
    throw fail('isin', 'a file needs isin, cusip, or ticker and mic to look up by');
  return names;
}

function fileError(path: string, error: unknown): unknown {
  if (error instanceof CsvError) {
    const line = typeof error.lines === 'number' ? error.lines : 0;
    return new FatalError('reference_file_invalid', `${path}:${line}: ${error.message}`, {
      cause: error,
      details: { file: path, line, reason: error.code },
    });
  }
  // The system's errors name the call that failed.
  if (typeof error === 'object' && error !== null && 'code' in error && 'syscall' in error) {
    return new FatalError('reference_file_invalid', `${path}: cannot be read (${error.code})`, {
      cause: error,
      details: { file: path },
    });
  }
  return error;
}

function together(path: string, problems: readonly FatalError[]): FatalError {
  if (problems.length === 1) return problems[0] as FatalError;
  const shown = problems.slice(0, shownProblems).map(({ message }) => message);
  const more = problems.length > shownProblems ? '\nand more' : '';
  return new FatalError('reference_file_invalid', `${path} has several problems:\n${shown.join('\n')}${more}`, {
    details: { file: path, problems: problems.slice(0, shownProblems).map(({ details }) => details) },
  });
}
