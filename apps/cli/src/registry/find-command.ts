import { Command } from 'commander';
import { cell, columns, type Fields } from './cells.ts';
import { checkFilters, type Filters, findEntities, kindsRead } from './filters.ts';
import { findableKind } from './kind-argument.ts';
import type { RegistryPorts } from './ports.ts';
import { positiveInteger } from './positive-integer.ts';
import { addWaitOption, timeOption, timeoutMs, type WaitOption } from './read-options.ts';
import { renderTable } from './table.ts';

interface FindOptions extends WaitOption, Filters {
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly limit: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

export function findCommand({ read, clock, terminal }: RegistryPorts): Command {
  return addWaitOption(
    new Command('find')
      .description('List the entities of a kind that pass every filter.')
      .argument('<kind>', 'assets, venues, instruments, listings, synthetics, tokens, pools or mappings')
      .option('--venue <name>', 'listings, mappings: of the venue; instruments: listed there; pools: of the protocol')
      .option('--symbol <symbol>', 'the venue’s symbol, the token’s, an asset’s code or an instrument’s ticker')
      .option('--isin <isin>', 'instruments with this ISO 6166 number')
      .option('--figi <figi>', 'instruments with this composite FIGI')
      .option('--type <type>', 'type of instrument (also of a listing’s); kind of asset, venue or synthetic')
      .option('--mic <mic>', 'venues with this ISO 10383 code')
      .option('--chain <chain>', 'tokens, pools, instruments and assets on the chain')
      .option('--address <address>', 'tokens, pools, instruments and assets at the address')
      .option('--base <asset>', 'instruments with this base asset')
      .option('--quote <asset>', 'instruments with this quote asset')
      .option('--prefix <text>', 'code, name, symbol or identity string begins with it, in capitals or not')
      .option(
        '--instrument <reference>',
        'listings and mappings of the instrument; synthetics that use it, at any depth',
      )
      .option('--status <status>', 'status of listings and venues; state of mappings')
      .option('--as-of <time>', 'facts that hold at this time; ISO 8601 or microseconds; default now')
      .option('--known-at <time>', 'by what was known at this time; default what is known now')
      .option('--limit <n>', 'list no more than so many', '100')
      .option('--wide', 'every field, with whole ids')
      .option('--json', 'one JSON object a line, times in microseconds'),
  ).action(async (kindText: string, options: FindOptions) => {
    const kind = findableKind(kindText);
    checkFilters(kind, options);
    const wide = options.wide === true;
    const limit = positiveInteger('--limit', options.limit);
    const asOfUs = timeOption('--as-of', options.asOf) ?? clock.nowUs();
    const knownAtUs = timeOption('--known-at', options.knownAt);
    const times = knownAtUs === undefined ? { asOfUs } : { asOfUs, knownAtUs };
    const { found, more } = await read(kindsRead(kind, options), timeoutMs(options), async (reader) => {
      const list: Fields[] = [];
      for (const entity of findEntities(kind, options, { reader, ...times })) {
        if (list.length === limit) return { found: list, more: true };
        list.push(entity as unknown as Fields);
      }
      return { found: list, more: false };
    });
    if (options.json) {
      for (const entity of found) await terminal.out(`${JSON.stringify(entity)}\n`);
    } else if (found.length > 0) {
      const names = wide ? Object.keys(found[0] as Fields) : columns[kind];
      const rows = found.map((entity) => names.map((name) => cell(name, entity[name], { wide })));
      await terminal.out(renderTable(names, rows, { width: wide ? undefined : terminal.width }));
    }
    // Standard output is data; how much there is of it is for people.
    if (more) terminal.err(`the first ${limit}; --limit lists more\n`);
    else if (!options.json) terminal.err(`${found.length} ${found.length === 1 ? kind.slice(0, -1) : kind}\n`);
  });
}
