import { type AnyTopic, systemClock } from '@alphapulse/core';
import type { LogRecord } from '@alphapulse/kafka';
import { createRegistryView, type RegistryView } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import type { BatchAccount, CollectorHealth, ParsedEvent, RawMessage, Task } from '@alphapulse/schemas';
import type { Stack } from '@alphapulse/stack';
import { hostileFrames } from '@alphapulse/testkit';
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
import { appendFrame, deadLetters, goodValues, hostileOutcomes, withNewIds } from '../harness/hostile-outcomes.ts';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import { appendPoison, endlessArray, markOf, type Poison, poisonFor, sendMarked } from '../harness/poison.ts';
import { startApp } from '../harness/processes.ts';
import { arbitrageOf, processedOf, recordsByKeyAndSource } from '../harness/reference.ts';
import { registerListings, registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';
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
const btcUsdt = 'spot:BTC/USDT';
const newInstrument = 'spot:NEW/USDT';
/** Hostile frames are of BTC/USDT: those that are well-formed after all change what becomes of it. */
const hostileInstruments = new Set([btcUsdt, newInstrument]);

describe('poison does not stop the stream', () => {
  let stack: Stack;
  let kafka: Kafka;
  let view: RegistryView;

  beforeAll(async () => {
    // A stack of its own: what is appended here would be in the way of other scenarios that read from the beginning.
    stack = await startTestStack({ name: 'poison', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
    view = createRegistryView({ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock });
    await view.start();
  }, 90_000);

  afterAll(async () => {
    await view?.close();
    await kafka?.close();
    await stack?.stop();
  }, 60_000);

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
    const messageLike = (venue: string, receivedTime = 0) => {
      const like = rows.find(({ source, message }) => source === venue && !message.channel.startsWith('rest/'));
      return { ...(like?.message as RawMessage), receivedTime };
    };
    await appendRaw(kafka, rows.slice(0, third));
    await settled(kafka);
    const timeMs = Math.floor((rows[third]?.message.receivedTime ?? 0) / 1000);
    for (const [topic] of readers) await appendPoison(kafka, topic, await poisonOf(kafka, topic, before), 'x', timeMs);
    const corruptBefore = view.corrupt;
    const badListings = await poisonOf(kafka, registryListings);
    await appendPoison(kafka, registryListings, badListings, 'x', systemClock.nowMs());
    for (const venue of venues) {
      const like = messageLike(venue, rows[third]?.message.receivedTime);
      hostileFrames(venue).forEach(({ name, payload }, n) => {
        const frame = Buffer.from(typeof payload === 'string' ? withNewIds(payload, n) : payload);
        appendFrame(kafka, venue, `hostile ${name}`, frame, like);
      });
    }
    await appendRaw(kafka, rows.slice(third, 2 * third));
    await settled(kafka);
    // Listings can still be registered and are still heard of.
    await registerListings(
      kafka,
      new Map([['binance', [{ base: 'NEW', quote: 'USDT', pricePrecision: 2, sizePrecision: 2 }]]]),
    );
    appendFrame(
      kafka,
      'binance',
      'new listing',
      Buffer.from(newTrade(systemClock.nowMs())),
      messageLike('binance', systemClock.nowUs()),
    );
    await appendRaw(kafka, rows.slice(2 * third));
    await settled(kafka);
    for (const app of apps) expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const letters = await deadLetters(kafka, stageNames, before);
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

    // Hostile frames end as their kind says, once; nothing else has a dead letter.
    const { outcomes, unexplained } = await hostileOutcomes(kafka, before, letters);
    expect(unexplained).toEqual([]);
    const expectations = new Map(
      venues.flatMap((venue) => hostileFrames(venue).map(({ name, expect }) => [`${venue} ${name}`, expect])),
    );
    expect([...outcomes.keys()].sort()).toEqual([...expectations.keys()].sort());
    const wrong = [...outcomes].filter(
      ([name, outcome]) => outcome.length !== 1 || !expectations.get(name)?.includes(outcome[0] as never),
    );
    expect(wrong).toEqual([]);

    // All other instruments have the records of a run without poison, byte for byte.
    await view.catchUp();
    expect(view.corrupt - corruptBefore).toBe(badListings.length * registryListings.partitions);
    const isGood = (record: LogRecord) => markOf(record) === undefined;
    const good = (await Promise.all(rawNames.map((name) => kafka.records(name, before)))).flat().filter(isGood);
    expect(good).toHaveLength(rows.length);
    const undisturbed = await processedOf(kafka, view, good);
    for (const topic of processed) {
      const records = (await kafka.records(topic.name, before)).filter(isGood);
      const found = recordsByKeyAndSource(kafka, topic, records, (event) => !hostileInstruments.has(event.instrument));
      const wanted = undisturbed(topic, (event) => !hostileInstruments.has(event.instrument));
      const lengths = (lists: ReadonlyMap<string, readonly string[]>) =>
        Object.fromEntries([...lists].map(([pair, list]) => [pair, list.length]));
      expect(lengths(found)).toEqual(lengths(wanted));
      expect(found).toEqual(wanted);
      expect(wanted.size).toBeGreaterThan(8);
    }
    // The poisoned instrument goes on, and the one that was listed afterwards is there.
    const lastThird = rows[2 * third]?.message.receivedTime ?? Number.POSITIVE_INFINITY;
    const quotes = await goodValues(kafka, processedQuotes, before);
    for (const venue of venues) {
      const late = quotes.filter(({ instrument, receivedTime }) => instrument === btcUsdt && receivedTime > lastThird);
      expect(late.filter((quote) => quote.venue === venue).length).toBeGreaterThan(0);
    }
    const trades = await goodValues(kafka, processedTrades, before);
    expect(trades.filter(({ instrument }) => instrument === newInstrument)).toHaveLength(1);

    // Detectors: the opportunities of the good quotes alone; every market is told of after the poison.
    const goodQuotes = (await kafka.records(processedQuotes.name, before)).filter(isGood);
    const opportunities = recordsByKeyAndSource(
      kafka,
      opportunitiesArbitrage,
      await kafka.records(opportunitiesArbitrage.name, before),
    );
    expect(opportunities).toEqual(await arbitrageOf(kafka, goodQuotes));
    expect(opportunities.size).toBeGreaterThan(0);
    const updated = (await kafka.values<{ instrument: string; receivedTime: number }>(marketUpdates, before))
      .filter(({ receivedTime }) => receivedTime > lastThird)
      .map(({ instrument }) => instrument);
    expect(new Set(updated)).toEqual(new Set([...quotes, ...trades].map(({ instrument }) => instrument)));
  }, 240_000);

  test('a collector passes over what is no task and runs those before and after', async () => {
    const local = await startVenues({ seed: 5, eventsPerSecond: 40 });
    const before = await kafka.ends([opsCollectors.name, collectionTasks.name, raw.binance.name, raw.kraken.name]);
    const collect = startApp('collect', [], { COLLECT_GROUP: `collect${suffix}` });
    const health = async () =>
      (await kafka.values<CollectorHealth>(opsCollectors, before)).map(({ id, state }) => `${id} ${state}`);
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
    const later = {
      symbols: ['BTC/USDT'],
      channels: ['trade'],
      bookDepth: 10,
      wsEndpoints: [`${local.kraken.wsUrl}/v2`],
      restEndpoint: local.kraken.httpUrl,
    };
    for (const value of [...wellFormed, task('after-poison/0', 'kraken', JSON.stringify(later))])
      sendMarked(kafka, collectionTasks, value.id, value.id, framed(value), systemClock.nowMs());
    await kafka.producer.flush();
    await until(
      async () => (await health()).includes('after-poison/0 live'),
      60_000,
      'the task after the poison to run',
    );

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

/** A trade of a pair that no venue has listed so far. */
function newTrade(timeMs: number): string {
  return `{"stream":"newusdt@trade","data":{"e":"trade","E":${timeMs},"s":"NEWUSDT","t":1,"p":"2.50","q":"4.00","T":${timeMs},"m":true,"M":true}}`;
}

/** Poison for a topic, made of the first good record from the offsets on: the same at each call. */
async function poisonOf(kafka: Kafka, topic: AnyTopic, from?: Offsets): Promise<readonly Poison[]> {
  const records = (await kafka.records(topic.name, from)).filter((record) => record.value && !markOf(record));
  const poison = poisonFor(records[0]?.value as Buffer);
  if (topic !== internalParsed && topic !== internalValidated) return poison;
  for (const { value } of records) {
    const event = kafka.schemas.decode(topic, value) as ParsedEvent;
    if (event.kind !== 'book') continue;
    const framed = (levels: ParsedEvent<'book'>['bids']) =>
      Buffer.concat([kafka.schemas.prefix(topic) as Buffer, topic.value.encode({ ...event, bids: levels, asks: [] })]);
    return [...poison, endlessArray(framed([]), framed([{ price: 1, size: 1 }]))];
  }
  throw new Error(`${topic.name} has no book`);
}

/** `partition/offset` of records or of what they tell of, in order. */
function places(records: readonly { readonly partition: number; readonly offset: number }[]): string[] {
  return [...records]
    .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
    .map(({ partition, offset }) => `${partition}/${offset}`);
}

function sumOf(accounts: readonly BatchAccount[]) {
  const sum = { records: 0, withOutputs: 0, filteredRecords: 0, deadRecords: 0 };
  for (const account of accounts)
    for (const field of Object.keys(sum) as (keyof typeof sum)[]) sum[field] += account[field];
  return sum;
}
