import { type EntityKind, idOf } from '@alphapulse/registry';
import { assetOf, instrumentOf, listingOf, syntheticOf, tokenOf } from '@alphapulse/registry/testing/entities.ts';
import { ManualClock } from '@alphapulse/testkit';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { CommandHarness } from './testing/command-harness.ts';

const second = 1_000_000;
const day = 86_400 * second;
const march = 1_772_323_200 * second;
const btcUsd = idOf('spot:BTC/USD');
const listingId = idOf('listing:kraken:BTC/USD');
const apple = 'US0378331005';

let harness: CommandHarness;

function put(kind: EntityKind, value: { id: string }, key = value.id): void {
  harness.registry.apply({ kind, key, value, offset: 0 } as never);
}

beforeEach(() => {
  harness = new CommandHarness(new ManualClock(march + 30 * day));
  put('assets', assetOf({ id: idOf('asset:BTC'), name: 'Bitcoin', aliases: ['kraken:XBT'] }));
  put('instruments', instrumentOf({ id: btcUsd }));
  put(
    'instruments',
    instrumentOf({
      id: idOf(`equity:isin:${apple}`),
      identity: `equity:isin:${apple}`,
      ...{ type: 'equity', base: null, quote: null, isin: apple, ticker: 'AAPL', name: 'Apple Inc.' },
    }),
  );
  put('tokens', tokenOf({ id: idOf('token:ethereum:0x0000000000000000000000000000000000000001') }));
  const listing = { id: listingId, instrumentId: btcUsd };
  const changed = march + 10 * day;
  put(
    'listings',
    listingOf({ ...listing, validTo: changed, recordedTime: march, provenance: 'AssetPairs' }),
    `${listingId}@0`,
  );
  put(
    'listings',
    listingOf({
      ...listing,
      ...{ tickSize: 0.01, status: 'halted', validFrom: changed, recordedTime: changed - 5 * second },
    }),
  );
  put(
    'listings',
    listingOf({ ...listing, tickSize: 0.5, recordedTime: march - day, provenance: 'a mistake' }),
    `${listingId}@0~${march - day}`,
  );
});

