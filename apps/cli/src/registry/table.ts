import Table from 'cli-table3';

export interface TableOptions {
  /** Columns there are; undefined for as many as it takes. */
  readonly width: number | undefined;
  /** Breaks long cells into lines instead of cutting them. */
  readonly wrap?: boolean;
}

/** No column is made narrower than this, padding included, whatever the terminal. */
const leastWidth = 12;

/**
 * A table with a head, as text that ends with a line break. Long cells are cut with an ellipsis or wrapped; where that
 * is not enough, a table that is not wrapped loses its last columns and says which.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { width, wrap = false }: TableOptions,
): string {
  const all = [[...head], ...rows.map((row) => row.map(printable))];
  const shown = width === undefined || wrap ? head.length : columnsThatFit(all, width);
  const [names = [], ...cells] = all.map((row) => row.slice(0, shown));
  const colWidths = width === undefined ? undefined : fittingWidths([names, ...cells], width);
  const table = new Table({
    head: names,
    // One line a row: rules between them would halve what a screen shows.
    style: { head: [], border: [], compact: true },
    wordWrap: wrap,
    wrapOnWordBoundary: false,
    ...(colWidths ? { colWidths } : {}),
  });
  table.push(...cells);
  const left = head.slice(shown);
  return `${table.toString()}\n${left.length > 0 ? `not shown, see --wide: ${left.join(', ')}\n` : ''}`;
}

/** How many columns fit when each is cut as far as it may be; the first is shown in any case. */
function columnsThatFit(rows: readonly (readonly string[])[], width: number): number {
  let needed = 1;
  const least = naturalWidths(rows).map((natural) => Math.min(natural, leastWidth));
  const tooMany = least.findIndex((each) => {
    needed += each + 1;
    return needed > width;
  });
  return tooMany < 0 ? least.length : Math.max(1, tooMany);
}

/** Widths with their padding, the widest columns made narrower until all fit; undefined when they fit as they are. */
function fittingWidths(rows: readonly (readonly string[])[], width: number): number[] | undefined {
  const widths = naturalWidths(rows);
  const available = width - widths.length - 1;
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

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length + 2)));
}

/** Texts come from venues and chains: control characters must not reach the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
