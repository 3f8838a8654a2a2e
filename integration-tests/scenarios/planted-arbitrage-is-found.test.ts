import { systemClock } from '@alphapulse/core';
import type { ArbitrageOpportunity } from '@alphapulse/schemas';
import type { PlantedDislocation } from '@alphapulse/testkit';
import { opportunitiesArbitrage, raw } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { type LocalVenues, startVenues } from '../harness/venues.ts';

/** The collector stamps receive times a little after the market moved; a loaded machine makes it more. */
const toleranceUs = 2_000_000;

describe('planted arbitrage is found', () => {
  let kafka: Kafka;
  let venues: LocalVenues;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    venues = await startVenues({
      seed: 17,
      eventsPerSecond: 300,
      dislocations: { count: 14, pauseMs: [1_200, 1_800], durationMs: [800, 1_600] },
    });
  }, 60_000);

  afterAll(async () => {
    await venues.stop();
    await kafka.close();
  });

  test('every planted dislocation above the threshold opens and closes once, with its proof, and nothing else does', async () => {
    const before: Offsets = await kafka.ends([opportunitiesArbitrage.name]);
    const suffix = '-planted';
    await kafka.admin.commitEnds(`parse-validate-enrich${suffix}`, [raw.binance.name, raw.kraken.name]);
    await kafka.admin.commitEnds(`arbitrage${suffix}`, ['processed.quotes']);
    const apps = [
      startApp('process', [], { GROUP_SUFFIX: suffix }),
      startApp('detect', ['--detectors', 'arbitrage'], { GROUP_SUFFIX: suffix }),
      startApp('collect'),
    ];
    await venues.wish(kafka);
    // All have been planted when the truth has them; the market goes on so that record time passes the detector's window.
    const giveUpMs = systemClock.nowMs() + 150_000;
    while (venues.truth.length < 14 && systemClock.nowMs() < giveUpMs) await systemClock.sleep(250);
    await systemClock.sleep(3_000);
    await kafka.writeNoTasks();
    await systemClock.sleep(2_000);
    await kafka.caughtUp(`parse-validate-enrich${suffix}`, [raw.binance.name, raw.kraken.name]);
    await kafka.caughtUp(`arbitrage${suffix}`, ['processed.quotes']);
    for (const app of apps) expect(await app.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    const steps = await kafka.values<ArbitrageOpportunity>(opportunitiesArbitrage, before);
    const opened = steps.filter(({ state }) => state === 'opened');
    const planted = venues.truth.filter(({ aboveThreshold }) => aboveThreshold);
    expect(venues.truth.length).toBe(14);
    expect(planted.length).toBeGreaterThan(3);
    expect(venues.truth.length - planted.length).toBeGreaterThan(1);

    const matches = (opportunity: ArbitrageOpportunity, truth: PlantedDislocation) =>
      opportunity.instrument === truth.instrument &&
      opportunity.buy.venue === truth.buyVenue &&
      opportunity.sell.venue === truth.sellVenue &&
      opportunity.openedTime >= truth.fromUs - toleranceUs &&
      opportunity.openedTime <= truth.toUs + toleranceUs;
    const unmatched = opened.filter((opportunity) => !planted.some((truth) => matches(opportunity, truth)));
    expect(unmatched).toEqual([]);
    for (const truth of planted) {
      const found = opened.filter((opportunity) => matches(opportunity, truth));
      expect({ truth: `${truth.instrument} ${truth.buyVenue}>${truth.sellVenue}`, found: found.length }).toEqual({
        truth: `${truth.instrument} ${truth.buyVenue}>${truth.sellVenue}`,
        found: 1,
      });
      const life = steps.filter(({ opportunityId }) => opportunityId === found[0]?.opportunityId);
      expect(life.map(({ state }) => state)).toEqual(['opened', ...life.slice(1, -1).map(() => 'updated'), 'closed']);
      const last = life.at(-1) as ArbitrageOpportunity;
      expect(last.closeReason).toBe('spread_gone');
      expect(Math.abs(last.durationMs - (truth.toUs - truth.fromUs) / 1000)).toBeLessThan(toleranceUs / 1000);
      for (const { buy, sell, netBps } of life.slice(0, -1)) {
        const net =
          ((sell.price * (1 - sell.takerFeeBps / 10_000) - buy.price * (1 + buy.takerFeeBps / 10_000)) / buy.price) *
          10_000;
        expect(netBps).toBeCloseTo(net, 6);
        expect(netBps).toBeGreaterThan(5);
        expect([buy.origin.topic, sell.origin.topic].sort()).toEqual(['raw.binance', 'raw.kraken']);
      }
    }
  }, 300_000);
});
