import { markStart, summarise } from '@alphapulse/app-cli/start/summary.ts';
import { systemClock } from '@alphapulse/core';
import type { RawMessage } from '@alphapulse/schemas';
import { hostileFrames } from '@alphapulse/testkit';
import { raw } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, type RawRow, simulatedRaw } from '../harness/simulated-raw.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];

describe('accounts for every record', () => {
  let kafka: Kafka;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
  }, 60_000);

  afterAll(async () => {
    await kafka.close();
  });

  test('every raw record, hostile ones among them, ends as output, as filtered with a reason or as a dead letter with a code', async () => {
    const suffix = '-accounts';
    await kafka.admin.commitEnds(`parse-validate-enrich${suffix}`, rawTopics);
    const start = await markStart(kafka.config, systemClock);
    const { rows } = simulatedRaw({ seed: 5, seconds: 60, eventsPerSecond: 150 });
    const hostile = (['binance', 'kraken'] as const).flatMap((source) =>
      hostileFrames(source).map(({ payload, name }) => hostileRow(rows, source, name, Buffer.from(payload))),
    );
    const unlisted = rows
      .filter(({ message }) => message.channel === 'trade')
      .slice(0, 5)
      .map((row): RawRow => unlistedRow(row));
    // In the middle of the stream, where books and windows have state to disturb.
    const middle = Math.floor(rows.length / 2);
    const all = [...rows.slice(0, middle), ...hostile, ...unlisted, ...rows.slice(middle)];
    await appendRaw(kafka, all);
    const process = startApp('process', [], { GROUP_SUFFIX: suffix });
    await kafka.drained(`parse-validate-enrich${suffix}`, rawTopics);
    expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const summary = await summarise(
      start,
      { seconds: 60, mode: 'simulated', latencyMs: { p50: null, p99: null } },
      { kafka: kafka.config, schemas: kafka.schemas, clock: systemClock },
    );
    expect(summary.raw).toBe(all.length);
    expect(summary.accounted).toBe(true);
    expect(summary.deadLetters.symbol_unknown).toBeGreaterThanOrEqual(unlisted.length);
    expect(summary.deadLetters.frame_not_json).toBeGreaterThan(0);
    expect(summary.processed.trades).toBeGreaterThan(1_000);
    expect(Object.keys(summary.deadLetters)).not.toContain('unexpected');
  }, 240_000);
});

function hostileRow(rows: readonly RawRow[], source: 'binance' | 'kraken', name: string, payload: Buffer): RawRow {
  const like = rows.find((row) => row.source === source) as RawRow;
  const message: RawMessage = { ...like.message, channel: 'unscanned', connectionId: `hostile-${name}`, payload };
  return { source, key: 'unscanned', message };
}

/** The same trade of a symbol that nobody lists. */
function unlistedRow(row: RawRow): RawRow {
  const text = row.message.payload
    .toString()
    .replaceAll(row.key, row.source === 'binance' ? 'NOSUCHUSDT' : 'NOSUCH/USDT')
    .replaceAll(row.key.toLowerCase(), 'nosuchusdt');
  return {
    ...row,
    key: row.source === 'binance' ? 'NOSUCHUSDT' : 'NOSUCH/USDT',
    message: { ...row.message, payload: Buffer.from(text) },
  };
}
