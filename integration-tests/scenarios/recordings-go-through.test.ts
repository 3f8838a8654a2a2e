import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunSummary } from '@alphapulse/app-cli/start/summary.ts';
import { repositoryRoot } from '@alphapulse/stack';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const recordings = join(repositoryRoot, '..', 'shared', 'recordings');

async function alphapulse(args: readonly string[]): Promise<string> {
  const { NODE_OPTIONS, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'apps/cli/src/main.ts', ...args], {
    cwd: repositoryRoot,
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

async function play(source: string, name: string): Promise<RunSummary> {
  const file = join(mkdtempSync(join(tmpdir(), 'alphapulse-')), `${name}.json`);
  await alphapulse([
    'start',
    '--recording',
    join(recordings, source),
    '--speed',
    'max',
    '--summary',
    file,
    '--port',
    '0',
  ]);
  return JSON.parse(readFileSync(file, 'utf8')) as RunSummary;
}

describe('recordings go through', () => {
  if (!existsSync(recordings)) {
    test('recordings are absent beside the repository: nothing to play', () => {
      console.warn('skipped: ../shared/recordings is absent');
      expect(existsSync(recordings)).toBe(false);
    });
    return;
  }

  test('all frames of Kraken, played twice through a venue server, are accounted for and give the same digests', async () => {
    const parsed = JSON.parse(await alphapulse(['parse', '--source', 'kraken', '--summary', ...files('kraken')]));
    const first = await play('kraken', 'first');
    expect(first.accounted).toBe(true);
    expect(first.raw).toBeGreaterThanOrEqual(parsed.frames);
    expect(first.processed).toEqual({
      trades: parsed.kinds.trade,
      quotes: parsed.kinds.quote,
      books: parsed.kinds.book,
    });
    expect(first.deadLetters).toEqual({});
    const second = await play('kraken', 'second');
    expect(second.digests).toEqual(first.digests);
  }, 240_000);

  test('all frames of Binance are accounted for and give the events that parsing the files gives', async () => {
    const parsed = JSON.parse(await alphapulse(['parse', '--source', 'binance', '--summary', ...files('binance')]));
    const summary = await play('binance', 'binance');
    expect(summary.accounted).toBe(true);
    expect(summary.processed).toEqual({
      trades: parsed.kinds.trade,
      quotes: parsed.kinds.quote,
      books: parsed.kinds.book,
      bars: parsed.kinds.bar,
    });
    expect(summary.deadLetters).toEqual({});
  }, 400_000);
});

function files(source: string): string[] {
  const names: Record<string, string[]> = {
    kraken: [
      'v1_20210417_book1000_ws',
      'v1_20210417_ticker_ws',
      'v1_20210417_trade_ws',
      'v2_kraken_btcusd_l2',
      'v2_kraken_ethusd_sample',
      'v2_trade_frames',
    ],
    binance: [
      'cryptofeed_20211011_depth_rest',
      'cryptofeed_20211011_ws',
      'hftbacktest_spot_btcusdt_20240808',
      'hftbacktest_spot_ethusdt_20240808',
      'hftbacktest_usdm_btcusdt_20240808',
    ],
  };
  return (names[source] ?? []).map((name) => join(recordings, source, `${name}.jsonl.gz`));
}
