import type { Snapshot } from '@alphapulse/app-dashboard/snapshot.ts';
import { systemClock } from '@alphapulse/core';
import { createRegistryView, type RegistryView } from '@alphapulse/registry';
import { schemaRegistryUrl } from '@alphapulse/runtime';
import type { ArbitrageOpportunity, BatchAccount, Mapping } from '@alphapulse/schemas';
import type { PlantedDislocation } from '@alphapulse/testkit';
import { opportunitiesArbitrage, opsBatches, raw, registryMappings } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets, until } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, type SimulatedRaw, simulatedRaw } from '../harness/simulated-raw.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];
const suffix = '-suspect';
/** Another coin between these seconds: three times the price shows at once, 8 % only by lasting. */
const [fromSecond, toSecond, lastSecond] = [30, 75, 165];
const threefold = 'spot:ETH/USDT';
const slightly = 'spot:SOL/USDT';
const doubted = [threefold, slightly];
/** The log is fed in slices of so much market time: within one, a venue may run ahead of the other. */
const sliceSeconds = 2;
const toleranceUs = 3_000_000;

describe('suspect mapping suppresses opportunities', () => {
  let kafka: Kafka;
  let view: RegistryView;
  let market: SimulatedRaw;
  let before: Offsets;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
    market = simulatedRaw({
      seed: 29,
      seconds: lastSecond,
      eventsPerSecond: 200,
      dislocations: { pauseMs: [500, 1_200], durationMs: [3_000, 5_000], aboveShare: 0.8 },
      wrongMappings: [
        { venue: 'kraken', instrument: threefold, factor: 3, fromSecond, toSecond },
        { venue: 'kraken', instrument: slightly, factor: 1.08, fromSecond, toSecond },
      ],
    });
    const topics = [...rawTopics, 'processed.quotes', opportunitiesArbitrage.name, registryMappings.name];
    before = await kafka.ends([...topics, opsBatches.name]);
    await kafka.admin.commitEnds(`parse-validate-enrich${suffix}`, rawTopics);
    for (const group of [`arbitrage${suffix}`, 'arbitrage-undisturbed'])
      await kafka.startGroupAt(group, ['processed.quotes'], before);
    view = createRegistryView({
      ...{ config: kafka.config, schemaRegistryUrl: schemaRegistryUrl(), clock: systemClock },
      kinds: ['instruments', 'mappings'],
    });
    await view.start();
  }, 90_000);

  afterAll(async () => {
    await view.close();
    await kafka.close();
  });

  const timeAt = (second: number) => market.startUs + second * 1e6;
  const mappings = () => kafka.values<Mapping>(registryMappings, before);
  /** Appends what the venues sent in these seconds, and waits until the quotes of it stand in the log. */
  async function feed(from: number, to: number): Promise<void> {
    for (let second = from; second < to; second += sliceSeconds) {
      const [first, end] = [timeAt(second), timeAt(Math.min(second + sliceSeconds, to))];
      await appendRaw(
        kafka,
        market.rows.filter(({ message }) => message.receivedTime >= first && message.receivedTime < end),
      );
      await kafka.drained(`parse-validate-enrich${suffix}`, rawTopics);
    }
  }

  test('none is published while prices disagree, what others show is found, and all flows again when they agree; kill -9 or not', async () => {
    const env = { GROUP_SUFFIX: suffix, DETECT_SESSION_TIMEOUT_MS: '1500' };
    const startDetect = (): AppProcess => startApp('detect', ['--detectors', 'arbitrage'], env);
    const apps = [startApp('process', [], env), startApp('dashboard', [], { ...env, DASHBOARD_PORT: '0' })];
    const registry = startApp('registry', [], { REGISTRY_PORT: '0' });
    let detect = startDetect();
    const page = (JSON.parse(await (apps[1] as AppProcess).waitForLine('"msg":"dashboard"')) as { address: string })
      .address;
    const api = (JSON.parse(await registry.waitForLine('"msg":"listening"')) as { url: string }).url;
    const pageState = async () => (await (await fetch(`${page}/api/state`)).json()) as Snapshot;
    const suspectByApi = async () =>
      ((await (await fetch(`${api}/mappings?state=suspect`)).json()) as { items: Mapping[] }).items;

    // Killed in the middle of what has lasted for seconds but not long enough: the time must not begin anew.
    await feed(0, fromSecond + 6);
    await kafka.caughtUp(`arbitrage${suffix}`, ['processed.quotes']);
    await detect.kill('SIGKILL');
    expect(await mappings()).toEqual([]);
    detect = startDetect();
    await feed(fromSecond + 6, fromSecond + 30);
    await until(async () => (await mappings()).length >= 2, 60_000, 'two mappings to turn suspect');

    // Everybody can see it: a view in process, the API from its own view, and the page.
    await view.catchUp();
    const seen = view.mappings().filter(({ instrument }) => doubted.includes(instrument));
    expect(seen.map(({ instrument, state }) => [instrument, state]).sort()).toEqual([
      [threefold, 'suspect'],
      [slightly, 'suspect'],
    ]);
    expect(view.mapping(seen[0]?.id ?? '')).toEqual(seen[0]);
    const ofUs = (items: readonly { instrument: string }[]) =>
      items
        .map(({ instrument }) => instrument)
        .filter((instrument) => doubted.includes(instrument))
        .sort();
    await until(async () => ofUs(await suspectByApi()).length === 2, 30_000, 'the API to show them');
    await until(async () => ofUs((await pageState()).mappings.recent).length === 2, 30_000, 'the page to show them');
    const metrics = await (await fetch(`${page}/metrics`)).text();
    expect(Number(/^alphapulse_suspect_mappings (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(2);

    // Killed while they are suspect, and again while they agree but not for long enough.
    await detect.kill('SIGKILL');
    await feed(fromSecond + 30, toSecond + 30);
    detect = startDetect();
    await kafka.caughtUp(`arbitrage${suffix}`, ['processed.quotes']);
    await detect.kill('SIGKILL');
    detect = startDetect();
    await feed(toSecond + 30, lastSecond);
    await until(async () => (await mappings()).length >= 4, 60_000, 'the mappings to be confirmed');
    await kafka.caughtUp(`arbitrage${suffix}`, ['processed.quotes']);
    await until(async () => ofUs((await pageState()).mappings.recent).length === 0, 30_000, 'the page to forget them');
    await until(async () => ofUs(await suspectByApi()).length === 0, 30_000, 'the API to forget them');
    const { suppressed, ended } = (await pageState()).mappings;
    for (const app of [detect, registry, ...apps]) expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const changes = await mappings();
    const steps = await kafka.values<ArbitrageOpportunity>(opportunitiesArbitrage, before);
    checkMappings(changes);
    checkOpportunities(steps, changes, market.truth);
    const accounts = await kafka.values<BatchAccount>(opsBatches, before);
    const counted = accounts
      .filter(({ stages }) => stages === 'arbitrage')
      .reduce((sum, { filtered }) => sum + (filtered['arbitrage.suspect-mapping'] ?? 0), 0);
    expect(counted).toBeGreaterThan(100);
    // The page counts what it has seen of earlier scenarios as well.
    expect(suppressed).toBeGreaterThanOrEqual(counted);
    expect(ended).toBeGreaterThanOrEqual(1);

    // A detector that nobody kills makes the same of the same quotes.
    const middle = await kafka.ends([opportunitiesArbitrage.name, registryMappings.name]);
    const alone = startApp('detect', ['--detectors', 'arbitrage'], { GROUP_SUFFIX: '-undisturbed' });
    await kafka.caughtUp('arbitrage-undisturbed', ['processed.quotes']);
    await alone.kill('SIGTERM');
    for (const topic of [opportunitiesArbitrage.name, registryMappings.name])
      expect(await kafka.digestByKeyAndSource(topic, before, middle)).toEqual(
        await kafka.digestByKeyAndSource(topic, middle),
      );
  }, 300_000);

  function checkMappings(changes: readonly Mapping[]): void {
    for (const [instrument, distanceBps] of [
      [threefold, 20_000],
      [slightly, 800],
    ] as const) {
      const [suspect, confirmed, ...more] = changes.filter((change) => change.instrument === instrument);
      expect([suspect?.state, confirmed?.state, more]).toEqual(['suspect', 'confirmed', []]);
      if (!suspect || !confirmed) continue;
      expect(suspect.venues.map(({ venue, suspect: disagrees }) => [venue, disagrees])).toEqual([
        ['binance', true],
        ['kraken', true],
      ]);
      for (const { deviationBps } of suspect.venues) expect(Math.abs(deviationBps / distanceBps - 1)).toBeLessThan(0.1);
      expect(suspect.reason).toContain('further than 500 bps');
      expect(confirmed.reason).toContain('have agreed');
      const lasted = ({ sinceTime, receivedTime }: Mapping) => (receivedTime - sinceTime) / 1e6;
      expect(suspect.sinceTime - timeAt(fromSecond)).toBeLessThan(toleranceUs);
      expect(confirmed.sinceTime - timeAt(toSecond)).toBeLessThan(toleranceUs);
      for (const [found, least] of [
        [lasted(suspect), 10],
        [lasted(confirmed), 60],
      ] as const) {
        expect(found).toBeGreaterThanOrEqual(least);
        expect(found).toBeLessThan(least + toleranceUs / 1e6);
      }
    }
    expect(changes.filter(({ instrument }) => !doubted.includes(instrument))).toEqual([]);
  }

  function checkOpportunities(
    steps: readonly ArbitrageOpportunity[],
    changes: readonly Mapping[],
    truth: readonly PlantedDislocation[],
  ): void {
    const timeOf = (instrument: string, state: string) =>
      changes.find((change) => change.instrument === instrument && change.state === state)?.receivedTime ?? 0;
    const opened = steps.filter(({ state }) => state === 'opened');
    for (const instrument of doubted) {
      const [suspect, confirmed] = [timeOf(instrument, 'suspect'), timeOf(instrument, 'confirmed')];
      const meanwhile = steps.filter(
        (step) => step.instrument === instrument && step.receivedTime >= suspect && step.receivedTime < confirmed,
      );
      const before = opened.filter(
        (step) => step.instrument === instrument && step.openedTime >= timeAt(fromSecond) && step.openedTime < suspect,
      );
      // Three times the price is never believed; 8 % is, until it has lasted, and ends for that reason.
      expect(before).toHaveLength(instrument === slightly ? 1 : 0);
      expect(meanwhile.map(({ state, closeReason, receivedTime }) => [state, closeReason, receivedTime])).toEqual(
        instrument === slightly ? [['closed', 'suspect_mapping', suspect]] : [],
      );
    }
    const mustBeFound = truth.filter(
      ({ instrument, aboveThreshold, complete, fromUs, toUs }) =>
        aboveThreshold &&
        complete &&
        (!doubted.includes(instrument) ||
          toUs < timeAt(fromSecond) ||
          fromUs > timeOf(instrument, 'confirmed') + toleranceUs),
    );
    const closedTimes = new Map(
      steps.filter(({ state }) => state === 'closed').map((step) => [step.opportunityId, step.receivedTime]),
    );
    // One that begins right after another may be seen as its continuation: what is shorter than a slice is not resolved.
    const found = mustBeFound.filter(({ instrument, buyVenue, sellVenue, fromUs, toUs }) =>
      opened.some(
        (step) =>
          step.instrument === instrument &&
          step.buy.venue === buyVenue &&
          step.sell.venue === sellVenue &&
          (closedTimes.get(step.opportunityId) ?? Number.POSITIVE_INFINITY) > fromUs &&
          step.openedTime <= toUs + toleranceUs,
      ),
    );
    expect(found).toEqual(mustBeFound);
    const during = mustBeFound.filter(({ fromUs }) => fromUs > timeAt(fromSecond + 10) && fromUs < timeAt(toSecond));
    expect(during.length).toBeGreaterThan(8);
    for (const instrument of doubted) {
      const own = mustBeFound.filter((planted) => planted.instrument === instrument);
      expect(own.some(({ toUs }) => toUs < timeAt(fromSecond))).toBe(true);
      expect(own.some(({ fromUs }) => fromUs > timeAt(toSecond))).toBe(true);
    }
  }
});
