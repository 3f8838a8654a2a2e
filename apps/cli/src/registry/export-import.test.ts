import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { RetriableError } from '@alphapulse/core';
import { type EntityKind, idOf } from '@alphapulse/registry';
import { assetOf, instrumentOf, listingOf, syntheticOf, tokenOf } from '@alphapulse/registry/testing/entities.ts';
import { ManualClock } from '@alphapulse/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { batchSize } from './import-run.ts';
import { CommandHarness } from './testing/command-harness.ts';

let harness: CommandHarness;
let directory: string;

beforeEach(() => {
  harness = new CommandHarness(new ManualClock());
  directory = mkdtempSync(join(tmpdir(), 'alphapulse-registry-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

function put(kind: EntityKind, value: { id: string }, key = value.id): void {
  harness.registry.apply({ kind, key, value, offset: 0 } as never);
}

const rejectIsin = () => ({
  ...{ id: null, identity: null, outcome: 'rejected' as const },
  problem: { code: 'isin_invalid' as const, path: 'identity', message: 'the check digit is wrong' },
});

describe('export', () => {
  beforeEach(() => {
    const token = (digit: string, symbol: string) =>
      tokenOf({ id: idOf(`token:ethereum:0x${digit.repeat(40)}`), address: `0x${digit.repeat(40)}`, symbol });
    put('tokens', token('1', 'ONE'));
    put('tokens', token('2', 'TWO'));
    put('pools', {
      ...{ id: idOf(`pool:ethereum:0x${'3'.repeat(40)}`), token0Id: token('1', '').id, token1Id: token('2', '').id },
      ...{ dex: 'uniswap-v3', poolAddress: `0x${'3'.repeat(40)}`, feeTier: 500, blockchain: 'ethereum', createdAt: 7 },
      ...{ validFrom: 0, validTo: null, recordedTime: 1, provenance: 'test' },
    } as never);
    put('assets', assetOf({ id: idOf('asset:BTC'), aliases: ['kraken:XBT'], name: 'a "b", c' }));
    put('instruments', instrumentOf({ id: idOf('spot:BTC/USD') }));
    const listing = { id: idOf('listing:kraken:BTC/USD'), instrumentId: idOf('spot:BTC/USD') };
    put('listings', listingOf({ ...listing, validTo: 50 }), `${listing.id}@0`);
    put('listings', listingOf({ ...listing, tickSize: null, validFrom: 50 }));
    put('listings', listingOf({ ...listing, tickSize: 9, recordedTime: 3 }), `${listing.id}@0~3`);
    // The outer one's id comes first.
    const [inner, outer] = ['x0', 'x1', 'x2', 'x3']
      .map((name) => ({ name, id: idOf(`synthetic:${name}`) }))
      .sort((a, b) => (a.id > b.id ? -1 : 1)) as [{ name: string; id: string }, { name: string; id: string }];
    put('synthetics', syntheticOf({ ...outer, legs: [inner.id] }));
    put('synthetics', syntheticOf({ ...inner, legs: [idOf('spot:BTC/USD')] }));
  });

  const lines = async (...args: string[]) =>
    (await harness.run('export', ...args)).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown> & { kind: string; facts: Record<string, unknown> });

  test('writes what is referred to first, with identities for ids and every version', async () => {
    const all = await lines();
    expect(all.map(({ kind }) => kind)).toEqual([
      ...['assets', 'instruments', 'tokens', 'tokens', 'pools', 'listings', 'listings', 'synthetics', 'synthetics'],
    ]);
    expect(all[4]?.facts).toMatchObject({ token0: `0x${'1'.repeat(40)}`, token1: `0x${'2'.repeat(40)}`, createdAt: 7 });
    expect(all.slice(5, 7)).toMatchObject([
      { identity: 'listing:kraken:BTC/USD', facts: { tickSize: 0.1 }, validFrom: 0, validTo: 50, source: 'kraken' },
      { facts: { tickSize: null }, validFrom: 50, validTo: null },
    ]);
    const [inner, outer] = all.slice(7);
    expect(inner?.facts.legs).toMatchObject([{ instrument: 'spot:BTC/USD' }]);
    expect(outer?.facts.legs).toMatchObject([{ instrument: inner?.identity }]);
  });

  test('leaves out or adds what it is told', async () => {
    expect(await lines('--kinds', 'listings', '--as-of', '60')).toMatchObject([{ validFrom: 50 }]);
    expect((await lines('--kinds', 'listing', '--history')).at(-1)).toMatchObject({
      superseded: true,
      recordedTime: 3,
    });
    expect((await lines('--kinds', 'assets', '--no-recorded-time'))[0]).not.toHaveProperty('recordedTime');
  });

  test('a file is there when it is whole, packed when its name says so', async () => {
    const out = join(directory, 'all.jsonl.gz');
    const { code, err } = await harness.run('export', '--out', out);
    expect([code, err]).toEqual([0, `9 lines in ${out}\n`]);
    expect((await harness.run('import', out)).out).toBe('9 lines: 9 registered, 0 unchanged, 0 rejected\n');
    const nowhere = await harness.run('export', '--out', join(directory, 'no', 'such', 'folder'));
    expect(nowhere.code).toBe(2);
    expect(nowhere.err).toContain('cannot be written');
  });

  test.each(['jsonl', 'csv'])('import states what export has written as %s', async (format) => {
    const kinds = ['assets', 'tokens', 'pools', 'instruments', 'listings', 'synthetics'];
    for (const kind of kinds) {
      harness.stated.length = 0;
      const out = join(directory, `${kind}.${format}`);
      await harness.run('export', '--kinds', kind, '--out', out, '--history');
      expect((await harness.run('import', out)).code).toBe(0);
      const stated = harness.stated.flatMap(({ statements }) => statements);
      const exported = (await lines('--kinds', kind)).map(({ facts, validFrom, validTo, provenance, source }) => ({
        ...{ kind, facts, validFrom, provenance },
        ...(validTo === null ? {} : { validTo }),
        ...(source === undefined ? {} : { source }),
      }));
      expect(stated).toEqual(exported);
    }
  });

  test.each([
    [['export', '--kinds', 'stocks'], /stocks is no kind/],
    [['export', '--format', 'xml'], /--format is jsonl or csv/],
    [['export', '--format', 'csv'], /a CSV file holds one kind/],
    [['export', '--history', '--as-of', '0'], /exclude each other/],
  ])('refuses %j', async (args, sentence) => {
    const { code, err } = await harness.run(...args);
    expect(code).toBe(2);
    expect(err).toMatch(sentence);
  });
});

describe('import', () => {
  const line = (kind: string, facts: object, more: object = {}) =>
    `${JSON.stringify({ kind, facts, provenance: 'p', ...more })}\n`;

  test('states what is referred to first, whatever the order of the file', async () => {
    const content = [
      line('synthetics', { name: 'outer', legs: [{ name: 'a', instrument: 'synthetic:inner' }] }),
      line('listings', { venue: 'v', symbol: 's', instrument: 'spot:A/B' }, { source: 'feed' }),
      line('synthetics', { name: 'inner', legs: [{ name: 'a', instrument: 'spot:A/B' }] }),
      line('pools', { dex: 'd' }),
      line('assets', { code: 'A' }),
      line('tokens', { chain: 'c' }),
    ].join('');
    await harness.run('import', file('mixed.jsonl', content));
    const stated = harness.stated.flatMap(({ statements }) => statements);
    expect(stated.map(({ kind }) => kind)).toEqual([
      'assets',
      'tokens',
      'pools',
      'listings',
      'synthetics',
      'synthetics',
    ]);
    expect(stated.slice(4).map(({ facts }) => (facts as { name: string }).name)).toEqual(['inner', 'outer']);
    expect(stated.find(({ kind }) => kind === 'listings')?.source).toBe('feed');
  });

  test('goes on after lines that are rejected, and tells which and why', async () => {
    harness.answer = (statement) =>
      (statement.facts as { code: string }).code === 'BAD'
        ? rejectIsin()
        : { id: null, identity: null, outcome: 'unchanged' };
    const content = `${line('assets', { code: 'A' })}{"kind":\n\n${line('assets', { code: 'BAD' })}${line('assets', { code: 'B' })}`;
    const path = file('some.jsonl', content);
    const { code, out, err } = await harness.run('import', path);
    expect(code).toBe(2);
    expect(out).toBe('4 lines: 0 registered, 2 unchanged, 2 rejected\n');
    expect(err).toMatch(/^line 2: not JSON: .* \(request_invalid\)$/m);
    expect(err).toContain('line 4: facts.identity: the check digit is wrong (isin_invalid)\n');
    const json = (await harness.run('import', path, '--json')).out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as object);
    expect(json).toMatchObject([
      { line: 2, code: 'request_invalid' },
      { line: 4, code: 'isin_invalid', path: 'facts.identity' },
      { lines: 4, unchanged: 2, rejected: 2 },
    ]);
  });

  test('passes over findings and former beliefs', async () => {
    const content = `${line('assets', { code: 'A' }, { superseded: true })}${JSON.stringify({ kind: 'collisions', record: {} })}\n`;
    const { code, out } = await harness.run('import', file('findings.jsonl', content));
    expect([code, out]).toEqual([
      0,
      '2 lines: 0 registered, 0 unchanged, 0 rejected, 2 passed over (findings and former beliefs)\n',
    ]);
    expect(harness.stated).toEqual([]);
  });

  test('states in bounded batches, each line in the name of its feed', async () => {
    const content = Array.from({ length: 2 * batchSize + 10 }, (_, at) =>
      line('assets', { code: `A${at}` }, { source: `feed-${at % 2}` }),
    ).join('');
    await harness.run('import', file('large.jsonl', content));
    expect(harness.stated.map(({ statements }) => statements.length)).toEqual([batchSize, batchSize, 10]);
    expect(harness.stated[0]?.statements.slice(0, 2).map(({ source }) => source)).toEqual(['feed-0', 'feed-1']);
  });

  test('states the versions of an entity together', async () => {
    const before = Array.from({ length: batchSize - 1 }, (_, at) => line('assets', { code: `A${at}` })).join('');
    const versions = [1, 2, 3].map((validFrom) => line('assets', { code: 'V' }, { validFrom })).join('');
    await harness.run('import', file('versions.jsonl', before + versions + line('assets', { code: 'Z' })));
    expect(harness.stated.map(({ statements }) => statements.length)).toEqual([batchSize + 2, 1]);
  });

  test('reads CSV with columns of people, where an empty cell takes a fact back', async () => {
    const content =
      '\ufeffvenue,symbol,instrument,tickSize,status\r\n"v","a,b",spot:A/B,0.5,\r\nv,c,spot:C/D,,halted\r\n';
    const { code } = await harness.run('import', file('listings.csv', content), '--kind', 'listings');
    expect(code).toBe(0);
    expect(harness.stated[0]?.statements).toEqual([
      {
        kind: 'listings',
        facts: { venue: 'v', symbol: 'a,b', instrument: 'spot:A/B', tickSize: 0.5 },
        provenance: 'import',
      },
      {
        kind: 'listings',
        facts: { venue: 'v', symbol: 'c', instrument: 'spot:C/D', tickSize: null, status: 'halted' },
        provenance: 'import',
      },
    ]);
  });

  test('tells the line of a CSV cell that is wrong', async () => {
    const content = 'kind,venue,symbol,instrument,tickSize\nlistings,v,s,spot:A/B,much\n';
    const { code, err } = await harness.run('import', file('bad.csv', content));
    expect(code).toBe(2);
    expect(err).toContain('line 2: facts.tickSize: much is no number (request_invalid)');
  });

  test('an outage says how far it came', async () => {
    let calls = 0;
    harness.writer = {
      state: async (statements) => {
        if (++calls === 2) throw new RetriableError('broker_unavailable', 'waited 30 s for Kafka');
        return statements.map(({ kind }) => ({ kind, id: null, identity: null, outcome: 'registered' }));
      },
    };
    const content = Array.from({ length: batchSize + 1 }, (_, at) => line('assets', { code: `A${at}` })).join('');
    const { code, err } = await harness.run('import', file('large.jsonl', content));
    expect(code).toBe(1);
    expect(err).toBe(
      `waited 30 s for Kafka; ${batchSize} of ${batchSize + 1} lines are done, and importing again goes on from there (broker_unavailable)\n`,
    );
  });

  test('refuses what is no file, or not what its name says', async () => {
    expect((await harness.run('import', '/no/such')).err).toContain('no such file');
    expect((await harness.run('import', directory)).err).toContain('is a directory');
    expect((await harness.run('import', file('a.jsonl.gz', 'plain'))).err).toContain('cannot be read');
    expect((await harness.run('import', file('b.csv', 'kind,name\nvenues,a,b\n'))).code).toBe(2);
    expect((await harness.run('import', file('c.csv.gz', gzipSync('kind,facts.name\nvenues,a\n')))).code).toBe(0);
    expect(readFileSync(join(directory, 'a.jsonl.gz'), 'utf8')).toBe('plain');
  });
});
