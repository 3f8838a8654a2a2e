import type { ListingSeen } from '@alphapulse/core';
import { ManualClock } from '@alphapulse/testkit';
import { describe, expect, test } from '@jest/globals';
import { type IdOf, idOf } from './ids.ts';
import { Registrar, type RegistrarOptions } from './registrar.ts';
import { MemoryLog, memorySchemas } from './testing/memory-log.ts';
import { QuietLog } from './testing/quiet-log.ts';
import { RegistryView } from './view.ts';

const bitcoin: ListingSeen = {
  venue: 'binance',
  symbol: 'BTCUSDT',
  type: 'spot',
  base: 'BTC',
  quote: 'USDT',
  tickSize: 0.01,
  lotSize: 0.00001,
  takerFeeBps: 10,
  status: 'trading',
  provenance: 'binance exchangeInfo',
};
const kraken: ListingSeen = {
  ...bitcoin,
  venue: 'kraken',
  symbol: 'BTC/USD',
  quote: 'USD',
  venueBase: 'XBT',
  provenance: 'kraken instrument',
};
const perpetual: ListingSeen = { ...bitcoin, venue: 'binance-usdm', type: 'perpetual', settle: 'USDT' };

const startUs = 1_700_000_000_000_000;

function setUp(options: RegistrarOptions = {}) {
  const memory = new MemoryLog();
  const clock = new ManualClock(startUs);
  const log = new QuietLog();
  const ports = () => ({ reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log });
  const registrar = new Registrar({ ...ports(), producer: memory.producer() }, options);
  const open = async () => {
    const view = new RegistryView(ports(), { kinds: ['listings', 'instruments', 'assets', 'venues', 'collisions'] });
    await view.start();
    return view;
  };
  return { memory, clock, log, registrar, open };
}

