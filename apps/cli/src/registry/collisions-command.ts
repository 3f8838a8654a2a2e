import { Command } from 'commander';
import { cell, columns, type Fields } from './cells.ts';
import type { RegistryPorts } from './ports.ts';
import { addWaitOption, timeoutMs, type WaitOption } from './read-options.ts';
import { renderTable } from './table.ts';

interface CollisionsOptions extends WaitOption {
  readonly wide?: boolean;
  readonly json?: boolean;
}

export function collisionsCommand({ read, terminal }: RegistryPorts): Command {
  return addWaitOption(
    new Command('collisions')
      .description('List the identities that were rejected because another has their id.')
      .option('--wide', 'whole ids')
      .option('--json', 'one JSON object a line, times in microseconds'),
  ).action(async (options: CollisionsOptions) => {
    const collisions = await read(['collisions'], timeoutMs(options), async (reader) => reader.collisions());
    if (options.json) {
      for (const collision of collisions) await terminal.out(`${JSON.stringify(collision)}\n`);
      return;
    }
    if (collisions.length === 0) {
      terminal.err('no collisions\n');
      return;
    }
    const names = columns.collisions;
    const wide = options.wide === true;
    const rows = collisions.map((collision) =>
      names.map((name) => cell(name, (collision as unknown as Fields)[name], { wide })),
    );
    await terminal.out(renderTable(names, rows, { width: wide ? undefined : terminal.width }));
  });
}
