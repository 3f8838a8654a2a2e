import { systemClock } from '@alphapulse/core';
import { isOutage } from '@alphapulse/kafka';
import type { BatchAccount, Gap, ProcessedEvent, RawMessage } from '@alphapulse/schemas';
import type { Stack } from '@alphapulse/stack';
import {
  deadLetterTopic,
  marketUpdates,
  opsBatches,
  opsGaps,
  processedBooks,
  processedQuotes,
  processedTrades,
  raw,
} from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import { deadLetterFacts } from '../harness/poison.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';
import { type LocalVenues, startVenues } from '../harness/venues.ts';

const venueNames = ['binance', 'kraken'] as const;
const rawNames = venueNames.map((venue) => raw[venue].name);
const stageNames = ['parse', 'validate', 'enrich', 'arbitrage', 'market-updates', 'synthetic-legs', 'synthetics'];
const processed = [processedTrades, processedQuotes, processedBooks];
/** One a component: detectors are the most that an app has, a group each with its lanes, and a reader of the registry. */
const warningsAnOutage = 10;

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

describe('a broker restart loses nothing', () => {
  let stack: Stack;
  let kafka: Kafka;
  let venues: LocalVenues;

  beforeAll(async () => {
    stack = await startTestStack({ name: 'broker-restart', local: true });
    kafka = await Kafka.connect(stackEnvironment(stack));
    venues = await startVenues({ seed: 23, eventsPerSecond: 200 });
  }, 120_000);

  afterAll(async () => {
    await venues?.stop();
    await kafka?.close();
    await stack?.stop();
  }, 60_000);

  test('a crash and a restart of the broker cost no message and no process', async () => {
    const timeouts = {
      COLLECT_SESSION_TIMEOUT_MS: '3000',
      PROCESS_SESSION_TIMEOUT_MS: '3000',
      DETECT_SESSION_TIMEOUT_MS: '3000',
    };
    const env = { ...stackEnvironment(stack), ...timeouts };
    const collect = startApp('collect', [], env);
    const process = startApp('process', [], env);
    const detect = startApp('detect', [], env);
    const apps = [collect, process, detect];
    const pids = apps.map(({ pid }) => pid);
    await venues.wish(kafka);
    await goesOn(kafka, venues, 'everything to run');

    await stack.killBroker();
    const sent = framesSent(venues);
    await systemClock.sleep(4_000);
    expect(framesSent(venues)).toBeGreaterThan(sent);
    await stack.restartBroker();
    await goesOn(kafka, venues, 'everything to go on after the crash');
    await stack.restartBroker();
    await goesOn(kafka, venues, 'everything to go on after the restart');

    await until(() => apps.every(hasRecovered), 60_000, 'all components to say that they go on');
    await venues.quiet();
    await until(async () => (await wireMessages(kafka)).length === framesSent(venues), 60_000, 'the last frames');
    expect(await collect.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await kafka.drained('parse-validate-enrich', rawNames);
    await kafka.caughtUp('arbitrage', [processedQuotes.name]);
    await kafka.caughtUp('market-updates', [processedQuotes.name, processedTrades.name]);
    for (const app of [process, detect]) expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(apps.map(({ pid }) => pid)).toEqual(pids);

    // Everything that was sent is in raw, once and in order, without a reconnection to a venue.
    for (const venue of venueNames) {
      const received = (await wireMessages(kafka)).filter(({ source }) => source === venue);
      expect(new Set(received.map(({ connectionId }) => connectionId)).size).toBe(1);
      received.sort((a, b) => a.sequence - b.sequence);
      expect(received.map(({ payload }) => payload.toString())).toEqual(venues.sent[venue]);
    }
    expect(await kafka.values<Gap>(opsGaps)).toEqual([]);

    // Within a key the log has the order of receipt.
    for (const venue of venueNames) {
      const last = new Map<string, number>();
      for (const { key, value } of await kafka.records(raw[venue].name)) {
        const message = kafka.schemas.decode(raw[venue], value) as RawMessage;
        const line = `${key} ${message.connectionId}`;
        expect(message.sequence).toBeGreaterThan(last.get(line) ?? -1);
        last.set(line, message.sequence);
      }
    }

    // Every raw record was processed in exactly one committed batch.
    const accounts = await kafka.values<BatchAccount>(opsBatches);
    for (const [id, end] of await kafka.ends(rawNames)) {
      const own = accounts.filter(({ topic, partition }) => `${topic}/${partition}` === id);
      let next = 0;
      for (const { fromOffset, toOffset, records, withOutputs, filteredRecords, deadRecords } of own) {
        expect(fromOffset).toBe(next);
        expect(records).toBe(toOffset + 1 - fromOffset);
        expect(withOutputs + filteredRecords + deadRecords).toBe(records);
        next = toOffset + 1;
      }
      expect({ id, next }).toEqual({ id, next: end });
    }
    const letters = await Promise.all(stageNames.map((stage) => kafka.records(deadLetterTopic(stage).name)));
    expect(letters.flat().map(deadLetterFacts)).toEqual([]);
    for (const topic of processed) {
      const ids = (await kafka.values<ProcessedEvent>(topic)).map(({ eventId }) => eventId);
      expect(ids.length).toBeGreaterThan(100);
      expect(new Set(ids).size).toBe(ids.length);
    }

    for (const app of apps) expectFewLines(app);
  }, 240_000);
});

/** Waits until what the venues send from now on has reached the ends of all stages. */
async function goesOn(kafka: Kafka, venues: LocalVenues, what: string): Promise<void> {
  const sent = framesSent(venues);
  await until(() => framesSent(venues) > sent + 200, 60_000, what);
  const names = [...rawNames, ...processed.map(({ name }) => name), marketUpdates.name];
  let before: Offsets | undefined;
  await until(
    async () => {
      const now = await whileAway(() => kafka.ends(names));
      before ??= now;
      if (now === undefined) return false;
      const hasGrown = (name: string) =>
        [...now].some(([id, end]) => id.startsWith(`${name}/`) && end > (before?.get(id) ?? 0));
      return names.every(hasGrown);
    },
    90_000,
    what,
  );
}

/** Undefined while the broker is away, or its partitions have no leader yet. */
async function whileAway<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isOutage(error)) return undefined;
    throw error;
  }
}

