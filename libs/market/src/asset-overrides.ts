import { parseTimeUs, RejectedRecordError } from '@alphapulse/core';
import { dataFile } from './data-file.ts';
import { assetIdentity, venueIdentity } from './identities.ts';
import { readTable, type TableRow, tableError } from './read-table.ts';

/** A curated statement: on this venue, this code or symbol means this asset, whatever the rules say. */
export interface AssetOverride {
  readonly venue: string;
  /** The venue's code of the asset; null when the row is about one symbol. */
  readonly code: string | null;
  /** The venue's symbol of a listing, whose base asset is meant; null when the row is about a code. */
  readonly symbol: string | null;
  /** Our code. */
  readonly asset: string;
  /** Microseconds; 0 since ever. */
  readonly validFrom: number;
  readonly reason: string;
  /** Where it is written; null where nobody said. */
  readonly source: string | null;
}

/** What a venue writes, and when. */
export interface VenueCode {
  readonly venue: string;
  readonly code: string;
  /** The listing whose base asset it is, where it is one. */
  readonly symbol?: string;
  /** Microseconds; without it, what holds last. */
  readonly atUs?: number;
}

/** The columns of an overrides file, in any order. */
export const overrideColumns = ['venue', 'code', 'symbol', 'asset', 'validFrom', 'reason', 'source'] as const;
type Row = TableRow<(typeof overrideColumns)[number]>;

/** Overrides by venue and code, venue and symbol. */
export class AssetOverrides {
  static readonly none = new AssetOverrides([]);
  readonly #byKey = new Map<string, AssetOverride[]>();
  readonly #venues: ReadonlySet<string>;

  /** @param rows of one key in any order; of the same `validFrom` the last stands. */
  constructor(rows: readonly AssetOverride[]) {
    this.#venues = new Set(rows.map(({ venue }) => venue));
    for (const row of rows) {
      const known = this.#byKey.get(keyOf(row)) ?? [];
      const others = known.filter(({ validFrom }) => validFrom !== row.validFrom);
      this.#byKey.set(
        keyOf(row),
        [...others, row].sort((a, b) => a.validFrom - b.validFrom),
      );
    }
  }

  /** All rows, by key and validity. */
  get rows(): readonly AssetOverride[] {
    return [...this.#byKey.values()].flat();
  }

  /** These and others: where both speak of a key, only the others do, so that a user's file replaces what we ship. */
  with(others: AssetOverrides): AssetOverrides {
    const kept = [...this.#byKey].filter(([key]) => !others.#byKey.has(key)).flatMap(([, rows]) => rows);
    return new AssetOverrides([...kept, ...others.rows]);
  }

  /** The override that holds; one of the symbol goes before one of the code. Undefined where the rules hold. */
  find({ venue, code, symbol, atUs = Number.POSITIVE_INFINITY }: VenueCode): AssetOverride | undefined {
    if (!this.#venues.has(venue)) return undefined;
    const bySymbol = symbol === undefined ? undefined : this.#byKey.get(keyOf({ venue, code: null, symbol }));
    const byCode = this.#byKey.get(keyOf({ venue, code: code.trim(), symbol: null }));
    const holds = ({ validFrom }: AssetOverride) => validFrom <= atUs;
    return bySymbol?.findLast(holds) ?? byCode?.findLast(holds);
  }
}

let shipped: AssetOverrides | undefined;

/** The overrides that come with the code, `data/asset-overrides.csv`. Read once, on first use. */
export function curatedOverrides(): AssetOverrides {
  shipped ??= parseAssetOverrides(dataFile('asset-overrides.csv'), 'asset-overrides.csv');
  return shipped;
}

/**
 * Parses an overrides file (CSV with `overrideColumns`; see `read-table.ts`).
 * @throws FatalError `reference_file_invalid` naming file, line and column.
 */
export function parseAssetOverrides(csv: string, file: string): AssetOverrides {
  const seen = new Map<string, number>();
  const rows = readTable(csv, file, overrideColumns).map((row) => {
    const override = readRow(row, file);
    const key = `${keyOf(override)} ${override.validFrom}`;
    const before = seen.get(key);
    if (before !== undefined) throw tableError(file, row.line, null, `says the same thing as line ${before}`);
    seen.set(key, row.line);
    return override;
  });
  return new AssetOverrides(rows);
}

function readRow({ line, cells }: Row, file: string): AssetOverride {
  const fail = (column: string, what: string) => tableError(file, line, column, what);
  if (!isIdentity(() => venueIdentity(cells.venue)))
    throw fail('venue', `not a venue (small letters, digits, hyphens): '${cells.venue}'`);
  if ((cells.code === '') === (cells.symbol === '')) throw fail('code', 'either a code or a symbol, not both or none');
  if (!isIdentity(() => assetIdentity(cells.asset))) throw fail('asset', `not an asset code: '${cells.asset}'`);
  if (cells.reason === '') throw fail('reason', 'an override without a reason cannot be judged');
  if (cells.source !== '' && !URL.canParse(cells.source)) throw fail('source', `not an address: '${cells.source}'`);
  return {
    venue: cells.venue,
    code: cells.code || null,
    symbol: cells.symbol || null,
    asset: cells.asset,
    validFrom: readValidFrom(cells.validFrom, (what) => fail('validFrom', what)),
    reason: cells.reason,
    source: cells.source || null,
  };
}

/** As `parseTimeUs` takes it; empty since ever. */
function readValidFrom(text: string, fail: (what: string) => Error): number {
  if (text === '') return 0;
  try {
    return parseTimeUs(text, 'validFrom');
  } catch (error) {
    if (!(error instanceof RejectedRecordError)) throw error;
    throw fail(`not a day or a time with its zone: '${text}', for example 2022-05-31T06:00:00Z`);
  }
}

function keyOf({ venue, code, symbol }: Pick<AssetOverride, 'venue' | 'code' | 'symbol'>): string {
  // No part has white space in it, and the letter keeps codes and symbols apart.
  return code === null ? `s ${venue} ${symbol}` : `c ${venue} ${code.replace(/[a-z]+/g, (it) => it.toUpperCase())}`;
}

function isIdentity(print: () => string): boolean {
  try {
    print();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
