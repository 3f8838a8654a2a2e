import { entityKinds } from '@alphapulse/registry';
import type { Statement } from '@alphapulse/registry/statement.ts';
import { setUpRegistrar } from '@alphapulse/registry/testing/registrar-setup.ts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exportTexts } from './export-command.ts';
import { planPasses } from './import-passes.ts';
import type { ImportRecord } from './import-records.ts';
import { runImport } from './import-run.ts';
import type { RegistryReader } from './ports.ts';

const time = fc.integer({ min: 0, max: 6 }).map((day) => day * 86_400_000_000);
const validity = fc.record({ validFrom: time, validTo: time }, { requiredKeys: [] });
const name = fc.constantFrom(null, 'one', 'two');
const pair = fc.constantFrom('spot:A/B', 'spot:B/C', 'perpetual:A/B:B');

/** Facts of few entities, so that statements meet: late, corrected, ended and taken back. */
const facts = fc.oneof(
  fc.record({ kind: fc.constant('assets'), facts: fc.record({ code: fc.constantFrom('A', 'B'), name }) }),
  fc.record({
    kind: fc.constant('venues'),
    facts: fc.record({ name: fc.constantFrom('v', 'w'), country: fc.constantFrom(null, 'US') }),
  }),
  fc.record({ kind: fc.constant('instruments'), facts: fc.record({ identity: pair, name }) }),
  fc.record({
    kind: fc.constant('listings'),
    facts: fc.record(
      {
        ...{ venue: fc.constantFrom('v', 'w'), symbol: fc.constantFrom('S', 'T'), instrument: pair },
        ...{ tickSize: fc.constantFrom(null, 0.1, 0.5), status: fc.constantFrom('trading', 'halted') },
      },
      { requiredKeys: ['venue', 'symbol', 'instrument'] },
    ),
  }),
  fc.record({
    kind: fc.constant('synthetics'),
    facts: fc.record({
      name: fc.constantFrom('x', 'y', 'z'),
      kind: fc.constant('basket'),
      legs: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom('a', 'b'),
          instrument: fc.oneof(pair, fc.constantFrom('synthetic:x', 'synthetic:y')),
        }),
        { selector: (leg) => leg.name, minLength: 1, maxLength: 2 },
      ),
    }),
  }),
);

const statement = fc
  .tuple(facts, validity, fc.constantFrom('feed-a', 'feed-b'), fc.constantFrom('p', 'q'))
  .map(([stated, times, source, provenance]) => ({ ...stated, ...times, source, provenance }) as Statement);

async function exported(reader: RegistryReader): Promise<string[]> {
  const lines: string[] = [];
  const selection = { history: false, asOfUs: undefined, recordedTime: false };
  for await (const text of exportTexts(entityKinds, 'jsonl', selection, reader)) lines.push(text);
  return lines;
}

describe('export and import', () => {
  test('whatever was stated, an empty registry that imports an export exports it equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { maxLength: 25 }), async (statements) => {
        const from = setUpRegistrar();
        const to = setUpRegistrar();
        for (const each of statements) await from.registrar.state([each], { source: 'test' });
        const lines = await exported(await from.open());
        const open = async function* (): AsyncGenerator<ImportRecord> {
          for (const [at, text] of lines.entries()) yield { line: at + 1, value: JSON.parse(text) };
        };
        const run = async () =>
          runImport({
            ...{ open, defaults: { provenance: 'import' }, writer: to.registrar },
            plan: await planPasses(open(), undefined),
            onRejected: async (line, problem) => expect({ line, text: lines[line - 1], problem }).toBeUndefined(),
            onProgress: () => undefined,
          });
        await run();
        const view = await to.open();
        expect(await exported(view)).toEqual(lines);
        expect(view.collisions()).toEqual([]);
        for (const kind of entityKinds) for (const id of view.ids(kind)) expect(view.superseded(kind, id)).toEqual([]);
        expect(await run()).toMatchObject({ registered: 0, unchanged: lines.length, rejected: 0 });
        await Promise.all([from.close(), to.close()]);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
