import type { Listing } from '@alphapulse/schemas';
import { ManualClock } from '@alphapulse/testkit';
import { registryListings, registryVenues } from '@alphapulse/topics';
import { describe, expect, test } from '@jest/globals';
import type { ReaderPort, SchemaPort } from './ports.ts';
import { MemoryLog, memorySchemas } from './testing/memory-log.ts';
import { QuietLog } from './testing/quiet-log.ts';
import { RegistryView } from './view.ts';

const listing = (id: string, symbol: string): Listing => ({
  id,
  venue: 'kraken',
  symbol,
  instrumentId: 'ff',
  instrument: `spot:${symbol}`,
  tickSize: 0.1,
  lotSize: null,
  minNotional: null,
  makerFeeBps: null,
  takerFeeBps: null,
  status: 'trading',
  source: 'kraken',
  validFrom: 0,
  validTo: null,
  recordedTime: 0,
  mapping: 'rule',
  provenance: 'test',
});

function setUp(ends?: (memory: MemoryLog) => ReaderPort['ends'], decode: SchemaPort['decode'] = memorySchemas.decode) {
  const memory = new MemoryLog();
  const clock = new ManualClock();
  const log = new QuietLog();
  const changes: string[] = [];
  const corrupt: string[] = [];
  const reader = memory.reader();
  const view = new RegistryView(
    {
      reader,
      ends: { ends: ends?.(memory) ?? reader.ends, close: reader.close },
      schemas: { ...memorySchemas, decode },
      clock,
      log,
    },
    {
      onChange: ({ kind, key }) => changes.push(`${kind} ${key}`),
      onCorrupt: async ({ topic, offset }, { code }) => {
        await Promise.resolve();
        corrupt.push(`${topic} ${offset} ${code}`);
      },
    },
  );
  return { memory, clock, log, view, changes, corrupt };
}

describe('registry view', () => {
  test('shows after catchUp what was appended before it', async () => {
    const { memory, view, changes } = setUp();
    memory.append(registryListings, 'aa', listing('aa', 'BTC/USD'));
    await view.start();
    expect(view.caughtUp).toBe(true);
    expect(view.listing('kraken', 'BTC/USD', 1)?.id).toBe('aa');
    memory.append(registryListings, 'ab', listing('ab', 'ETH/USD'));
    await view.catchUp();
    expect(view.listing('kraken', 'ETH/USD', 1)?.id).toBe('ab');
    expect(changes).toEqual(['listings aa', 'listings ab']);
    expect(view.listingIds('kraken').sort()).toEqual(['aa', 'ab']);
    await view.close();
  });

  test('a caller that comes while another catches up gets what was appended before its own call', async () => {
    const answers: (() => void)[] = [];
    let held = false;
    const { memory, view } = setUp((log) => async (topic) => {
      const ends = await log.reader().ends(topic);
      if (held && topic === 'registry.listings') await new Promise<void>((resolve) => answers.push(resolve));
      return ends;
    });
    await view.start();
    held = true;
    const first = view.catchUp();
    while (answers.length < 1) await new Promise((resolve) => setImmediate(resolve));
    // The first round has read the ends by now.
    memory.append(registryListings, 'aa', listing('aa', 'BTC/USD'));
    const second = view.catchUp();
    const third = view.catchUp();
    expect(third).toBe(second);
    expect(second).not.toBe(first);
    held = false;
    for (const answer of answers) answer();
    await Promise.all([first, second, third]);
    expect(view.listing('kraken', 'BTC/USD', 1)).toBeDefined();
    await view.close();
  });

  test('catchUp gives up after its time', async () => {
    let away = false;
    const { clock, view } = setUp((log) => (topic) => (away ? new Promise(() => undefined) : log.reader().ends(topic)));
    await view.start();
    away = true;
    const caughtUp = view.catchUp(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(1_001);
    await expect(caughtUp).rejects.toMatchObject({ code: 'broker_unavailable' });
    away = false;
    await view.catchUp(1_000);
    await view.close();
    await expect(view.catchUp()).rejects.toMatchObject({ code: 'broker_unavailable' });
  });

  test('corrupt records are skipped, counted, logged and told of', async () => {
    const { memory, log, view, corrupt } = setUp();
    memory.appendBytes('registry.listings', 'aa', Buffer.from('garbage'));
    memory.appendBytes('registry.listings', 'aa', Buffer.from([0, 0, 0, 0, 9, 1, 2, 3]));
    memory.appendBytes('registry.listings', 'aa', Buffer.from([0, 0, 0, 0, 1, 1, 2, 3]));
    memory.append(registryListings, 'not a key', listing('aa', 'BTC/USD'));
    memory.append(registryListings, 'ab', listing('aa', 'BTC/USD'));
    memory.append(registryListings, 'aa@5', listing('aa', 'BTC/USD'));
    memory.append(registryListings, 'aa@0~5', listing('aa', 'BTC/USD'));
    memory.append(registryListings, 'aa@0~0', listing('aa', 'BTC/USD'));
    memory.append(registryListings, 'aa', listing('aa', 'BTC/USD'));
    memory.appendBytes('registry.venues', '', null);
    await view.start();
    expect(view.corrupt).toBe(8);
    expect(view.counts().listings).toBe(1);
    expect(view.superseded('listings', 'aa')).toHaveLength(1);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(8);
    expect(corrupt.sort()).toEqual(
      [
        ...[0, 2, 3, 4, 5, 6].map((offset) => `registry.listings ${offset} record_undecodable`),
        'registry.listings 1 schema_unknown',
        'registry.venues 0 record_undecodable',
      ].sort(),
    );
    await view.close();
  });

  test('a decoder that trips over the bytes is no bug of the follower', async () => {
    const { memory, view, corrupt } = setUp(undefined, (topic, framed) => {
      if (framed?.[5] === 99) throw new TypeError('tap._invalid is not a function');
      return memorySchemas.decode(topic, framed);
    });
    memory.appendBytes('registry.listings', 'aa', Buffer.from([0, 0, 0, 0, 1, 99]));
    memory.append(registryListings, 'aa', listing('aa', 'BTC/USD'));
    await view.start();
    expect(view.counts().listings).toBe(1);
    expect(corrupt).toEqual(['registry.listings 0 record_undecodable']);
    await view.close();
  });

  test('a tombstone takes a listing out', async () => {
    const { memory, view } = setUp();
    memory.append(registryListings, 'aa', listing('aa', 'BTC/USD'));
    await view.start();
    memory.append(registryListings, 'aa', null);
    memory.append(registryVenues, 'ac', null);
    await view.catchUp();
    expect(view.listing('kraken', 'BTC/USD', 1)).toBeUndefined();
    expect(view.listingIds('kraken')).toEqual([]);
    expect(view.counts().listings).toBe(0);
    await view.close();
  });
});
