/** `npm run bench -- registry`: the registry's figures on this machine, with the method printed. `--json FILE` writes them as well. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchRegistry, registryTable } from './registry.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    entities: { type: 'string', default: '1000000' },
    instruments: { type: 'string', default: '100000' },
  },
});

const figures = await benchRegistry({
  entities: Number(values.entities),
  instruments: Number(values.instruments),
  report: (line) => process.stderr.write(`${line}\n`),
});
console.log(registryTable(figures));
if (values.json) writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
process.exit(0);
