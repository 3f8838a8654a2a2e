import { afterEach, describe, expect, test } from '@jest/globals';
import { type IdOf, idOf } from './ids.ts';
import type { Facts, Outcome, Statement } from './statement.ts';
import { setUpRegistrar } from './testing/registrar-setup.ts';
import {
  instrument,
  leg,
  listing,
  pool,
  poolAddress,
  statement,
  synthetic,
  token,
  usdc,
  weth,
} from './testing/statements.ts';

describe('statements that are wrong', () => {
  let { registrar, memory, log, close } = setUpRegistrar();

  async function fresh(options?: Parameters<typeof setUpRegistrar>[0]) {
    await close();
    ({ registrar, memory, log, close } = setUpRegistrar(options));
  }
  const state = (...statements: Statement[]) => registrar.state(statements, { source: 'test' });
  const outcomes = async (...statements: Statement[]) => (await state(...statements)).map(({ outcome }) => outcome);
  async function problem(...statements: Statement[]): Promise<Outcome['problem']> {
    const last = (await state(...statements)).at(-1);
    expect(last?.outcome).toBe('rejected');
    return last?.problem;
  }

  afterEach(() => fresh());

  test.each<[string, string, Statement]>([
    ['identity_invalid', 'identity', instrument('spot:BTC')],
    ['identity_invalid', 'identity', instrument('venue:kraken')],
    ['identity_invalid', 'identity', instrument(5 as unknown as string)],
    ['isin_invalid', 'identity', instrument('equity:isin:US0378331006')],
    ['isin_invalid', 'instrument', listing({ instrument: 'etf:isin:XX' })],
    ['address_invalid', 'identity', instrument('token:ethereum:0x12')],
    ['cusip_invalid', 'cusip', instrument('equity:isin:US0378331005', { cusip: '037833101' })],
    ['cusip_invalid', 'cusip', instrument('equity:isin:US0378331005', { cusip: '594918104' })],
    ['fact_invalid', 'figi', instrument('equity:isin:US0378331005', { figi: 'BBG000B9XRY5' })],
    ['fact_invalid', 'tiker', instrument('equity:isin:US0378331005', { tiker: 'AAPL' })],
    ['fact_invalid', 'name', instrument('spot:BTC/USD', { name: 'a\u0000b' })],
    ['fact_invalid', 'sector', instrument('spot:BTC/USD', { sector: ' ' })],
    ['identity_invalid', 'name', statement('venues', { name: 'Not A Venue' })],
    ['mic_invalid', 'mic', statement('venues', { name: 'x', mic: 'QQQQ' })],
    ['country_invalid', 'country', statement('venues', { name: 'x', country: 'UK' })],
    ['country_invalid', 'country', statement('venues', { name: 'x', country: 'EU' })],
    ['time_zone_invalid', 'timeZone', statement('venues', { name: 'x', timeZone: 'Mars/Base' })],
    ['time_zone_invalid', 'timeZone', statement('venues', { name: 'x', timeZone: '+01:00' })],
    ['fact_invalid', 'kind', statement('venues', { name: 'x', kind: 'shop' as 'dex' })],
    ['fact_invalid', 'status', statement('venues', { name: 'x', status: null as unknown as 'active' })],
    ['identity_invalid', 'code', statement('assets', { code: 'a b' })],
    ['fact_invalid', 'aliases.1', statement('assets', { code: 'BTC', aliases: ['kraken:XBT', 'XBT'] })],
    [
      'address_invalid',
      'tokens.0.address',
      statement('assets', { code: 'X', tokens: [{ chain: 'solana', address: usdc, decimals: 6 }] }),
    ],
    [
      'decimals_invalid',
      'tokens.0.decimals',
      statement('assets', { code: 'X', tokens: [{ chain: 'ethereum', address: usdc, decimals: 256 }] }),
    ],
    ['address_invalid', 'address', token('0xa0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48', 'USDC')],
    ['address_invalid', 'address', token('0xA0b8', 'USDC')],
    ['identity_invalid', 'chain', token(usdc, 'USDC', 6, { chain: 'Eth Main' })],
    ['decimals_invalid', 'decimals', token(usdc, 'USDC', 6.5)],
    ['decimals_invalid', 'decimals', token(usdc, 'USDC', -1)],
    ['fact_invalid', 'symbol', token(usdc, '\u200b')],
    ['identity_invalid', 'asset', token(usdc, 'USDC', 6, { asset: 'a/b' })],
    ['reference_unknown', 'token0', pool()],
    ['address_invalid', 'poolAddress', pool({ poolAddress: 'x' })],
    ['address_invalid', 'token1', pool({ token1: 'x', token0: usdc })],
    ['fact_invalid', 'tickSize', listing({ tickSize: 0 })],
    ['fact_invalid', 'lotSize', listing({ lotSize: Number.NaN })],
    ['fact_invalid', 'minNotional', listing({ minNotional: -1 })],
    ['fact_invalid', 'takerFeeBps', listing({ takerFeeBps: 10_001 })],
    ['fact_invalid', 'makerFeeBps', listing({ makerFeeBps: '1' as unknown as number })],
    ['fact_invalid', 'mapping', listing({ mapping: 'guess' })],
    ['identity_invalid', 'symbol', listing({ symbol: 'BTC USD' })],
    ['identity_invalid', 'venue', listing({ venue: '__proto__' })],
    ['validity_invalid', 'validFrom', listing({}, { validFrom: -1 })],
    ['validity_invalid', 'validFrom', listing({}, { validFrom: 0.5 })],
    ['validity_invalid', 'validTo', listing({}, { validFrom: 5, validTo: 5 })],
    ['validity_invalid', 'validTo', listing({}, { validTo: 0 })],
    ['fact_invalid', 'provenance', listing({}, { provenance: ' ' })],
    ['fact_invalid', '', { ...listing({}), facts: null } as unknown as Statement],
    ['fact_invalid', '', { ...listing({}), kind: 'things' } as unknown as Statement],
    ['identity_invalid', 'name', synthetic('A B', [leg('a', 'spot:BTC/USD')])],
    ['fact_invalid', 'legs', synthetic('s', [])],
    ['leg_unknown', 'legs.0.instrument', synthetic('s', [leg('a', 'spot:BTC/USD')], { formula: 'a' })],
    ['leg_unknown', 'legs.0.instrument', synthetic('s', [leg('a', 'ff')], { formula: 'a' })],
    ['isin_invalid', 'legs.0.instrument', synthetic('s', [leg('a', 'equity:isin:1')], { formula: 'a' })],
  ])('is rejected with %s at %s, and nothing is written', async (code, path, wrong) => {
    expect(await problem(wrong)).toMatchObject({ code, path });
    expect(memory.size).toBe(0);
  });

  test.each<[string, string, Statement]>([
    ['leg_unknown', 'formula', synthetic('s', [leg('a', 'spot:BTC/USD')], { formula: 'a + b' })],
    ['formula_invalid', 'formula', synthetic('s', [leg('a', 'spot:BTC/USD')])],
    ['formula_invalid', 'formula', synthetic('s', [leg('a', 'spot:BTC/USD')], { kind: 'spread' })],
    [
      'formula_invalid',
      'legs.1.name',
      synthetic('s', [leg('a', 'spot:BTC/USD'), leg('b', 'spot:BTC/USD')], { formula: 'a' }),
    ],
    ['fact_invalid', 'legs.0.name', synthetic('s', [leg('1a', 'spot:BTC/USD')], { formula: 'a' })],
    [
      'fact_invalid',
      'legs.1.name',
      synthetic('s', [leg('a', 'spot:BTC/USD'), leg('a', 'spot:BTC/USD')], { formula: 'a' }),
    ],
    ['fact_invalid', 'legs.0.weight', synthetic('s', [leg('a', 'spot:BTC/USD', { weight: 0 })], { formula: 'a' })],
    ['identity_invalid', 'legs.0.venue', synthetic('s', [leg('a', 'spot:BTC/USD', { venue: 'X' })], { formula: 'a' })],
    ['fact_invalid', 'legs.0.name', synthetic('s', [leg('max', 'spot:BTC/USD')], { formula: 'max' })],
    ['formula_invalid', 'formula', synthetic('s', [leg('a', 'spot:BTC/USD')], { formula: 'a +' })],
    ['formula_invalid', 'formula', synthetic('s', [leg('a', 'spot:BTC/USD')], { formula: 'import(a)' })],
    ['fact_invalid', 'legs.0.wait', synthetic('s', [leg('a', 'spot:BTC/USD', { wait: 1 })], { formula: 'a' })],
  ])('a synthetic is rejected with %s at %s', async (code, path, wrong) => {
    await state(instrument('spot:BTC/USD'));
    const { size } = memory;
    expect(await problem(wrong)).toMatchObject({ code, path });
    expect(memory.size).toBe(size);
  });

  test.each<[string, string, Partial<Facts['pools']>]>([
    ['fact_invalid', 'token1', { token1: usdc }],
    ['fact_invalid', 'feeTier', { feeTier: 0.5 }],
    ['fact_invalid', 'feeTier', { feeTier: 1_000_001 }],
    ['fact_invalid', 'createdAt', { createdAt: -1 }],
    ['identity_invalid', 'dex', { dex: 'Uniswap V3' }],
    ['reference_unknown', 'token1', { token1: poolAddress }],
  ])('a pool is rejected with %s at %s', async (code, path, facts) => {
    await state(token(usdc, 'USDC', 6), token(weth, 'WETH'));
    expect(await problem(pool(facts))).toMatchObject({ code, path });
  });

  test('atomic: one that is rejected keeps all from being written', async () => {
    const good = listing({});
    const bad = listing({ symbol: 'ETH/USD', tickSize: -1 });
    expect(await registrar.state([good, bad], { source: 'test', atomic: true })).toMatchObject([
      { outcome: 'unchanged' },
      { outcome: 'rejected', problem: { code: 'fact_invalid', path: 'tickSize' } },
    ]);
    expect(memory.size).toBe(0);
    expect(registrar.collisions).toBe(0);
    expect(await registrar.state([good], { source: 'test', atomic: true })).toMatchObject([{ outcome: 'registered' }]);
    expect(await registrar.state([good], { source: 'test', atomic: true })).toMatchObject([{ outcome: 'unchanged' }]);
  });

  test('a collision is recorded once even where nothing else may be written', async () => {
    const weak: IdOf = (identity) => idOf(identity === 'asset:ETH' ? 'asset:BTC' : identity);
    await fresh({ idOf: weak });
    await state(statement('assets', { code: 'BTC' }));
    const both = [statement('assets', { code: 'XRP' }), statement('assets', { code: 'ETH' })];
    for (let time = 0; time < 2; time++)
      expect(await registrar.state(both, { source: 'test', atomic: true })).toMatchObject([
        { outcome: 'unchanged' },
        { outcome: 'rejected', id: idOf('asset:BTC'), identity: 'asset:ETH', problem: { code: 'identity_collision' } },
      ]);
    expect(registrar.collisions).toBe(2);
    expect(memory.records('registry.collisions')).toHaveLength(1);
    expect(memory.records('registry.assets')).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('a collision is recorded once, however many transactions a call takes', async () => {
    const weak: IdOf = (identity) => idOf(identity === 'asset:ETH' ? 'asset:BTC' : identity);
    await fresh({ idOf: weak });
    const ether = statement('assets', { code: 'ETH' });
    const many = Array.from({ length: 5_000 }, (_, at) => statement('assets', { code: `A${at}` }));
    await state(statement('assets', { code: 'BTC' }), ether, ...many, ether);
    expect(memory.records('registry.collisions')).toHaveLength(1);
    expect(registrar.collisions).toBe(2);
  });

  test('without collision detection the identity is taken for the one that is known', async () => {
    const weak: IdOf = (identity) => idOf(identity === 'venue:b' ? 'venue:a' : identity);
    await fresh({ idOf: weak, detectCollisions: false });
    expect(await outcomes(statement('venues', { name: 'a' }), statement('venues', { name: 'b' }))).toEqual([
      'registered',
      'registered',
    ]);
    expect(memory.records('registry.collisions')).toHaveLength(0);
  });

  test('a rejected statement leaves no identity behind', async () => {
    const weak: IdOf = (identity) => idOf(identity === 'asset:ETH' ? 'asset:BTC' : identity);
    await fresh({ idOf: weak });
    // The second listing's base collides with the first's only if the first was registered.
    expect(
      await outcomes(listing({ tickSize: -1 }), listing({ symbol: 'ETH/USD', instrument: 'spot:ETH/USD' })),
    ).toEqual(['rejected', 'registered']);
  });
});
