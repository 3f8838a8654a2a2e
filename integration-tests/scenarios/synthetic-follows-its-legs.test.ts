import { systemClock } from '@alphapulse/core';
import { createRegistrar, idOf, type Statement } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import type { Quote } from '@alphapulse/schemas';
import type { Stack } from '@alphapulse/stack';
import { internalLegs, processedQuotes } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import { type NaiveLeg, type NaiveSynthetic, naiveSynthetics } from '../harness/naive-synthetics.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { seededRandom } from '../harness/seeded-random.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const suffix = '-follows-legs';
const secondUs = 1_000_000;
/** Longer than a round, so that nothing hangs on which partition was processed first, killed or not. */
const windowSeconds = 60;
const roundSeconds = 50;
const levels = 3;
const [maxLegAgeUs, refreshUs] = [4 * secondUs, secondUs];
const settings = {
  GROUP_SUFFIX: suffix,
  DETECT_SESSION_TIMEOUT_MS: '1500',
  SYNTHETICS_REORDER_WINDOW_MS: String(windowSeconds * 1000),
  SYNTHETICS_LEVEL_WINDOW_MS: String(windowSeconds * 1000),
  SYNTHETICS_MAX_LEG_AGE_MS: String(maxLegAgeUs / 1000),
  SYNTHETICS_REFRESH_MS: String(refreshUs / 1000),
  SYNTHETICS_MIN_INTERVAL_MS: '1',
};

const instruments = ['LEGA', 'LEGB', 'LEGC', 'LEGD'].map((base) => `spot:${base}/USD`);
const [a, b, c, d] = instruments as [string, string, string, string];
/** A round of leg quotes begins here; the second later, so that nothing of the first is young enough. */
const firstUs = systemClock.nowUs() - 3_600 * secondUs;
const secondRoundUs = firstUs + 1_200 * secondUs;
const changeUs = firstUs + (roundSeconds / 2) * secondUs;

const stated = (facts: Extract<Statement, { kind: 'synthetics' }>['facts'], validFrom?: number): Statement => ({
  kind: 'synthetics',
  facts,
  ...(validFrom === undefined ? {} : { validFrom }),
  provenance: 'scenario',
});
const leg = (name: string, instrument: string, more: { weight?: number; venue?: string } = {}) => ({
  name,
  instrument,
  ...more,
});

const beginning: Statement[] = [
  ...instruments.map((identity): Statement => ({ kind: 'instruments', facts: { identity }, provenance: 'scenario' })),
  stated({ name: 'follows-spread', kind: 'spread', legs: [leg('a', a), leg('b', b)] }),
  stated({ name: 'follows-ratio', kind: 'ratio', legs: [leg('a', a), leg('c', c)] }),
  stated({
    name: 'follows-basket',
    kind: 'basket',
    legs: [leg('a', a, { weight: 0.5 }), leg('b', b, { weight: 2 }), leg('d', d, { weight: -0.25 })],
  }),
  stated({
    name: 'follows-venues',
    formula: 'p - q',
    legs: [leg('p', a, { venue: 'binance' }), leg('q', a, { venue: 'kraken' })],
  }),
  stated({ name: 'follows-changed', formula: '(c + d) / 2', legs: [leg('c', c), leg('d', d)] }),
  stated({ name: 'follows-changed', formula: '(c + 3 * d) / 4', legs: [leg('c', c), leg('d', d)] }, changeUs),
  stated({ name: 'follows-nested', formula: '2 * s - c', legs: [leg('s', 'synthetic:follows-spread'), leg('c', c)] }),
  stated({
    name: 'follows-top',
    formula: 'max(n, k) / d',
    legs: [leg('n', 'synthetic:follows-nested'), leg('k', 'synthetic:follows-basket'), leg('d', d)],
  }),
];
/** Stated while detect runs, between the rounds. */
const later = stated({
  name: 'follows-later',
  formula: 'a + b + c + d',
  legs: [leg('a', a), leg('b', b), leg('c', c), leg('d', d)],
});

