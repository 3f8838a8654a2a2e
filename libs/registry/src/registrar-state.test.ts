import { afterEach, describe, expect, test } from '@jest/globals';
import { idOf } from './ids.ts';
import type { Outcome, Statement } from './statement.ts';
import { setUpRegistrar, startUs } from './testing/registrar-setup.ts';
import {
  instrument,
  leg,
  listing,
  pool,
  poolAddress,
  second,
  statement,
  synthetic,
  token,
  usdc,
  weth,
} from './testing/statements.ts';

describe('stating entities', () => {
  let { registrar, memory, clock, open, close } = setUpRegistrar();

  async function fresh(options?: Parameters<typeof setUpRegistrar>[0]) {
    await close();
    ({ registrar, memory, clock, open, close } = setUpRegistrar(options));
  }
  const state = (...statements: Statement[]) => registrar.state(statements, { source: 'test' });
  const outcomes = async (...statements: Statement[]) => (await state(...statements)).map(({ outcome }) => outcome);
  async function problem(...statements: Statement[]): Promise<Outcome['problem']> {
    const last = (await state(...statements)).at(-1);
    expect(last?.outcome).toBe('rejected');
    return last?.problem;
  }

  afterEach(() => fresh());

  test('an equity, its listing and what follows from the identity', async () => {
    expect(
      await state(
        instrument(' equity:isin:us0378331005 ', { cusip: '037833100', ticker: 'AAPL', name: 'Apple Inc.' }),
        listing({ venue: 'nasdaq', symbol: 'AAPL', instrument: 'equity:isin:US0378331005', tickSize: 0.01 }),
        listing({ venue: 'nasdaq', symbol: 'SPY', instrument: 'etf:isin:US78462F1030' }),
        listing({ venue: 'cboe', symbol: 'X', instrument: 'option:SPX/USD:USD:20260320:5000:C' }),
        listing({ venue: 'spglobal', symbol: 'SPX', instrument: 'index:spglobal:SPX' }),
      ),
    ).toMatchObject([
      {
        kind: 'instruments',
        outcome: 'registered',
        identity: 'equity:isin:US0378331005',
        id: idOf('equity:isin:US0378331005'),
      },
      { outcome: 'registered' },
      { outcome: 'registered' },
      { outcome: 'registered' },
      { outcome: 'registered' },
    ]);
    const view = await open();
    expect(view.instrumentByIsin('US0378331005')).toMatchObject({
      ...{ type: 'equity', cusip: '037833100', ticker: 'AAPL', name: 'Apple Inc.', figi: null, base: null },
      ...{ validFrom: 0, validTo: null, recordedTime: startUs, provenance: 'test' },
    });
    expect(view.listing('nasdaq', 'AAPL', 0)).toMatchObject({ tickSize: 0.01, status: 'unknown', mapping: 'rule' });
    expect(view.instrument(idOf('option:SPX/USD:USD:20260320:5000:C'))).toMatchObject({
      ...{ type: 'option', base: 'SPX', quote: 'USD', settle: 'USD', expiry: '20260320', strike: '5000', right: 'C' },
    });
    expect(view.instrument(idOf('index:spglobal:SPX'))).toMatchObject({ provider: 'spglobal', code: 'SPX' });
    expect(view.counts()).toMatchObject({ instruments: 4, listings: 4, venues: 3, assets: 2 });
  });

  test('what is left out is no statement, null takes a fact back, and saying it again writes nothing', async () => {
    await state(listing({ tickSize: 0.1, lotSize: 0.5, takerFeeBps: 40, status: 'trading' }));
    await clock.advance(60_000);
    expect(await outcomes(listing({ lotSize: null, makerFeeBps: -1 }))).toEqual(['registered']);
    const { size } = memory;
    expect(await outcomes(listing({ lotSize: null }), listing({}), listing({ status: 'trading' }))).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(memory.size).toBe(size);
    const view = await open();
    const fromUs = startUs + 65 * second;
    expect(view.listing('kraken', 'BTC/USD', fromUs - 1)).toMatchObject({ lotSize: 0.5, validTo: fromUs });
    expect(view.listing('kraken', 'BTC/USD', fromUs)).toMatchObject({
      ...{ tickSize: 0.1, lotSize: null, makerFeeBps: -1, takerFeeBps: 40, status: 'trading', source: 'test' },
    });
  });

  test('tokens and pools, with their instruments, venues and assets', async () => {
    expect(
      await outcomes(
        token(usdc.toLowerCase(), ' US\u202eDC\u0000 ', 6, { name: 'USD   Coin' }),
        token(weth, 'WETH', 18, { asset: 'WETH' }),
        pool({ token0: usdc.toLowerCase() }),
      ),
    ).toEqual(['registered', 'registered', 'registered']);
    const view = await open();
    const usdcIdentity = `token:ethereum:${usdc.toLowerCase()}`;
    // Nobody has said what asset it is; the curated tokens do.
    expect(view.token('ethereum', usdc)).toMatchObject({
      ...{ id: idOf(usdcIdentity), address: usdc, symbol: 'USDC', name: 'USD Coin', decimals: 6, asset: 'USDC' },
    });
    expect(view.newest('pools', idOf(`pool:ethereum:${poolAddress.toLowerCase()}`))).toMatchObject({
      ...{ token0Id: idOf(usdcIdentity), dex: 'uniswap-v3', poolAddress, feeTier: 500, blockchain: 'ethereum' },
    });
    expect(view.instrument(idOf(usdcIdentity))).toMatchObject({ type: 'token', address: usdc.toLowerCase() });
    expect(view.instrumentsOfType('pool')).toHaveLength(1);
    expect(view.newest('venues', idOf('venue:ethereum'))).toMatchObject({ kind: 'chain' });
    expect(view.newest('venues', idOf('venue:uniswap-v3'))).toMatchObject({ kind: 'dex' });
    expect(view.newest('assets', idOf('asset:WETH'))?.tokens).toEqual([
      { chain: 'ethereum', address: weth, decimals: 18 },
    ]);
    expect(await outcomes(token(weth, 'WETH'), pool())).toEqual(['unchanged', 'unchanged']);
  });

  test('assets learn aliases and tokens, at all times, and remember what was known before', async () => {
    await state(
      statement('assets', { code: 'BTC', aliases: ['kraken:XBT'] }),
      statement('assets', { code: 'BTC', name: 'Bitcoin' }),
    );
    expect(memory.records('registry.assets')).toHaveLength(1);
    await clock.advance(1_000);
    const wbtc = { chain: 'eth', address: '0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599', decimals: 8 };
    const learned = statement('assets', { code: 'BTC', aliases: ['bitfinex:BTCX'], tokens: [wbtc] });
    expect(await outcomes(learned)).toEqual(['registered']);
    expect(await outcomes(learned)).toEqual(['unchanged']);
    const view = await open();
    const id = idOf('asset:BTC');
    expect(view.history('assets', id)).toHaveLength(1);
    expect(view.asOf('assets', id, 0)).toMatchObject({ name: 'Bitcoin', tokens: [{ ...wbtc, chain: 'ethereum' }] });
    expect(view.asOf('assets', id, 0)?.aliases).toEqual(expect.arrayContaining(['bitfinex:BTCX', 'kraken:XBT']));
    expect(view.asOf('assets', id, 0, startUs)).toMatchObject({ name: 'Bitcoin', tokens: [] });
  });

  test('a venue’s facts change with time; what is known of curated ones is first', async () => {
    await state(
      listing({}),
      statement('venues', { name: 'nyse', mic: 'XNYS', country: 'US', timeZone: 'America/New_York' }),
    );
    await clock.advance(60_000);
    await state(statement('venues', { name: 'kraken', status: 'inactive' }));
    await clock.advance(60_000);
    // A feed that lists something there does not unsay it.
    await registrar.register(
      [
        {
          venue: 'kraken',
          symbol: 'ETH/USD',
          type: 'spot',
          base: 'ETH',
          quote: 'USD',
          status: 'trading',
          provenance: 'k',
        },
      ],
      'kraken',
    );
    const view = await open();
    const id = idOf('venue:kraken');
    expect(view.history('venues', id)).toMatchObject([
      { status: 'active', country: 'US', validFrom: 0, validTo: startUs + 65 * second },
      { status: 'inactive', country: 'US', validTo: null },
    ]);
    expect(view.newest('venues', idOf('venue:nyse'))).toMatchObject({ mic: 'XNYS', timeZone: 'America/New_York' });
  });

  test('a venue that a feed named turns out to be an exchange protocol, unless somebody has said what it is', async () => {
    await state(listing({ venue: 'uniswap-v3', symbol: 'x' }), token(usdc, 'USDC', 6), token(weth, 'WETH'));
    const id = idOf('venue:uniswap-v3');
    await clock.advance(60_000);
    await state(pool());
    const view = await open();
    expect(view.history('venues', id).map(({ kind }) => kind)).toEqual(['exchange', 'dex']);
    await clock.advance(60_000);
    await state(statement('venues', { name: 'uniswap-v3', kind: 'broker' }));
    await state(pool({ feeTier: 100 }));
    await view.catchUp();
    expect(view.newest('venues', id)?.kind).toBe('broker');
  });

  test('synthetics: formulas and weights by kind, legs by identity or id, redefined in time', async () => {
    const btc = 'spot:BTC/USD';
    const eth = 'spot:ETH/USD';
    await state(instrument(btc), instrument(eth));
    expect(
      await outcomes(
        synthetic('btc-eth', [leg('a', btc), leg('b', idOf(eth))], { kind: 'spread' }),
        synthetic('eth-btc', [leg('a', eth), leg('b', btc)], { kind: 'ratio' }),
        synthetic('two', [leg('a', btc, { weight: 0.5 }), leg('b', eth, { weight: -2 })], { kind: 'basket' }),
        synthetic('nested', [leg('s', 'synthetic:btc-eth', { venue: 'synthetic' })], { formula: 's / 2' }),
      ),
    ).toEqual(['registered', 'registered', 'registered', 'registered']);
    const view = await open();
    const newest = (name: string) => view.newest('synthetics', idOf(`synthetic:${name}`));
    expect(newest('btc-eth')).toMatchObject({
      ...{ kind: 'spread', formula: 'a - b', name: 'btc-eth' },
      legs: [
        { name: 'a', instrumentId: idOf(btc), weight: 1, venue: null },
        { name: 'b', instrumentId: idOf(eth), weight: -1, venue: null },
      ],
    });
    expect(newest('eth-btc')?.formula).toBe('a / b');
    expect(newest('two')?.formula).toBe('0.5 * a - 2 * b');
    expect(newest('nested')).toMatchObject({ kind: 'formula', legs: [{ venue: 'synthetic' }] });
    expect(view.instrument(idOf('synthetic:nested'))).toMatchObject({ type: 'synthetic', name: null });
    expect(view.newest('venues', idOf('venue:synthetic'))).toMatchObject({ kind: 'synthetic' });
    expect(
      view
        .syntheticsUsing(idOf(btc))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['btc-eth', 'eth-btc', 'nested', 'two']);

    await clock.advance(60_000);
    // A formula that came of the kind goes with the legs; one that was written stays.
    await state(
      synthetic('two', [leg('a', btc, { weight: 0.5 }), leg('b', eth, { weight: 3 })]),
      synthetic('nested', [leg('s', 'synthetic:two')]),
    );
    await view.catchUp();
    expect(newest('two')).toMatchObject({ kind: 'basket', formula: '0.5 * a + 3 * b' });
    expect(newest('nested')).toMatchObject({ formula: 's / 2' });
    expect(view.history('synthetics', idOf('synthetic:two'))).toHaveLength(2);
  });

  test('cycles: direct, transitive, and by redefining what others are made of', async () => {
    await state(instrument('spot:BTC/USD'));
    const a = (of: string) => synthetic('a', [leg('x', of)], { formula: 'x' });
    const b = synthetic('b', [leg('x', 'synthetic:a')], { formula: 'x + 1' });
    const c = synthetic('c', [leg('x', 'spot:BTC/USD'), leg('y', 'synthetic:b')], { formula: 'x - y' });
    expect(await problem(a('synthetic:a'))).toMatchObject({ code: 'synthetic_cyclic', path: 'legs.0.instrument' });
    expect(await outcomes(a('spot:BTC/USD'), b, c)).toEqual(['registered', 'registered', 'registered']);
    expect(await problem(a('synthetic:c'))).toMatchObject({
      ...{ code: 'synthetic_cyclic', path: 'legs.0.instrument', message: 'made of itself by x, c.y, b.x' },
    });
    // Within one call, too: the second closes the circle.
    const d = synthetic('d', [leg('x', 'spot:BTC/USD')], { formula: 'x' });
    const e = synthetic('e', [leg('x', 'synthetic:d')], { formula: 'x' });
    expect(await outcomes(d, e, synthetic('d', [leg('x', 'synthetic:e')]))).toEqual([
      'registered',
      'registered',
      'rejected',
    ]);
    await clock.advance(60_000);
    // Once c is not made of b any more, a may be made of c: from then on, not before.
    await state(synthetic('c', [leg('x', 'spot:BTC/USD')], { formula: 'x' }));
    expect(await outcomes(synthetic('a', [leg('x', 'synthetic:c')]))).toEqual(['registered']);
    await clock.advance(1);
    expect(
      await problem(statement('synthetics', { name: 'a', legs: [leg('x', 'synthetic:c')] }, { validFrom: 5 })),
    ).toMatchObject({ code: 'synthetic_cyclic' });
  });

  test('late facts land where they belong, and what was believed before stays answerable', async () => {
    const at = (hours: number) => startUs - 24 * 3_600 * second + hours * 3_600 * second;
    await state(listing({ tickSize: 0.1, status: 'trading' }));
    await clock.advance(1_000);
    await state(listing({ tickSize: 0.5 }, { validFrom: at(6) }));
    await clock.advance(1_000);
    await state(listing({ takerFeeBps: 10 }, { validFrom: at(2) }));
    expect(await problem(listing({ takerFeeBps: 20 }, { validFrom: at(1), validTo: at(3) }))).toMatchObject({
      ...{ code: 'validity_overlaps', path: 'validTo' },
    });
    await state(listing({ takerFeeBps: 30 }, { validFrom: at(2), validTo: at(3) }));
    for (const compacted of [false, true]) {
      if (compacted) memory.compact('registry.listings');
      const view = await open();
      const facts = (hours: number, knownAtUs?: number) => {
        const found = view.listing('kraken', 'BTC/USD', at(hours), knownAtUs);
        return found && [found.tickSize, found.takerFeeBps];
      };
      expect([1, 2, 3, 5, 6].map((hours) => facts(hours))).toEqual([
        [0.1, null],
        [0.1, 30],
        [0.1, 10],
        [0.1, 10],
        [0.5, null],
      ]);
      expect([1, 2, 6].map((hours) => facts(hours, startUs))).toEqual([
        [0.1, null],
        [0.1, null],
        [0.1, null],
      ]);
      expect([2, 6].map((hours) => facts(hours, startUs + second))).toEqual([
        [0.1, null],
        [0.5, null],
      ]);
    }
  });

  test('an override of a listing stays until somebody says otherwise', async () => {
    const seen = { venue: 'kraken', symbol: 'X/USD', type: 'spot', base: 'X', quote: 'USD', provenance: 'k' } as const;
    await registrar.register([{ ...seen, status: 'trading' }], 'kraken');
    await clock.advance(60_000);
    const mapping = 'override: the other X';
    await state(listing({ symbol: 'X/USD', instrument: 'spot:XX/USD', mapping }));
    await clock.advance(60_000);
    await registrar.register([{ ...seen, status: 'halted' }], 'kraken');
    const view = await open();
    expect(view.history('listings', idOf('listing:kraken:X/USD'))).toMatchObject([
      { instrument: 'spot:X/USD', mapping: 'rule' },
      { instrument: 'spot:XX/USD', mapping, status: 'trading' },
      { instrument: 'spot:XX/USD', mapping, status: 'halted' },
    ]);
  });

  test('curated overrides apply to what feeds list', async () => {
    await registrar.register(
      [
        {
          venue: 'binance',
          symbol: 'BQXUSDT',
          type: 'spot',
          base: 'BQX',
          quote: 'USDT',
          status: 'trading',
          provenance: 'b',
        },
      ],
      'binance',
    );
    const view = await open();
    expect(view.listing('binance', 'BQXUSDT', 0)).toMatchObject({ instrument: 'spot:ETHOS/USDT' });
    expect(view.listing('binance', 'BQXUSDT', 0)?.mapping).toMatch(/^override: /);
    expect(view.newest('assets', idOf('asset:ETHOS'))?.aliases).toContain('binance:BQX');
  });
});
