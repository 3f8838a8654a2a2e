import type { Entities } from '@alphapulse/registry';
import type { Token } from '@alphapulse/schemas';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idOfEntry, NameIndex, shows } from './name-index.ts';

type View = Parameters<NameIndex['beginning']>[2];

/** Tokens by id, each with the symbols of its versions, oldest first. */
class Tokens {
  readonly symbols = new Map<string, string[]>();
  ids = () => [...this.symbols.keys()].sort();
  history = (_kind: unknown, id: string) =>
    (this.symbols.get(id) ?? []).map((symbol) => ({ id, symbol, name: '', address: '' }) as Token);
  superseded = () => [];
}

const symbol = fc.string({
  unit: fc.constantFrom('a', 'B', 'ß', '\uffff', '💱', '0', '\0'),
  minLength: 1,
  maxLength: 4,
});
const change = fc.record({ id: fc.constantFrom('a1', 'b2', 'c3', 'd4'), symbols: fc.array(symbol, { maxLength: 3 }) });

const fold = (name: string) => name.toLowerCase().replaceAll('\0', '');

test('finds what a walk over everything finds, whatever came and went since it was made', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(change, symbol), { maxLength: 30 }), async (steps) => {
      const index = new NameIndex();
      const tokens = new Tokens();
      for (const step of steps) {
        if (typeof step !== 'string') {
          if (step.symbols.length === 0) tokens.symbols.delete(step.id);
          else tokens.symbols.set(step.id, step.symbols);
          index.changed({ kind: 'tokens', key: step.id });
          continue;
        }
        // A name that is nothing but separators is no name.
        const begins = (name: string) => fold(name) !== '' && fold(name).startsWith(fold(step));
        const found = await index.beginning('tokens', step, tokens as unknown as View);
        expect(found).toEqual([...found].sort());
        expect(new Set(found).size).toBe(found.length);
        const shown = found.filter((entry) =>
          tokens.history('tokens', idOfEntry(entry)).some((token) => shows('tokens', token, entry, step)),
        );
        expect(new Set(shown.map(idOfEntry))).toEqual(
          new Set(tokens.ids().filter((id) => tokens.symbols.get(id)?.some(begins))),
        );
      }
    }),
  );
});

test('is made once for all who ask at the same time, and knows what came meanwhile', async () => {
  const index = new NameIndex();
  const tokens = new Tokens();
  let walks = 0;
  const view = {
    ...tokens,
    ids: () => {
      walks++;
      return tokens.ids();
    },
  };
  for (let at = 0; at < 50_000; at++) tokens.symbols.set(at.toString(16), [`name${at}`]);
  const asked = ['name1', 'name', 'late'].map((prefix) => index.beginning('tokens', prefix, view as unknown as View));
  tokens.symbols.set('ff00ff', ['latecomer']);
  index.changed({ kind: 'tokens', key: 'ff00ff' });
  const [some, all, late] = await Promise.all(asked);
  expect([some?.length, all?.length, late]).toEqual([11_111, 50_000, ['latecomer\0ff00ff']]);
  expect(walks).toBe(1);
});

test('shows an entity by the first of its names that begin so', () => {
  const entity = {
    ticker: 'AAPL',
    name: 'Apple',
    identity: 'equity:x',
    isin: null,
    figi: null,
  } as Entities['instruments'];
  expect(shows('instruments', entity, 'aapl\0a1', 'A')).toBe(true);
  expect(shows('instruments', entity, 'apple\0a1', 'A')).toBe(false);
  expect(shows('instruments', entity, 'apple\0a1', 'ap')).toBe(true);
  // A name it no longer has.
  expect(shows('instruments', entity, 'applesoft\0a1', 'apples')).toBe(false);
});
