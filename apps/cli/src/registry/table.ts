import Table from 'cli-table3';

export interface TableOptions {
  /** Columns there are; undefined for as many as it takes. */
  readonly width: number | undefined;
  /** Breaks long cells into lines instead of cutting them. */
  readonly wrap?: boolean;
}

/** No column is made narrower than this, whatever the terminal. */
const leastWidth = 8;

/** A table with a head, as text that ends with a line break. Cells that do not fit are cut with an ellipsis or wrapped. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width, wrap = false }: TableOptions,
): string {
  const clean = rows.map((row) => row.map(printable));
  const colWidths = width === undefined ? undefined : fittingWidths([head, ...clean], width);
  const table = new Table({
    head: [...head],
    // One line a row: rules between them would halve what a screen shows.
    style: { head: [], border: [], compact: true },
    wordWrap: wrap,
    wrapOnWordBoundary: false,
    ...(colWidths ? { colWidths } : {}),
  });
  table.push(...clean.map((row) => [...row]));
  return `${table.toString()}\n`;
}

/** Widths with their padding, the widest columns made narrower until all fit; undefined when they fit as they are. */
function fittingWidths(rows: readonly (readonly string[])[], width: number): number[] | undefined {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length + 2)),
  );
  const available = width - columns - 1;
  let over = widths.reduce((sum, each) => sum + each, 0) - available;
  if (over <= 0) return undefined;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= leastWidth) break;
    widths[widths.indexOf(widest)] = widest - 1;
    over--;
  }
  return widths;
}

/** Texts come from venues and chains: control characters must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
