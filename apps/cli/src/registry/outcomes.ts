import type { Outcome } from '@alphapulse/registry/statement.ts';
import { shortId } from './cells.ts';
import type { Problem } from './statement-shape.ts';
import { renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** What became of a statement, with where it stood in a file. */
export interface PlacedOutcome extends Outcome {
  readonly line?: number;
}

/** `isin_invalid at facts.identity: …`, as the HTTP API says it. */
export function problemSentence({ code, path, message }: Problem): string {
  return `${path === '' ? '' : `${path}: `}${message} (${code})`;
}

export async function printOutcomes(
  outcomes: readonly PlacedOutcome[],
  terminal: Terminal,
  { json, wide }: { readonly json: boolean; readonly wide: boolean },
): Promise<void> {
  if (json) {
    for (const outcome of outcomes) await terminal.out(`${JSON.stringify(outcome)}\n`);
    return;
  }
  const withLines = outcomes.some(({ line }) => line !== undefined);
  const rows = outcomes.map(({ line, kind, identity, id, outcome }) => [
    ...(withLines ? [String(line ?? '')] : []),
    kind,
    identity ?? '–',
    id === null ? '–' : wide ? id : shortId(id),
    outcome,
  ]);
  const head = [...(withLines ? ['line'] : []), 'kind', 'identity', 'id', 'outcome'];
  if (rows.length > 0) await terminal.out(renderTable(head, rows, { width: wide ? undefined : terminal.width }));
  // A sentence would not fit a cell; on standard error it stands out from a long table.
  for (const { line, identity, problem } of outcomes) {
    if (problem)
      terminal.err(
        `${[line === undefined ? [] : `line ${line}`, identity ?? []]
          .flat()
          .map((each) => `${each}: `)
          .join('')}${problemSentence(problem)}\n`,
      );
  }
}
