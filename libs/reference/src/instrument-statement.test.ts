import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNet } from '@alphapulse/net';
import type { Statement } from '@alphapulse/registry/statement.ts';
import { ManualClock } from '@alphapulse/testkit';
import { afterAll, describe, expect, test } from '@jest/globals';
import { curatedStatements } from './curated-statements.ts';
import { enrichInstruments } from './instrument-statement.ts';
import { loadAssetOverrides } from './load-overrides.ts';
import { referenceFromEnv } from './reference-from-env.ts';
import { OpenFigiServer } from './testing/open-figi-server.ts';
import { securities } from './testing/securities.ts';
import { recordingLog, settle } from './testing/settle.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'reference-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('enriching instruments', () => {
  test('states what file and service know, and from whom', async () => {
    const clock = new ManualClock();
    const log = recordingLog();
    const server = await OpenFigiServer.start({ clock, securities });
    const deps = { net: createNet({ clock, log }), clock, log, signal: never };
    const env = {
      REFERENCE_FILES: file('mine.csv', 'isin,sector', 'US4592001014,Technology', 'US4592001014,Technology'),
      OPENFIGI: 'on',
      OPENFIGI_URL: server.url,
    };
    const chain = await referenceFromEnv(env, deps);
    if (!chain) throw new Error('a chain was asked for');
    const identities = ['Equity:ISIN:us4592001014', 'spot:BTC/USDT', 'etf:isin:IE00B4L5Y983', 'nonsense'];
    const enriched = await settle(enrichInstruments(identities, chain, never), clock, 1);
    await server.stop();
    expect(enriched.map(({ identity, statement }) => [identity, statement])).toEqual([
      [
        'equity:isin:US4592001014',
        {
          kind: 'instruments',
          facts: {
            identity: 'equity:isin:US4592001014',
            cusip: '459200101',
            figi: 'BBG000BLNNH6',
            ticker: 'IBM',
            name: 'INTL BUSINESS MACHINES CORP',
            sector: 'Technology',
          },
          provenance: 'isin: cusip; openfigi: figi, ticker, name; csv: sector',
        },
      ],
      ['etf:isin:IE00B4L5Y983', null],
    ]);
    expect(log.lines.join('\n')).toContain('"duplicates":[{"line":3,"sameAs":2}]');
    // What is made here is what the registry takes.
    const statements: (Statement | null)[] = enriched.map(({ statement }) => statement);
    expect(statements).toHaveLength(2);
  });

  test('is off when nothing is asked for', async () => {
    const clock = new ManualClock();
    const log = recordingLog();
    const deps = { net: createNet({ clock, log }), clock, log, signal: never };
    expect(await referenceFromEnv({}, deps)).toBeNull();
    await expect(referenceFromEnv({ REFERENCE_FILES: join(folder, 'none') }, deps)).rejects.toMatchObject({
      code: 'reference_file_invalid',
    });
  });
});

describe('curated statements', () => {
  test('name each asset once with its tokens, and each token', () => {
    const statements: readonly Statement[] = curatedStatements();
    const usdc = statements.find((each) => each.kind === 'assets' && each.facts.code === 'USDC');
    expect(usdc).toMatchObject({
      facts: { kind: 'stablecoin', tokens: expect.arrayContaining([expect.objectContaining({ chain: 'solana' })]) },
      provenance: 'curated: Uniswap Labs Default 22.21.0',
    });
    expect(statements.filter(({ kind }) => kind === 'tokens').length).toBeGreaterThan(60);
    const codes = statements.flatMap((each) => (each.kind === 'assets' ? [each.facts.code] : []));
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('a file of overrides', () => {
  test('goes over what is shipped', async () => {
    const path = file('overrides.csv', 'venue,code,symbol,asset,validFrom,reason,source', 'bybit,NEIRO,,MINE,,ours,');
    const overrides = await loadAssetOverrides({ ASSET_OVERRIDES_FILE: path });
    expect(overrides.find({ venue: 'bybit', code: 'NEIRO' })?.asset).toBe('MINE');
    expect(overrides.find({ venue: 'coinbase', code: 'CGLD' })?.asset).toBe('CELO');
    expect((await loadAssetOverrides({})).find({ venue: 'bybit', code: 'NEIRO' })?.asset).toBe('NEIROETH');
  });

  test('that is wrong or away says so', async () => {
    const path = file('wrong.csv', 'venue,code,symbol,asset,validFrom,reason,source', 'bybit,NEIRO,,b/c,,ours,');
    await expect(loadAssetOverrides({ ASSET_OVERRIDES_FILE: path })).rejects.toMatchObject({
      code: 'reference_file_invalid',
      message: expect.stringContaining(`${path}:2: asset:`),
    });
    await expect(loadAssetOverrides({ ASSET_OVERRIDES_FILE: join(folder, 'none') })).rejects.toMatchObject({
      code: 'reference_file_invalid',
    });
  });
});