describe('registrar', () => {
  test('makes assets, instruments, venues and listings of what a venue lists', async () => {
    const { registrar, open } = setUp();
    expect(await registrar.register([bitcoin, kraken, perpetual], 'binance')).toEqual({
      registered: 3,
      unchanged: 0,
      rejected: 0,
    });
    const view = await open();
    expect(view.counts()).toMatchObject({ assets: 3, instruments: 3, venues: 3, listings: 3, collisions: 0 });
    expect(view.newest('assets', idOf('asset:BTC'))).toMatchObject({ code: 'BTC', kind: 'crypto' });
    expect(view.newest('assets', idOf('asset:BTC'))?.aliases).toContain('kraken:XBT');
    expect(view.instrument(idOf('spot:BTC/USDT'))).toMatchObject({ type: 'spot', base: 'BTC', settle: null });
    expect(view.instrument(idOf('perpetual:BTC/USDT:USDT'))).toMatchObject({ type: 'perpetual', settle: 'USDT' });
    expect(view.newest('venues', idOf('venue:kraken'))).toMatchObject({ country: 'US', mic: null, timeZone: 'UTC' });
    expect(view.listing('kraken', 'BTC/USD', 0)).toMatchObject({
      id: idOf('listing:kraken:BTC/USD'),
      instrument: 'spot:BTC/USD',
      instrumentId: idOf('spot:BTC/USD'),
      makerFeeBps: null,
      validFrom: 0,
      validTo: null,
      recordedTime: startUs,
    });
    expect(view.listing('kraken', 'BTCUSDT', 0)).toBeUndefined();
    await Promise.all([view.close(), registrar.close()]);
  });

  test('writes nothing for facts it has, whoever wrote them and whatever a feed leaves out', async () => {
    const { memory, registrar, clock, log } = setUp();
    await registrar.register([bitcoin, kraken], 'binance');
    const { size } = memory;
    await clock.advance(60_000);
    const { tickSize: _, ...less } = bitcoin;
    expect(await registrar.register([less, kraken, kraken], 'other')).toMatchObject({ registered: 0, unchanged: 3 });
    const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
    const second = new Registrar({ ...ports, producer: memory.producer() });
    expect(await second.register([bitcoin], 'binance')).toMatchObject({ registered: 0, unchanged: 1 });
    expect(memory.size).toBe(size);
    await Promise.all([registrar.close(), second.close()]);
  });

  test('a changed fact closes a version and opens one, and both outlive compaction', async () => {
    const { memory, registrar, clock, open } = setUp({ changeLeadMs: 5_000 });
    await registrar.register([bitcoin], 'binance');
    await clock.advance(60_000);
    await registrar.register([{ ...bitcoin, takerFeeBps: 7.5 }], 'binance');
    await clock.advance(60_000);
    await registrar.register([{ ...bitcoin, takerFeeBps: 7.5, status: 'halted' }], 'binance');
    const feeUs = startUs + 65_000_000;
    const haltUs = startUs + 125_000_000;
    const facts = (view: RegistryView) =>
      [0, feeUs - 1, feeUs, haltUs - 1, haltUs, haltUs * 2].map((us) => {
        const listing = view.listing('binance', 'BTCUSDT', us);
        return [listing?.takerFeeBps, listing?.status, listing?.validFrom, listing?.validTo];
      });
    const before = await open();
    const first = [10, 'trading', 0, feeUs];
    const second = [7.5, 'trading', feeUs, haltUs];
    const third = [7.5, 'halted', haltUs, null];
    expect(facts(before)).toEqual([first, first, second, second, third, third]);
    memory.compact('registry.listings');
    expect(memory.records('registry.listings')).toHaveLength(3);
    const after = await open();
    expect(facts(after)).toEqual(facts(before));
    expect(after.history('listings', idOf('listing:binance:BTCUSDT'))).toHaveLength(3);
    await Promise.all([before.close(), after.close(), registrar.close()]);
  });

  test('two statements in one call make one version', async () => {
    const { memory, registrar, open } = setUp();
    await registrar.register([bitcoin, { ...bitcoin, tickSize: 0.1 }], 'binance');
    expect(memory.records('registry.listings')).toHaveLength(1);
    const view = await open();
    expect(view.listing('binance', 'BTCUSDT', 0)?.tickSize).toBe(0.1);
    await Promise.all([view.close(), registrar.close()]);
  });

  test('another identity under the same id is rejected and recorded once, the rest is registered', async () => {
    // ETH gets the id of BTC.
    const weak: IdOf = (identity) => idOf(identity === 'asset:ETH' ? 'asset:BTC' : identity);
    const { memory, registrar, log, open } = setUp({ idOf: weak });
    const ether: ListingSeen = { ...bitcoin, symbol: 'ETHUSDT', base: 'ETH' };
    const ripple: ListingSeen = { ...bitcoin, symbol: 'XRPUSDT', base: 'XRP' };
    expect(await registrar.register([bitcoin, ether, ripple], 'binance')).toEqual({
      registered: 2,
      unchanged: 0,
      rejected: 1,
    });
    expect(await registrar.register([ether], 'binance')).toMatchObject({ rejected: 1 });
    expect(registrar.collisions).toBe(2);
    expect(memory.records('registry.collisions')).toHaveLength(1);
    const view = await open();
    expect(view.collisions()).toEqual([
      {
        id: idOf('asset:BTC'),
        existingIdentity: 'asset:BTC',
        rejectedIdentity: 'asset:ETH',
        entity: 'assets',
        detectedTime: startUs,
      },
    ]);
    expect(view.listing('binance', 'ETHUSDT', 0)).toBeUndefined();
    expect(view.listing('binance', 'XRPUSDT', 0)).toBeDefined();
    expect(view.newest('assets', idOf('asset:BTC'))?.code).toBe('BTC');
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { code: 'identity_collision' } },
    ]);
    await Promise.all([view.close(), registrar.close()]);
  });

  test('what makes no identity is rejected alone', async () => {
    const { registrar } = setUp();
    const hostile: ListingSeen[] = [
      { ...bitcoin, base: 'B/TC' },
      { ...bitcoin, symbol: 'BTC USDT' },
      { ...bitcoin, venue: '__proto__' },
      { ...bitcoin, symbol: 'x', type: 'perpetual' },
      { ...bitcoin, symbol: '\ud800' },
    ];
    expect(await registrar.register([...hostile, bitcoin], 'binance')).toEqual({
      registered: 1,
      unchanged: 0,
      rejected: hostile.length,
    });
    await registrar.close();
  });
});
