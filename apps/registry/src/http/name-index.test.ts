import type { Entities } from '@alphapulse/registry';
import type { Token } from '@alphapulse/schemas';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idOfEntry, NameIndex, shows } from './name-index.ts';

/** Tokens by id, each with the symbols of its versions, oldest first. */
class Tokens {
  readonly symbols = new Map<string, string[]>();
  ids = () => [...this.symbols.keys()].sort();
  history = (_kind: unknown, id: string) =>
    (this.symbols.get(id) ?? []).map((symbol) => ({ id, symbol, name: '', address: '' }) as Token) as never;
  superseded = () => [];
}

const symbol = fc.string({
  unit: fc.constantFrom('a', 'B', 'ß', '\uffff', '💱', '0', '\0'),
  minLength: 1,
  maxLength: 4,
});
const change = fc.record({ id: fc.constantFrom('a1', 'b2', 'c3', 'd4'), symbols: fc.array(symbol, { maxLength: 3 }) });

test('finds what a walk over everything finds, whatever came and went since it was made', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(change, symbol), { maxLength: 30 }), (steps) => {
      const index = new NameIndex();
      const tokens = new Tokens();
      for (const step of steps) {
        if (typeof step !== 'string') {
          if (step.symbols.length === 0) tokens.symbols.delete(step.id);
          else tokens.symbols.set(step.id, step.symbols);
          index.changed({ kind: 'tokens', key: step.id });
          continue;
        }
        const begins = (name: string) =>
          name.toLowerCase().replaceAll('\0', '').startsWith(step.toLowerCase().replaceAll('\0', ''));
        // A name that is nothing but separators is no name.
        const isName = (name: string) => name.replaceAll('\0', '') !== '';
        const found = index.beginning('tokens', step, tokens);
        expect(found).toEqual([...found].sort());
        expect(new Set(found.map(idOfEntry))).toEqual(
          new Set(tokens.ids().filter((id) => tokens.symbols.get(id)?.some((each) => isName(each) && begins(each)))),
        );
      }
    }),
  );
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
