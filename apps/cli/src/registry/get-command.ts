import { Command } from 'commander';
import { UsageError } from '../usage-error.ts';
import { cell, type Fields } from './cells.ts';
import { formatTimeUs } from './format-time.ts';
import { findableKind } from './kind-argument.ts';
import type { RegistryPorts } from './ports.ts';
import { addWaitOption, timeOption, timeoutMs, type WaitOption } from './read-options.ts';
import { resolveReference } from './reference.ts';
import { renderTable } from './table.ts';

interface GetOptions extends WaitOption {
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly json?: boolean;
}

export function getCommand({ read, clock, terminal }: RegistryPorts): Command {
  return addWaitOption(
    new Command('get')
      .description('Show one entity, as it is now or as of a time.')
      .argument('<kind>', 'assets, venues, instruments, listings, synthetics, tokens, pools or mappings')
      .argument('<reference...>', 'id, identity string or natural name: BTC, kraken BTC/USD, US0378331005 …')
      .option('--as-of <time>', 'facts that hold at this time; ISO 8601 or microseconds; default now')
      .option('--known-at <time>', 'by what was known at this time; default what is known now')
      .option('--json', 'one JSON object, times in microseconds'),
  ).action(async (kindText: string, words: string[], options: GetOptions) => {
    const kind = findableKind(kindText);
    const asOfUs = timeOption('--as-of', options.asOf) ?? clock.nowUs();
    const knownAtUs = timeOption('--known-at', options.knownAt);
    if (kind === 'mappings' && (options.asOf !== undefined || options.knownAt !== undefined))
      throw new UsageError('mappings have no versions: --as-of and --known-at do not apply');
    const entity = await read(
      kind === 'mappings' ? ['mappings', 'instruments'] : [kind],
      timeoutMs(options),
      async (reader) => {
        if (kind === 'mappings') {
          const id = resolveReference('instruments', words, reader);
          const mapping = reader.mapping(id);
          if (mapping) return mapping;
          throw new UsageError(`${words.join(' ')}: the prices of its listings have never disagreed (not_found)`);
        }
        const id = resolveReference(kind, words, reader);
        const found = reader.asOf(kind, id, asOfUs, knownAtUs);
        if (found) return found;
        throw new UsageError(absent(words.join(' '), options, reader.history(kind, id).length));
      },
    );
    if (options.json) return terminal.out(`${JSON.stringify(entity)}\n`);
    const rows = Object.entries(entity as unknown as Fields).map(([name, value]) => [
      name,
      cell(name, value, { wide: true }),
    ]);
    return terminal.out(renderTable([kind.slice(0, -1), ''], rows, { width: terminal.width, wrap: true }));
  });
}

function absent(name: string, { asOf, knownAt }: GetOptions, versions: number): string {
  if (versions === 0) return `${name} is not registered (not_found)`;
  const at = asOf === undefined ? 'now' : `at ${formatTimeUs(timeOption('--as-of', asOf) as number)}`;
  const known =
    knownAt === undefined ? '' : `, by what was known at ${formatTimeUs(timeOption('--known-at', knownAt) as number)}`;
  return `${name} has no facts that hold ${at}${known}; see its history (not_found)`;
}