const legsOf = (...names: (string | { instrumentId: string; venue: string })[]) =>
  names.map((name) => (typeof name === 'string' ? { instrumentId: idOf(name) } : name));
const since = (quote: NaiveSynthetic['versions'][0]['quote']) => [{ validFrom: 0, quote }];
const naive = (name: string, legs: NaiveSynthetic['legs'], versions: NaiveSynthetic['versions']): NaiveSynthetic => ({
  id: idOf(`synthetic:${name}`),
  name,
  legs,
  versions,
});
const unsized = { bidSize: 0, askSize: 0 };
const average =
  (x: number, y: number) =>
  (first: NaiveLeg, second: NaiveLeg): NaiveLeg => ({
    bid: x * first.bid + y * second.bid,
    ask: x * first.ask + y * second.ask,
    bidSize: Math.min(first.bidSize / x, second.bidSize / y),
    askSize: Math.min(first.askSize / x, second.askSize / y),
  });
const difference = (first: NaiveLeg, second: NaiveLeg): NaiveLeg => ({
  bid: first.bid - second.ask,
  ask: first.ask - second.bid,
  bidSize: Math.min(first.bidSize, second.askSize),
  askSize: Math.min(first.askSize, second.bidSize),
});
const synthetics: readonly NaiveSynthetic[] = [
  naive('follows-spread', legsOf(a, b), since(difference)),
  naive(
    'follows-ratio',
    legsOf(a, c),
    since((first, second) => ({ bid: first.bid / second.ask, ask: first.ask / second.bid, ...unsized })),
  ),
  naive(
    'follows-basket',
    legsOf(a, b, d),
    since((first, second, third) => ({
      bid: 0.5 * first.bid + 2 * second.bid - 0.25 * third.ask,
      ask: 0.5 * first.ask + 2 * second.ask - 0.25 * third.bid,
      bidSize: Math.min(first.bidSize / 0.5, second.bidSize / 2, third.askSize / 0.25),
      askSize: Math.min(first.askSize / 0.5, second.askSize / 2, third.bidSize / 0.25),
    })),
  ),
  naive(
    'follows-venues',
    legsOf({ instrumentId: idOf(a), venue: 'binance' }, { instrumentId: idOf(a), venue: 'kraken' }),
    since(difference),
  ),
  naive('follows-changed', legsOf(c, d), [
    { validFrom: 0, quote: average(0.5, 0.5) },
    { validFrom: changeUs, quote: average(0.25, 0.75) },
  ]),
  naive(
    'follows-later',
    legsOf(a, b, c, d),
    since((...legs) => legs.reduce((sum, each) => average(1, 1)(sum, each))),
  ),
  naive(
    'follows-nested',
    legsOf('synthetic:follows-spread', c),
    since((spread, third) => ({
      bid: 2 * spread.bid - third.ask,
      ask: 2 * spread.ask - third.bid,
      bidSize: Math.min(spread.bidSize / 2, third.askSize),
      askSize: Math.min(spread.askSize / 2, third.bidSize),
    })),
  ),
  naive(
    'follows-top',
    legsOf('synthetic:follows-nested', 'synthetic:follows-basket', d),
    since((nested, basket, last) => {
      const [low, high] = [Math.max(nested.bid, basket.bid), Math.max(nested.ask, basket.ask)];
      // All is positive here: the basket is.
      return { bid: low / last.ask, ask: high / last.bid, ...unsized };
    }),
  ),
];

