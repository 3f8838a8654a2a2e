import { cusipOfIsin, isCusip, isFigi, isIsin, isMic, tableError } from '@alphapulse/market';
import type { FactName, SecurityFacts } from './security-facts.ts';
import { isTicker } from './security-key.ts';

/** Columns of a reference file: the facts, each optional, in any order. */
export const csvColumns: readonly FactName[] = [
  ...(['isin', 'cusip', 'ticker', 'mic', 'figi', 'shareClassFigi', 'name', 'securityType', 'sector'] as const),
];

/** One listing of a security, or the security itself where ticker and MIC are left out. */
export interface CsvRow {
  readonly line: number;
  readonly facts: SecurityFacts;
}

/**
 * Checks a row's cells.
 * @throws FatalError `reference_file_invalid` naming line and column.
 */
export function readCsvRow(cells: Readonly<Record<string, string>>, line: number, file: string): CsvRow {
  const facts: Partial<Record<FactName, string>> = {};
  for (const column of csvColumns) {
    const text = cells[column];
    if (text) facts[column] = text;
  }
  const problem = problemOf(facts);
  if (problem) throw tableError(file, line, problem.column, problem.what);
  return { line, facts };
}

function problemOf(facts: SecurityFacts): { column: FactName; what: string } | undefined {
  const { isin, cusip, ticker, mic, figi, shareClassFigi } = facts;
  if (isin === undefined && cusip === undefined && (ticker === undefined || mic === undefined))
    return { column: 'isin', what: 'a row needs isin, cusip, or ticker and mic to be found by' };
  if (isin !== undefined && !isIsin(isin))
    return { column: 'isin', what: `no ISIN, or a wrong check digit: '${isin}'` };
  if (cusip !== undefined && !isCusip(cusip))
    return { column: 'cusip', what: `no CUSIP, or a wrong check digit: '${cusip}'` };
  const inIsin = isin === undefined ? null : cusipOfIsin(isin);
  if (cusip !== undefined && inIsin !== null && cusip !== inIsin)
    return { column: 'cusip', what: `'${cusip}' is not the CUSIP in ${isin}` };
  if (ticker !== undefined && !isTicker(ticker))
    return { column: 'ticker', what: `has white space or is longer than 32: '${ticker}'` };
  if (mic !== undefined && !isMic(mic)) return { column: 'mic', what: `not in the ISO 10383 list: '${mic}'` };
  if (figi !== undefined && !isFigi(figi))
    return { column: 'figi', what: `no FIGI, or a wrong check digit: '${figi}'` };
  if (shareClassFigi !== undefined && !isFigi(shareClassFigi))
    return { column: 'shareClassFigi', what: `no FIGI, or a wrong check digit: '${shareClassFigi}'` };
  return undefined;
}