function framesSent({ sent }: LocalVenues): number {
  return sent.binance.length + sent.kraken.length;
}

async function wireMessages(kafka: Kafka): Promise<RawMessage[]> {
  const messages = await Promise.all(venueNames.map((venue) => kafka.values<RawMessage>(raw[venue])));
  return messages.flat().filter(({ channel }) => !channel.startsWith('rest/'));
}

/** Log lines of a component that waits, with what it says when it goes on. */
const recoveries: Readonly<Record<string, string>> = {
  'broker is away, records wait': 'broker is back, producing goes on',
  'broker is away, reading waits': 'broker is back, reading goes on',
  'consumer stopped, joining again': 'consumer has joined again',
  'processing waits and goes on from the last commit': 'processing goes on',
};

function linesOf(app: AppProcess): LogLine[] {
  const lines = app.output().split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

/** True when every component that has told of an outage has told of its end. */
function hasRecovered(app: AppProcess): boolean {
  const said = linesOf(app).map(({ msg }) => msg);
  const times = (msg: string) => said.filter((other) => other === msg).length;
  return Object.entries(recoveries).every(([away, back]) => times(away) === times(back));
}

/** Each app tells of the outages, in few lines that all are known ones, and writes nothing else. */
function expectFewLines(app: AppProcess): void {
  const warnings = linesOf(app).filter(({ level }) => level > 30);
  expect(warnings.filter(({ level, msg }) => level !== 40 || recoveries[msg] === undefined)).toEqual([]);
  expect(warnings.length).toBeGreaterThanOrEqual(2);
  expect(warnings.length).toBeLessThanOrEqual(2 * warningsAnOutage);
  expect(hasRecovered(app)).toBe(true);
  expect(app.output()).not.toContain('Warning');
}