describe('get', () => {
  test.each([
    ['an id', 'assets', [idOf('asset:BTC')]],
    ['the beginning of an id', 'assets', [idOf('asset:BTC').slice(0, 8)]],
    ['an id as tables shorten it', 'assets', [`${idOf('asset:BTC').slice(0, 8)}…`]],
    ['an identity string', 'assets', ['asset:BTC']],
    ['an identity string to be normalised', 'asset', ['Asset: btc']],
    ['a natural name', 'assets', ['BTC']],
    ['an ISIN', 'instruments', [apple]],
    ['a pair', 'instruments', ['btc/usd']],
    ['venue and symbol', 'listings', ['kraken', 'BTC/USD']],
    ['chain and address in capitals', 'tokens', ['ethereum', '0X0000000000000000000000000000000000000001']],
  ])('finds by %s', async (_what, kind, words) => {
    const { code, out, err } = await harness.run('get', kind, ...words, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toHaveLength(2);
    expect(JSON.parse(out)).toHaveProperty('provenance', 'test');
  });

  test('shows the facts of the time, by what is or was known', async () => {
    const tickSize = async (...args: string[]) =>
      (
        JSON.parse((await harness.run('get', 'listings', 'kraken', 'BTC/USD', '--json', ...args)).out) as {
          tickSize: number;
        }
      ).tickSize;
    expect(await tickSize()).toBe(0.01);
    expect(await tickSize('--as-of', '2026-03-05')).toBe(0.1);
    expect(await tickSize('--as-of', '2026-03-05', '--known-at', '2026-02-28T12:00:00Z')).toBe(0.5);
  });

  test('prints a table that fits the terminal, with times in UTC', async () => {
    harness.width = 60;
    const { out } = await harness.run('get', 'listings', 'kraken', 'BTC/USD');
    expect(out).toContain('2026-03-11T00:00:00Z');
    expect(out).toContain('open');
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(60);
  });

  test.each([
    [['get', 'stocks', 'BTC'], /stocks is no kind; there are assets, instruments/],
    [['get', 'assets', 'ETH'], /ETH is not registered \(not_found\)/],
    [['get', 'assets', 'BTC/USD'], /BTC\/USD names no asset; give an id, or for example BTC/],
    [['get', 'assets', 'spot:BTC/USD'], /spot:BTC\/USD is an instrument, not an asset/],
    [['get', 'assets', 'BTC', '--as-of', 'yesterday'], /--as-of: give microseconds/],
    [['get', 'mappings', 'BTC/USD', '--as-of', '0'], /mappings have no versions/],
    [['get', 'mappings', 'BTC/USD'], /never disagreed/],
    [['get', 'assets'], /missing required argument/],
    [['get', 'assets', 'BTC', '--colour'], /unknown option/],
    [['gett'], /unknown command/],
  ])('refuses %j in a sentence, with exit code 2', async (args, sentence) => {
    const { code, out, err } = await harness.run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(sentence);
  });

  test('says when facts hold, but not at that time', async () => {
    put('assets', assetOf({ id: idOf('asset:OLD'), code: 'OLD', validTo: march }));
    const { code, err } = await harness.run('get', 'assets', 'OLD');
    expect(code).toBe(2);
    expect(err).toContain('OLD has no facts that hold now; see its history (not_found)');
  });

  test('asks for more digits when the beginning of an id means several', async () => {
    put('venues', { id: `abcdef${'0'.repeat(26)}`, name: 'a', validFrom: 0, validTo: null, recordedTime: 0 } as never);
    put('venues', { id: `abcdef${'1'.repeat(26)}`, name: 'b', validFrom: 0, validTo: null, recordedTime: 0 } as never);
    expect((await harness.run('get', 'venues', 'abcdef')).err).toContain('begins 2 ids of venues');
    expect((await harness.run('get', 'venues', 'abcdef0', '--json')).code).toBe(0);
  });
});

describe('find', () => {
  beforeEach(() => {
    put(
      'listings',
      listingOf({ id: idOf('listing:binance:BTCUSD'), venue: 'binance', symbol: 'BTCUSD', instrumentId: btcUsd }),
    );
    put('synthetics', syntheticOf({ id: idOf('synthetic:a'), name: 'a', legs: [btcUsd] }));
    put('synthetics', syntheticOf({ id: idOf('synthetic:b'), name: 'b', kind: 'ratio', legs: [idOf('synthetic:a')] }));
  });

  const found = async (...args: string[]) => {
    const { out } = await harness.run('find', ...args, '--json');
    return out
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };

  test.each([
    [['listings', '--venue', 'kraken'], 1],
    [['listings', '--instrument', 'BTC/USD'], 2],
    [['listings', '--type', 'spot', '--prefix', 'btc'], 2],
    [['listings', '--status', 'halted'], 1],
    [['listings', '--status', 'halted', '--as-of', '2026-03-05'], 0],
    [['listings', '--venue', 'kraken', '--known-at', '2026-02-01'], 0],
    [['listings', '--venue', 'kraken', '--known-at', '2026-02-28T12:00:00Z'], 1],
    [['venues', '--mic', 'xnas'], 0],
    [['instruments', '--isin', apple], 1],
    [['instruments', '--type', 'equity'], 1],
    [['instruments', '--venue', 'binance'], 1],
    [['instruments', '--base', 'BTC', '--quote', 'USD'], 1],
    [['instruments', '--prefix', 'SPOT:'], 1],
    [['synthetics', '--instrument', 'spot:BTC/USD'], 2],
    [['synthetics', '--type', 'ratio'], 1],
    [['tokens', '--chain', 'ethereum', '--address', '0X0000000000000000000000000000000000000001'], 1],
    [['assets', '--symbol', 'BTC'], 1],
    [['venues'], 0],
  ])('%j', async (args, count) => {
    expect(await found(...args)).toHaveLength(count);
  });

  test('reads no more topics than the filters need', async () => {
    await harness.run('find', 'listings', '--venue', 'kraken');
    expect(harness.kindsRead).toEqual(['listings']);
    await harness.run('find', 'instruments', '--venue', 'kraken');
    expect(harness.kindsRead).toEqual(['instruments', 'listings']);
  });

  test('stops at the limit and says so beside the data', async () => {
    const { out, err } = await harness.run('find', 'listings', '--limit', '1', '--json');
    expect(out.trim().split('\n')).toHaveLength(1);
    expect(err).toContain('--limit lists more');
    expect((await harness.run('find', 'listings')).err).toBe('2 listings\n');
  });

  test('shortens ids unless asked for whole ones, and fits the terminal', async () => {
    const narrow = await harness.run('find', 'listings', '--venue', 'kraken');
    expect(narrow.out).toContain(` ${listingId.slice(0, 8)}… `);
    harness.width = undefined;
    expect((await harness.run('find', 'listings', '--venue', 'kraken')).out).not.toContain(listingId);
    expect(Math.max(...narrow.out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect((await harness.run('find', 'listings', '--wide')).out).toContain(listingId);
  });

  test.each([
    [['find', 'assets', '--isin', apple], /--isin is no filter of assets; it is one of instruments/],
    [['find', 'instruments', '--isin', 'US0378331006'], /--isin: US0378331006 is no ISO 6166 number.*\(isin_invalid\)/],
    [['find', 'listings', '--status', 'open'], /open is none of trading, halted, delisted, unknown/],
    [['find', 'listings', '--type', 'stock'], /stock is none of spot, perpetual/],
    [['find', 'venues', '--mic', 'NONE'], /--mic: NONE is not in the list of ISO 10383 \(mic_invalid\)/],
    [['find', 'listings', '--limit', '0'], /--limit: 0 is no whole number from 1/],
    [['find', 'listings', '--timeout', 'long'], /not a duration: long/],
  ])('refuses %j', async (args, sentence) => {
    const { code, err } = await harness.run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });
});

describe('history', () => {
  test('tells what changed from one version to the next', async () => {
    harness.width = undefined;
    const { out } = await harness.run('history', 'listings', 'kraken', 'BTC/USD');
    expect(out).toContain(`listing:kraken:BTC/USD  ${listingId}`);
    expect(out).toContain('since ever');
    expect(out).toContain('first facts');
    expect(out).toContain('tickSize 0.1 → 0.01, status trading → halted');
    expect(out).not.toContain('a mistake');
  });

  test('tells former beliefs when asked', async () => {
    harness.width = undefined;
    const { out } = await harness.run('history', 'listings', 'kraken', 'BTC/USD', '--superseded');
    expect(out).toContain('formerly believed: differed in tickSize 0.5');
    const { out: json } = await harness.run('history', 'listings', 'kraken', 'BTC/USD', '--superseded', '--json');
    expect(JSON.parse(json)).toMatchObject({
      kind: 'listings',
      identity: 'listing:kraken:BTC/USD',
      versions: [{ changes: null }, { changes: [{ field: 'tickSize', from: 0.1, to: 0.01 }, { field: 'status' }] }],
      superseded: [{ tickSize: 0.5, provenance: 'a mistake' }],
    });
  });

  test('tells of a time for which no facts are known', async () => {
    harness.width = undefined;
    const id = idOf('asset:GAP');
    put('assets', assetOf({ id, code: 'GAP', validTo: march }), `${id}@0`);
    put('assets', assetOf({ id, code: 'GAP', validFrom: march + day }));
    expect((await harness.run('history', 'assets', 'GAP')).out).toMatch(
      /2026-03-01T00:00:00Z.*2026-03-02T00:00:00Z.*no facts/,
    );
  });

  test('control characters of a venue’s text do not reach the terminal', async () => {
    put('assets', assetOf({ id: idOf('asset:EVIL'), code: 'EVIL', name: 'a\u001b[2Jb\u202ec' }));
    expect((await harness.run('get', 'assets', 'EVIL')).out).toContain('a\ufffd[2Jb\ufffdc');
  });
});

describe('collisions', () => {
  test('lists both identities', async () => {
    expect((await harness.run('collisions')).err).toBe('no collisions\n');
    const collision = {
      ...{ id: btcUsd, existingIdentity: 'spot:BTC/USD', rejectedIdentity: 'spot:X/Y' },
      ...{ entity: 'instruments', detectedTime: march },
    };
    harness.registry.apply({ kind: 'collisions', key: btcUsd, value: collision, offset: 0 });
    expect((await harness.run('collisions')).out).toContain('spot:X/Y');
    expect(JSON.parse((await harness.run('collisions', '--json')).out)).toEqual(collision);
  });
});