/** Leg quotes of a round in the order of their times, at two venues, some crossed, with pauses in which legs turn stale. */
function round(startUs: number): Quote[] {
  const random = seededRandom(41);
  const prices = new Map(instruments.map((identity, at) => [identity, 50 + 10 * at]));
  const quotes: Quote[] = [];
  for (let ms = 0; ms < roundSeconds * 1000; ms += 20 + Math.floor(random() * 150)) {
    const at = Math.floor(random() * instruments.length);
    const identity = instruments[at] as string;
    // One leg is silent for longer than quotes live.
    if (identity === c && ms > 30_000 && ms < 38_000) continue;
    const price = (prices.get(identity) as number) * (1 + (random() - 0.5) / 500);
    prices.set(identity, price);
    // Half of the quotes are as before: the synthetics do not move with them.
    const [bidPrice, tick] = [Math.round(price * 4) / 4, random() < 0.05 ? 0 : 0.25];
    const venue = random() < 0.5 ? 'binance' : 'kraken';
    const receivedTime = startUs + ms * 1000;
    quotes.push({
      ...{ eventId: `${venue}:quote:${identity}:${ms}`, source: venue, venue, instrumentId: idOf(identity) },
      ...{ instrument: identity, symbol: identity.slice(5), eventTime: receivedTime - 700, eventTimeSource: 'venue' },
      ...{ receivedTime, origin: { topic: `raw.${venue}`, partition: at, offset: ms } },
      ...{ bidPrice, bidSize: 1 + Math.floor(random() * 4), askPrice: bidPrice + tick, askSize: 2 },
      ...{ sequence: null, crossed: tick === 0, tickSize: null, lotSize: null, takerFeeBps: 10, listingVersion: null },
    });
  }
  return quotes;
}

