import { afterAll, expect, test } from '@jest/globals';
import { idOf } from './ids.ts';
import type { Statement } from './statement.ts';
import { setUpRegistrar } from './testing/registrar-setup.ts';

const { registrar, close } = setUpRegistrar();

afterAll(close);

test('a listing is of the feed that its statement names, else of the caller', async () => {
  const facts = { venue: 'kraken', instrument: 'spot:BTC/USD' };
  const of = (symbol: string, source?: unknown) =>
    ({ kind: 'listings', facts: { ...facts, symbol }, provenance: 'test', source }) as Statement;
  const outcomes = await registrar.state([of('A', 'feed'), of('B'), of('C', 7)], { source: 'caller' });
  const sourceOf = (symbol: string) => registrar.view.newest('listings', idOf(`listing:kraken:${symbol}`))?.source;
  expect([sourceOf('A'), sourceOf('B')]).toEqual(['feed', 'caller']);
  expect(outcomes[2]?.problem).toMatchObject({ code: 'fact_invalid', path: 'source' });
});
