import { type AnyTopic, type InputRecord, type Stage, systemClock } from '@alphapulse/core';
import { arbitrage, defaultArbitrageConfig } from '@alphapulse/detectors';
import type { LogRecord } from '@alphapulse/kafka';
import { createRegistryView, type RegistryView } from '@alphapulse/registry';
import { Pipeline, schemaRegistryUrl } from '@alphapulse/runtime';
import type {
  BatchAccount,
  CollectorHealth,
  ParsedEvent,
  ProcessedEvent,
  RawMessage,
  Task,
  Trade,
} from '@alphapulse/schemas';
import { sources } from '@alphapulse/sources';
import { createParseStage, enrich, validate } from '@alphapulse/stages';
import { type HostileFrame, hostileFrames } from '@alphapulse/testkit';
import {
  collectionTasks,
  deadLetterTopic,
  internalParsed,
  internalValidated,
  marketUpdates,
  opportunitiesArbitrage,
  opsBatches,
  opsCollectors,
  processedBooks,
  processedQuotes,
  processedTrades,
  raw,
  registryListings,
} from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import {
  appendPoison,
  type DeadLetterFacts,
  deadLetterFacts,
  endlessArray,
  markOf,
  poisonFor,
  sendMarked,
} from '../harness/poison.ts';
import { startApp } from '../harness/processes.ts';
import { registerListings, registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';
import { startVenues } from '../harness/venues.ts';

const suffix = '-poison';
const venues = ['binance', 'kraken'] as const;
const rawNames = venues.map((venue) => raw[venue].name);
/** Every topic that a stage reads, with the stages that do. */
const readers: readonly (readonly [topic: AnyTopic, stages: readonly string[]])[] = [
  [raw.binance, ['parse']],
  [raw.kraken, ['parse']],
  [internalParsed, ['validate']],
  [internalValidated, ['enrich']],
  [processedQuotes, ['arbitrage', 'market-updates']],
  [processedTrades, ['market-updates']],
];
const stageNames = ['parse', 'validate', 'enrich', 'arbitrage', 'market-updates'];
const processed = [processedTrades, processedQuotes, processedBooks];
/** Hostile frames are of this instrument: those that are well-formed after all change what becomes of it. */
const hostileInstrument = 'spot:BTC/USDT';

interface Letter extends DeadLetterFacts {
  readonly record: LogRecord;
}

describe('poison does not stop the stream', () => {
  let kafka: Kafka;
  let view: RegistryView;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
    view = createRegistryView({ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock });
    await view.start();
  }, 60_000);

  afterAll(async () => {
    await view.close();
    await kafka.close();
  });

  test('every stage turns it into one dead letter a record and processes all that is good', async () => {
    const outputs = [...processed, opportunitiesArbitrage, marketUpdates, opsBatches];
    const before = await kafka.ends(
      [...readers.map(([topic]) => topic), ...outputs, ...stageNames.map(deadLetterTopic)].map(({ name }) => name),
    );
    for (const stage of stageNames) await kafka.startGroupAt(`${stage}${suffix}`, inputsOf(stage), before);
    const env = { GROUP_SUFFIX: suffix };
    const apps = [
      ...['parse', 'validate', 'enrich'].map((stage) => startApp('process', ['--stages', stage], env)),
      startApp('detect', [], env),
    ];

    const { rows } = simulatedRaw({ seed: 41, seconds: 12, eventsPerSecond: 150 });
    const third = Math.ceil(rows.length / 3);
    await appendRaw(kafka, rows.slice(0, third));
    await settled(kafka);
    const timeMs = Math.floor((rows[third]?.message.receivedTime ?? 0) / 1000);
    for (const [topic] of readers) await appendPoison(kafka, topic, await poisonOf(kafka, topic, before), 'x', timeMs);
    await appendPoison(kafka, registryListings, await poisonOf(kafka, registryListings), 'x', systemClock.nowMs());
    const frames = appendHostile(kafka, rows[third]?.message.receivedTime ?? 0);
    await appendRaw(kafka, rows.slice(third, 2 * third));
    await settled(kafka);
    // Listings can still be registered and are still heard of.
    await registerListings(kafka, [{ venue: 'binance', base: 'NEW', quote: 'USDT' }]);
    appendHostile(kafka, systemClock.nowUs(), [newTrade]);
    await appendRaw(kafka, rows.slice(2 * third));
    await settled(kafka);
    for (const app of apps) expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const letters = await deadLetters(kafka, before);
    const accounts = await kafka.values<BatchAccount>(opsBatches, before);
    let poisoned = 0;
    for (const [topic, stages] of readers) {
      const records = await kafka.records(topic.name, before);
      const poison = new Map((await poisonOf(kafka, topic, before)).map(({ name, code }) => [name, code]));
      const expected = records.filter((record) => poison.has(markOf(record) ?? ''));
      poisoned += expected.length * stages.length;
      for (const stage of stages) {
        const found = letters.filter((letter) => letter.stage === stage && letter.topic === topic.name);
        const at = new Map(expected.map((record) => [`${record.partition}/${record.offset}`, record]));
        const own = found.filter(({ partition, offset }) => at.has(`${partition}/${offset}`));
        // One each, in the order of the log.
        expect(places(own)).toEqual(places(expected));
        for (const { partition, offset, code, reason, record } of own) {
          const input = at.get(`${partition}/${offset}`) as LogRecord;
          expect([markOf(input), code]).toEqual([markOf(input), poison.get(markOf(input) ?? '')]);
          expect(reason).not.toBe('');
          expect({ key: record.key, value: record.value, timestampMs: record.timestampMs }).toEqual({
            key: input.key,
            value: input.value,
            timestampMs: input.timestampMs,
          });
        }
        // Every record of the topic is accounted for, and dead ones are those with a letter.
        const sum = sumOf(accounts.filter((account) => account.stages === stage && account.topic === topic.name));
        expect({ stage, topic: topic.name, records: sum.records, dead: sum.deadRecords }).toEqual({
          stage,
          topic: topic.name,
          records: records.length,
          dead: found.length,
        });
        expect(sum.withOutputs + sum.filteredRecords + sum.deadRecords).toBe(sum.records);
      }
    }
    expect(poisoned).toBeGreaterThan(300);

    await expectHostileOutcomes(kafka, before, letters, frames);
    await expectUndisturbed(kafka, view, before, rows.length);
  }, 240_000);

  test('a collector passes over what is no task and runs those before and after', async () => {
    const local = await startVenues({ seed: 5, eventsPerSecond: 40 });
    const before = await kafka.ends([opsCollectors.name, collectionTasks.name, raw.binance.name, raw.kraken.name]);
    const collect = startApp('collect', [], { COLLECT_GROUP: `collect${suffix}` });
    const health = async () => (await kafka.values<CollectorHealth>(opsCollectors, before)).map(({ id, state }) => `${id} ${state}`);
    await local.wish(kafka);
    await until(async () => (await health()).includes('kraken/0 live'), 60_000, 'the first tasks to run');

    const task = (id: string, source: string, config: string): Task => ({
      id,
      source,
      config,
      simulated: true,
      updatedTime: systemClock.nowUs(),
    });
    const framed = (value: Task) =>
      Buffer.concat([kafka.schemas.prefix(collectionTasks) as Buffer, collectionTasks.value.encode(value)]);
    const known = (await kafka.records(collectionTasks.name, before)).find(({ value }) => value !== null);
    const good = known?.value as Buffer;
    for (const { name, value } of poisonFor(good)) {
      for (const partition of await kafka.reader.partitions(collectionTasks.name))
        sendMarked(kafka, collectionTasks, name, `poison/${name}`, value, systemClock.nowMs(), partition);
    }
    const wellFormed = [
      task('poison/unknown-source', 'nosuchsource', '{}'),
      task('poison/config-is-no-json', 'binance', 'no json'),
      task('poison/config-is-wrong', 'kraken', '{"symbols":7,"__proto__":{"wsEndpoints":null}}'),
    ];
    const later = { symbols: ['BTC/USDT'], channels: ['trade'], bookDepth: 10, wsEndpoints: [`${local.kraken.wsUrl}/v2`], restEndpoint: local.kraken.httpUrl };
    for (const value of [...wellFormed, task('after-poison/0', 'kraken', JSON.stringify(later))])
      sendMarked(kafka, collectionTasks, value.id, value.id, framed(value), systemClock.nowMs());
    await kafka.producer.flush();
    await until(async () => (await health()).includes('after-poison/0 live'), 60_000, 'the task after the poison to run');

    const sent = local.sent.binance.length;
    await until(() => local.sent.binance.length > sent + 50, 60_000, 'the tasks before the poison to go on');
    for (const id of ['binance/0', 'kraken/0', 'after-poison/0', ...wellFormed.map(({ id }) => id)])
      kafka.producer.send(collectionTasks.name, id, null, null, systemClock.nowMs());
    await kafka.producer.flush();
    await until(async () => (await health()).includes('after-poison/0 stopped'), 60_000, 'the tasks to stop');
    await until(async () => (await health()).includes('binance/0 stopped'), 60_000, 'the tasks to stop');
    expect(await collect.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    await local.stop();
    for (const venue of venues) {
      const messages = await kafka.values<RawMessage>(raw[venue], before);
      expect(messages.length).toBeGreaterThan(50);
    }
  }, 180_000);
});

/** Topics that a stage reads. */
function inputsOf(stage: string): string[] {
  return readers.filter(([, stages]) => stages.includes(stage)).map(([{ name }]) => name);
}

/** Waits until everything in the log has gone through all stages. */
async function settled(kafka: Kafka): Promise<void> {
  await kafka.drained(`parse${suffix}`, rawNames);
  for (const stage of stageNames.slice(1)) await kafka.caughtUp(`${stage}${suffix}`, inputsOf(stage));
}
