import { type ListingSeen, RetriableError } from '@alphapulse/core';
import { afterEach, describe, expect, test } from '@jest/globals';
import { idOf } from './ids.ts';
import type { EncodedRecord } from './ports.ts';
import { Registrar } from './registrar.ts';
import type { Statement } from './statement.ts';
import { memorySchemas } from './testing/memory-log.ts';
import { setUpRegistrar, startUs } from './testing/registrar-setup.ts';

const bitcoin: ListingSeen = {
  venue: 'kraken',
  symbol: 'BTC/USD',
  type: 'spot',
  base: 'BTC',
  quote: 'USD',
  takerFeeBps: 40,
  status: 'trading',
  provenance: 'test',
};
const second = 1_000_000;

describe('registrars at once', () => {
  let set = setUpRegistrar({ random: () => 0 });
  afterEach(async () => {
    await set.close();
    set = setUpRegistrar({ random: () => 0 });
  });

  /** Lets time pass until the work is done. */
  async function settled<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = work.finally(() => {
      done = true;
    });
    end.catch(() => undefined);
    while (!done) await set.clock.advance(1);
    return end;
  }

  test('who is fenced while it writes looks again and writes only what is still new', async () => {
    const { another, memory, open, registrar: other } = set;
    let interfered = 0;
    const slow = another({ random: () => 0 }, async () => {
      if (interfered++ > 0) return;
      expect(await other.register([bitcoin], 'other')).toMatchObject({ registered: 1 });
    });
    const ether = { ...bitcoin, symbol: 'ETH/USD', base: 'ETH' };
    expect(await settled(slow.register([bitcoin, ether], 'slow'))).toEqual({
      ...{ registered: 1, unchanged: 1, rejected: 0 },
    });
    expect(interfered).toBe(2);
    const keys = memory.records('registry.listings').map(({ key }) => String(key));
    expect(keys).toEqual([idOf('listing:kraken:BTC/USD'), idOf('listing:kraken:ETH/USD')]);
    expect(memory.records('registry.assets')).toHaveLength(3);
    expect((await open()).listing('kraken', 'BTC/USD', 0)?.source).toBe('other');
  });

  test('two changes at once become two versions, one after the other, neither of them empty', async () => {
    const { another, clock, open, registrar } = set;
    await registrar.register([bitcoin], 'first');
    await clock.advance(60_000);
    let interfered = false;
    const slow = another({ random: () => 0 }, async () => {
      if (interfered) return;
      interfered = true;
      await registrar.register([{ ...bitcoin, takerFeeBps: 26 }], 'first');
    });
    await settled(slow.register([{ ...bitcoin, takerFeeBps: 16 }], 'slow'));
    const view = await open();
    const history = view.history('listings', idOf('listing:kraken:BTC/USD'));
    expect(history.map(({ takerFeeBps }) => takerFeeBps)).toEqual([40, 26, 16]);
    for (const { validFrom, validTo } of history) expect(validTo === null || validTo > validFrom).toBe(true);
    expect(view.superseded('listings', idOf('listing:kraken:BTC/USD'))).toEqual([]);
  });

  test('a registrar whose clock is behind still speaks last', async () => {
    const { memory, clock, log, registrar, open } = set;
    await registrar.register([bitcoin], 'first');
    await clock.advance(60_000);
    await registrar.register([{ ...bitcoin, takerFeeBps: 26 }], 'first');
    const behind = { ...clock, nowUs: () => startUs, nowMs: () => startUs / 1_000, sleep: clock.sleep.bind(clock) };
    const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock: behind, log };
    const late = new Registrar({ ...ports, producer: memory.producer() });
    await late.register([{ ...bitcoin, takerFeeBps: 16 }], 'late');
    await late.close();
    const view = await open();
    expect(view.history('listings', idOf('listing:kraken:BTC/USD'))).toMatchObject([
      { takerFeeBps: 40 },
      { takerFeeBps: 26, validFrom: startUs + 65 * second },
      { takerFeeBps: 16, recordedTime: startUs + 60 * second + 1, validTo: null },
    ]);
  });

  test('who has nothing to say does not take the right to write from others', async () => {
    const { another, memory, registrar } = set;
    await registrar.register([bitcoin], 'first');
    expect(memory.takeovers).toBe(1);
    const other = another();
    expect(await other.register([bitcoin], 'other')).toMatchObject({ unchanged: 1 });
    const wrong = { ...bitcoin, base: 'B/TC' };
    expect(await other.register([wrong], 'other')).toMatchObject({ rejected: 1 });
    const atomic: Statement = { kind: 'venues', facts: { name: 'Not one' }, provenance: 'test' };
    const fine: Statement = { kind: 'venues', facts: { name: 'one' }, provenance: 'test' };
    expect(await other.state([fine, atomic], { source: 'other', atomic: true })).toMatchObject([
      { outcome: 'unchanged' },
      { outcome: 'rejected' },
    ]);
    expect(memory.takeovers).toBe(1);
    // The first still has it and need not take it over again.
    expect(await registrar.register([{ ...bitcoin, symbol: 'x' }], 'first')).toMatchObject({ registered: 1 });
    expect(memory.takeovers).toBe(1);
  });

  test('gives up when others are faster every time', async () => {
    const { another, memory } = set;
    const rival = memory.producer();
    const slow = another({ random: () => 1 }, () => rival.takeOver([]));
    await expect(settled(slow.register([bitcoin], 'slow'))).rejects.toMatchObject({ code: 'registry_busy' });
    expect(memory.size).toBe(0);
    expect(memory.takeovers).toBeGreaterThan(100);
  });

  test('a large registration is written in transactions of bounded size, each of them whole', async () => {
    const { memory, clock, log } = set;
    const rival = memory.producer();
    const producer = memory.producer();
    const commits: (readonly EncodedRecord[])[] = [];
    const counted = {
      get holds() {
        return producer.holds;
      },
      takeOver: producer.takeOver,
      close: producer.close,
      commit: async (records: readonly EncodedRecord[], timestampMs: number) => {
        if (commits.length === 2) await rival.takeOver([]);
        const next = await producer.commit(records, timestampMs).catch((error: Error) => {
          commits.push([]);
          throw error;
        });
        commits.push(records);
        return next;
      },
    };
    const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
    const registrar = new Registrar({ ...ports, producer: counted }, { random: () => 0 });
    const count = 9_000;
    const statements = Array.from({ length: count }, (_, at): Statement => {
      return { kind: 'instruments', facts: { identity: `spot:A${at}/USD` }, provenance: 'test' };
    });
    const outcomes = await settled(registrar.state(statements, { source: 'test' }));
    await registrar.close();
    expect(outcomes.every(({ outcome }) => outcome === 'registered')).toBe(true);
    expect(outcomes).toHaveLength(count);
    // Instruments, an asset each, and the dollar; none of them twice, though a commit was lost to the rival.
    expect(memory.size).toBe(2 * count + 1);
    expect(commits.map(({ length }) => length)).toEqual([4_001, 4_000, 0, 4_000, 4_000, 2_000]);
    const known = new Set<string>();
    for (const records of commits) {
      for (const { key } of records) known.add(key);
      for (const { topic, key } of records)
        if (topic === 'registry.instruments') expect(known.has(key) && known.has(idOf('asset:USD'))).toBe(true);
    }
  });

  test('a commit of which nobody knows whether it was made is looked for before it is made again', async () => {
    const { memory, clock, log } = set;
    const producer = memory.producer();
    let lost = false;
    let holds = false;
    const unsure = {
      get holds() {
        return holds;
      },
      takeOver: async () => {
        await producer.takeOver([]);
        holds = true;
      },
      close: producer.close,
      commit: async (records: readonly EncodedRecord[], timestampMs: number) => {
        const next = await producer.commit(records, timestampMs);
        if (lost) return next;
        lost = true;
        holds = false;
        throw new RetriableError('broker_unavailable', 'the answer was lost');
      },
    };
    const ports = { reader: memory.reader(), ends: memory.reader(), schemas: memorySchemas, clock, log };
    const registrar = new Registrar({ ...ports, producer: unsure }, { random: () => 0 });
    expect(await settled(registrar.register([bitcoin], 'test'))).toMatchObject({ rejected: 0 });
    expect(memory.records('registry.listings')).toHaveLength(1);
    await registrar.close();
  });

  test('closing ends one that waits for others', async () => {
    const { another, memory, clock } = set;
    const rival = memory.producer();
    let tries = 0;
    const slow = another({ random: () => 1 }, async () => {
      tries++;
      await rival.takeOver([]);
    });
    const registration = slow.register([bitcoin], 'slow');
    registration.catch(() => undefined);
    while (tries === 0) await clock.advance(1);
    await slow.close();
    await expect(registration).rejects.toBeInstanceOf(RetriableError);
    expect(memory.size).toBe(0);
  });
});
