import type { EntityKind } from '@alphapulse/registry';
import type { ExportLine } from './export-line.ts';
import { factFields } from './fact-fields.ts';

/** Columns of a kind's CSV: what a line of JSON holds, with one column a fact. */
export function csvColumns(kind: EntityKind, { recordedTime = true } = {}): string[] {
  return [
    'kind',
    'id',
    'identity',
    'superseded',
    // A fact may be called as the column `kind`: columns of facts say that they are.
    ...factFields[kind].map(({ name }) => `facts.${name}`),
    'validFrom',
    'validTo',
    ...(recordedTime ? ['recordedTime'] : []),
    'provenance',
    ...(kind === 'listings' ? ['source'] : []),
  ];
}

/** A record of RFC 4180. Empty cells are null; lists are JSON. */
export function csvRow(line: ExportLine, columns: readonly string[]): string {
  const facts = line.facts as unknown as Record<string, unknown>;
  const fields = line as unknown as Record<string, unknown>;
  return csvRecord(
    columns.map((column) => text(column.startsWith('facts.') ? facts[column.slice('facts.'.length)] : fields[column])),
  );
}

export function csvRecord(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')}\r\n`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
