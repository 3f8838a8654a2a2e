import type { EntityKind } from '@alphapulse/registry';
import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { cell, type Fields } from './cells.ts';
import { changesBetween, type FactChange } from './changes.ts';
import { formatEnd, formatStart, formatTimeUs } from './format-time.ts';
import { identityText } from './identity-text.ts';
import { entityKind } from './kind-argument.ts';
import type { RegistryPorts, RegistryReader } from './ports.ts';
import { addWaitOption, timeoutMs, type WaitOption } from './read-options.ts';
import { resolveReference } from './reference.ts';
import { renderTable } from './table.ts';

interface HistoryOptions extends WaitOption {
  readonly superseded?: boolean;
  readonly wide?: boolean;
  readonly json?: boolean;
}

/** A version with what it changed: null for the first, which changed nothing. */
interface TimelineVersion {
  readonly version: Fields;
  readonly changes: readonly FactChange[] | null;
}

interface Timeline {
  readonly kind: EntityKind;
  readonly id: string;
  readonly identity: string | null;
  readonly versions: readonly TimelineVersion[];
  readonly superseded?: readonly Fields[];
}

export function historyCommand({ read, terminal }: RegistryPorts): Command {
  return addWaitOption(
    new Command('history')
      .description('Show the versions of an entity, and what changed from one to the next.')
      .argument('<kind>', 'assets, venues, instruments, listings, synthetics, tokens or pools')
      .argument('<reference...>', 'id, identity string or natural name: BTC, kraken BTC/USD, US0378331005 …')
      .option('--superseded', 'also what was believed before corrections')
      .option('--wide', 'do not cut columns to the terminal')
      .option('--json', 'one JSON object with versions and changes, times in microseconds'),
  ).action(async (kindText: string, words: string[], options: HistoryOptions) => {
    const kind = entityKind(kindText);
    const timeline = await read([kind], timeoutMs(options), async (reader) =>
      timelineOf(kind, words, options.superseded === true, reader),
    );
    if (options.json) return terminal.out(`${JSON.stringify(timeline)}\n`);
    await terminal.out(`${timeline.identity ?? 'no identity'}  ${timeline.id}\n`);
    return terminal.out(
      renderTable(['from', 'to', 'recorded', 'what', 'provenance'], rowsOf(timeline), {
        width: options.wide ? undefined : terminal.width,
        wrap: true,
      }),
    );
  });
}

function timelineOf(
  kind: EntityKind,
  words: readonly string[],
  withSuperseded: boolean,
  reader: RegistryReader,
): Timeline {
  const id = resolveReference(kind, words, reader);
  const history = reader.history(kind, id);
  const superseded = reader.superseded(kind, id);
  const any = history[0] ?? superseded[0];
  if (any === undefined) throw new UsageError(`${words.join(' ')} is not registered (not_found)`);
  const versions = (history as unknown as Fields[]).map((version, at) => ({
    version,
    changes: at === 0 ? null : changesBetween(history[at - 1] as unknown as Fields, version),
  }));
  return {
    kind,
    id,
    identity: identityText(kind, any),
    versions,
    // Oldest first, as the versions are.
    ...(withSuperseded ? { superseded: [...superseded].reverse() as unknown as Fields[] } : {}),
  };
}

function rowsOf({ versions, superseded = [] }: Timeline): string[][] {
  const rows: string[][] = [];
  let end: number | null = 0;
  for (const { version, changes } of versions) {
    const from = version.validFrom as number;
    // A hole in validity is a statement of its own: nothing was known to hold.
    if (end !== null && from > end && rows.length > 0)
      rows.push([formatStart(end), formatEnd(from), '', 'no facts', '']);
    end = version.validTo as number | null;
    rows.push([
      ...circumstances(version),
      changes === null ? 'first facts' : sentence(changes),
      String(version.provenance),
    ]);
  }
  for (const belief of superseded) {
    const standing = versions.find(({ version }) => version.validFrom === belief.validFrom)?.version;
    const changes = standing ? changesBetween(standing, belief) : [];
    const what = standing ? `differed in ${sentence(changes, false)}` : 'a version that no longer stands';
    rows.push([...circumstances(belief), `formerly believed: ${what}`, String(belief.provenance)]);
  }
  return rows;
}

function circumstances({ validFrom, validTo, recordedTime }: Fields): string[] {
  return [formatStart(validFrom as number), formatEnd(validTo as number | null), formatTimeUs(recordedTime as number)];
}

/** `tickSize 0.1 → 0.01, status trading → halted`; without the former values where only the latter are wanted. */
function sentence(changes: readonly FactChange[], both = true): string {
  if (changes.length === 0) return both ? 'the same facts' : 'its validity only';
  return changes
    .map(({ field, from, to }) =>
      both
        ? `${field} ${cell(field, from, { wide: true })} → ${cell(field, to, { wide: true })}`
        : `${field} ${cell(field, to, { wide: true })}`,
    )
    .join(', ');
}
