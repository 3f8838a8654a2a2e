import { tableError } from '@alphapulse/market';
import { readReferenceFile } from './csv-file.ts';
import { type CsvRow, csvColumns } from './csv-row.ts';
import type { ProviderAnswer, ReferenceProvider } from './reference-provider.ts';
import { agreedFacts, type FactName } from './security-facts.ts';
import { keyText, type SecurityKey } from './security-key.ts';

/** Facts that are the same for all listings of a security. */
const ofSecurity: readonly FactName[] = ['cusip', 'shareClassFigi', 'name', 'securityType', 'sector'];

/** A row that says again what another says. */
export interface DuplicateRow {
  readonly line: number;
  readonly sameAs: number;
}

export interface CsvProvider extends ReferenceProvider {
  readonly rows: number;
  /** Rows that repeat others word for word; rows that contradict others are errors. */
  readonly duplicates: readonly DuplicateRow[];
}

/**
 * A provider over a reference file, read once into memory (`csvColumns`; see the README for the format).
 * @param name default: `csv`
 * @throws FatalError `reference_file_invalid` naming line and column of whatever is wrong, contradictions included.
 */
export async function createCsvProvider(path: string, name = 'csv'): Promise<CsvProvider> {
  const table = new ReferenceTable(path);
  await readReferenceFile(path, (row) => table.add(row));
  return {
    name,
    gives: csvColumns,
    rows: table.rows,
    duplicates: table.duplicates,
    lookUp: (keys) => Promise.resolve(new Map(keys.map((key) => [keyText(key), table.find(key)]))),
  };
}

class ReferenceTable {
  readonly #file: string;
  readonly #byKey = new Map<string, CsvRow[]>();
  readonly duplicates: DuplicateRow[] = [];
  rows = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** @throws FatalError `reference_file_invalid` when the row contradicts one before it. */
  add(row: CsvRow): void {
    const { isin, cusip, ticker, mic } = row.facts;
    this.rows++;
    const listing = ticker !== undefined && mic !== undefined ? keyText({ by: 'ticker', ticker, mic }) : undefined;
    const security = isin === undefined ? (cusip === undefined ? [] : [`cusip:${cusip}`]) : [`isin:${isin}`];
    const same = (listing ? this.#byKey.get(listing) : undefined)?.[0] ?? this.#sameSecurity(row, security[0]);
    if (same && JSON.stringify(same.facts) === JSON.stringify(row.facts)) {
      this.duplicates.push({ line: row.line, sameAs: same.line });
      return;
    }
    if (same) this.#contradicts(row, same, csvColumns);
    // Listings of one security differ in ticker and FIGI, but not in what the security is.
    const other = security[0] === undefined ? undefined : this.#byKey.get(security[0])?.[0];
    if (other) this.#contradicts(row, other, ofSecurity);
    for (const key of new Set([...(listing ? [listing] : []), ...security, ...(cusip ? [`cusip:${cusip}`] : [])])) {
      const known = this.#byKey.get(key);
      if (known) known.push(row);
      else this.#byKey.set(key, [row]);
    }
  }

  find(key: SecurityKey): ProviderAnswer {
    const rows = this.#byKey.get(key.by === 'ticker' ? keyText(key) : keyText(withoutMic(key))) ?? [];
    // A row without a MIC is about the security, whatever the market.
    const fitting = rows.filter(({ facts }) => key.mic === undefined || (facts.mic ?? key.mic) === key.mic);
    if (fitting.length === 0) return { outcome: 'unknown' };
    return { outcome: 'found', facts: agreedFacts(fitting.map(({ facts }) => facts)) };
  }

  /** The row before that is about the same security and the same market, or about no market like this one. */
  #sameSecurity(row: CsvRow, security: string | undefined): CsvRow | undefined {
    if (security === undefined) return undefined;
    return this.#byKey
      .get(security)
      ?.find(({ facts }) => facts.mic === row.facts.mic && facts.ticker === row.facts.ticker);
  }

  #contradicts(row: CsvRow, before: CsvRow, columns: readonly FactName[]): void {
    for (const column of columns) {
      const [said, known] = [row.facts[column], before.facts[column]];
      if (said !== undefined && known !== undefined && said !== known)
        throw tableError(this.#file, row.line, column, `'${said}' contradicts '${known}' in line ${before.line}`);
    }
  }
}

function withoutMic(key: Exclude<SecurityKey, { by: 'ticker' }>): SecurityKey {
  return key.by === 'isin' ? { by: 'isin', isin: key.isin } : { by: 'cusip', cusip: key.cusip };
}