describe('a synthetic follows its legs', () => {
  let stack: Stack;
  let kafka: Kafka;
  let before: Offsets;

  beforeAll(async () => {
    // A stack of its own: what is registered here would be quoted from other scenarios' legs too.
    stack = await startTestStack({ name: 'synthetics', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    kafka = await Kafka.connect();
    before = await kafka.ends([processedQuotes.name, internalLegs.name]);
    await kafka.startGroupAt(`synthetic-legs${suffix}`, [processedQuotes.name], before);
    await kafka.startGroupAt(`synthetics${suffix}`, [internalLegs.name], before);
    await state(beginning);
  }, 90_000);

  afterAll(async () => {
    await kafka.close();
    await stack.stop();
  }, 60_000);

  async function state(statements: readonly Statement[]): Promise<void> {
    const registrar = createRegistrar({
      config: kafka.config,
      schemaRegistryUrl: schemaRegistryUrl(),
      clock: systemClock,
    });
    const outcomes = await registrar.state(statements, { source: 'scenario' });
    await registrar.close();
    expect(outcomes.map(({ outcome, problem }) => problem ?? outcome)).toEqual(statements.map(() => 'registered'));
  }

  async function append(quotes: readonly Quote[]): Promise<void> {
    for (const quote of quotes) {
      const value = processedQuotes.value.encode(quote);
      const prefix = kafka.schemas.prefix(processedQuotes);
      kafka.producer.send(
        processedQuotes.name,
        quote.instrumentId,
        prefix,
        value,
        Math.floor(quote.receivedTime / 1000),
      );
    }
    await kafka.producer.flush();
  }

  /** Waits until quotes have gone round, by the synthetics to those made of them, and no more come. */
  async function settled(): Promise<void> {
    for (let written = -1; ; ) {
      await kafka.caughtUp(`synthetic-legs${suffix}`, [processedQuotes.name]);
      await kafka.caughtUp(`synthetics${suffix}`, [internalLegs.name]);
      const [quotes, legs] = [
        await kafka.records(processedQuotes.name, before),
        await kafka.records(internalLegs.name, before),
      ];
      if (quotes.length + legs.length === written) return;
      written = quotes.length + legs.length;
    }
  }

  /** Lets record time pass a round by the windows of all levels, one after the other: each waits for the one below. */
  async function passBy(startUs: number): Promise<void> {
    for (let level = 1; level <= levels; level++) {
      await settled();
      const ms = (roundSeconds + 1 + level * (windowSeconds + 1)) * 1000;
      const [template] = round(startUs) as [Quote];
      await append(
        instruments.map((instrument, at) => ({
          ...template,
          ...{ instrument, instrumentId: idOf(instrument), receivedTime: startUs + (ms + at) * 1000, venue: 'kraken' },
        })),
      );
    }
    await settled();
  }

  async function quotesOfRound(startUs: number): Promise<Map<string, Quote[]>> {
    const quotes = await kafka.values<Quote>(processedQuotes, before);
    const ofRound = quotes.filter(
      ({ receivedTime }) => receivedTime >= startUs && receivedTime < startUs + roundSeconds * secondUs,
    );
    return new Map(
      synthetics.map(({ id }) => [
        id,
        ofRound.filter((quote) => quote.venue === 'synthetic' && quote.instrumentId === id),
      ]),
    );
  }

  function expectEqual(found: Map<string, Quote[]>, expected: Map<string, Quote[]>): void {
    // Sums in another order differ in the last digits.
    const plain = (quotes: readonly Quote[] | undefined) =>
      (quotes ?? []).map((quote) => ({
        ...quote,
        origin: { ...quote.origin },
        bidPrice: quote.bidPrice.toPrecision(12),
        askPrice: quote.askPrice.toPrecision(12),
        bidSize: quote.bidSize.toPrecision(12),
        askSize: quote.askSize.toPrecision(12),
      }));
    for (const { id, name } of synthetics)
      expect({ name, quotes: plain(found.get(id)) }).toEqual({ name, quotes: plain(expected.get(id)) });
  }

  test('exactly as a naive computation says, through a change of definition, new synthetics and kill -9', async () => {
    const startDetect = (): AppProcess => startApp('detect', ['--detectors', 'synthetic-legs,synthetics'], settings);
    let detect = startDetect();
    const first = round(firstUs);
    await append(first);
    await passBy(firstUs);
    const naiveFirst = naiveSynthetics(
      synthetics.filter(({ name }) => name !== 'follows-later'),
      first,
      { maxLegAgeUs, refreshUs },
    );
    for (const quotes of naiveFirst.values()) expect(quotes.length).toBeGreaterThan(50);
    expectEqual(await quotesOfRound(firstUs), naiveFirst);
    const versions = new Set(
      naiveFirst.get(idOf('synthetic:follows-changed'))?.map(({ listingVersion }) => listingVersion),
    );
    expect(versions.size).toBe(2);
    const legPartitions = new Set(
      (await kafka.records(processedQuotes.name, before))
        .filter(({ key }) => instruments.some((identity) => idOf(identity) === key?.toString()))
        .map(({ partition }) => partition),
    );
    expect(legPartitions.size).toBeGreaterThan(1);

    // The second round: one more synthetic, and detect is killed while it works, twice.
    await state([later]);
    const second = round(secondRoundUs);
    const legsBefore = (await kafka.records(internalLegs.name, before)).length;
    const third = Math.floor(second.length / 3);
    const atWork = async (records: number) =>
      until(
        async () => (await kafka.records(internalLegs.name, before)).length > legsBefore + records,
        60_000,
        'legs to be sent on',
      );
    await append(second.slice(0, third));
    await atWork(20);
    await detect.kill('SIGKILL');
    await append(second.slice(third, 2 * third));
    detect = startDetect();
    await atWork(third + 20);
    await detect.kill('SIGKILL');
    detect = startDetect();
    await append(second.slice(2 * third));
    await passBy(secondRoundUs);
    const naiveSecond = naiveSynthetics(synthetics, second, { maxLegAgeUs, refreshUs });
    expect(naiveSecond.get(idOf('synthetic:follows-later'))?.length).toBeGreaterThan(50);
    expectEqual(await quotesOfRound(secondRoundUs), naiveSecond);
    expect(await detect.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 300_000);
});
