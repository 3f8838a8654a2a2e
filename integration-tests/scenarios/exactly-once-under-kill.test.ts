import { systemClock } from '@alphapulse/core';
import type { BatchAccount } from '@alphapulse/schemas';
import type { Stack } from '@alphapulse/stack';
import { opportunitiesArbitrage, opsBatches, raw, stateTopic } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { seededRandom } from '../harness/seeded-random.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';
import { stackEnvironment, startTestStack } from '../harness/stack.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];
const outputs = ['processed.trades', 'processed.quotes', 'processed.books', 'dlq.parse', 'dlq.validate', 'dlq.enrich'];
/** Short, so that the group finds out quickly about a member that was killed. */
const sessionTimeoutMs = '1500';
const kills = 20;
const detectorKills = 8;

describe('exactly once under kill', () => {
  let kafka: Kafka;
  let before: Offsets;
  let stack: Stack;

  beforeAll(async () => {
    // A stack of its own: record time must not go back, as it would between the markets of several scenarios.
    stack = await startTestStack({ name: 'exactly-once', local: true });
    Object.assign(process.env, stackEnvironment(stack));
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
  }, 60_000);

  afterAll(async () => {
    await kafka.close();
    await stack.stop();
  }, 60_000);

  test(`processing killed ${kills} times, with rebalance to a second process, gives the undisturbed run's output`, async () => {
    const { rows } = simulatedRaw({ seed: 7, seconds: 600, eventsPerSecond: 150 });
    before = await kafka.ends([...rawTopics, ...outputs, opsBatches.name, stateTopic('parse').name]);

    // The disturbed run goes on while the log grows, so that it is killed in all its states.
    const group = '-killed';
    const env = { GROUP_SUFFIX: group, PROCESS_SESSION_TIMEOUT_MS: sessionTimeoutMs };
    const random = seededRandom(11);
    let feeding = true;
    const feed = (async () => {
      const share = Math.ceil(rows.length / 120);
      for (let at = 0; at < rows.length; at += share) {
        await appendRaw(kafka, rows.slice(at, at + share));
        await systemClock.sleep(400);
      }
      feeding = false;
    })();
    const processes: AppProcess[] = [startApp('process', [], env), startApp('process', [], env)];
    let killed = 0;
    while (killed < kills || feeding) {
      await systemClock.sleep(1_500 + random() * 2_500);
      if (killed >= kills) continue;
      const at = killed % 2;
      await (processes[at] as AppProcess).kill('SIGKILL');
      killed++;
      processes[at] = startApp('process', [], env);
    }
    await feed;
    await kafka.drained(`parse-validate-enrich${group}`, rawTopics);
    for (const process of processes) await process.kill('SIGTERM');
    const disturbed = await digests(kafka, outputs, before);
    const accounts = await kafka.values<BatchAccount>(opsBatches, before);
    const rounds = await kafka.records(stateTopic('parse').name, before);

    const middle = await kafka.ends(outputs);
    const undisturbedEnv = { GROUP_SUFFIX: '-undisturbed' };
    const alone = startApp('process', [], undisturbedEnv);
    await kafka.drained('parse-validate-enrich-undisturbed', rawTopics);
    await alone.kill('SIGTERM');
    const undisturbed = await digests(kafka, outputs, middle);

    expect(killed).toBe(kills);
    expect(disturbed).toEqual(undisturbed);
    expect(disturbed['processed.books']?.records).toBeGreaterThan(1_000);
    expect(disturbed['processed.trades']?.records).toBeGreaterThan(1_000);
    // The state was checkpointed and picked up again, not only folded from the start.
    expect(rounds.length).toBeGreaterThan(0);
    // Each raw record there is, also those of earlier scenarios, is in exactly one committed batch.
    const inRaw = (await Promise.all(rawTopics.map((topic) => kafka.records(topic)))).flat().length;
    expect(accounts.reduce((sum, { records }) => sum + records, 0)).toBe(inRaw);
  }, 420_000);

  test(`the detector killed ${detectorKills} times over the same processed log gives the undisturbed run's opportunities`, async () => {
    const topic = opportunitiesArbitrage.name;
    const start = await kafka.ends([topic]);
    const env = { GROUP_SUFFIX: '-killed', DETECT_SESSION_TIMEOUT_MS: sessionTimeoutMs };
    const args = ['--detectors', 'arbitrage'];
    const random = seededRandom(12);
    // The log grows while the detector is killed, so that it is hit in all its states.
    const feeder = startApp('process', [], { GROUP_SUFFIX: '-feeder' });
    const detectors: AppProcess[] = [startApp('detect', args, env), startApp('detect', args, env)];
    for (let killed = 0; killed < detectorKills; killed++) {
      await systemClock.sleep(1_500 + random() * 2_000);
      await (detectors[killed % 2] as AppProcess).kill('SIGKILL');
      detectors[killed % 2] = startApp('detect', args, env);
    }
    await kafka.drained('parse-validate-enrich-feeder', rawTopics);
    await feeder.kill('SIGTERM');
    await kafka.caughtUp('arbitrage-killed', ['processed.quotes']);
    for (const detector of detectors) await detector.kill('SIGTERM');
    const disturbed = await kafka.digestByKeyAndSource(topic, start);

    const middle = await kafka.ends([topic]);
    const alone = startApp('detect', args, { GROUP_SUFFIX: '-undisturbed' });
    await kafka.caughtUp('arbitrage-undisturbed', ['processed.quotes']);
    await alone.kill('SIGTERM');
    const undisturbed = await kafka.digestByKeyAndSource(topic, middle);
    expect(disturbed).toEqual(undisturbed);
    expect(disturbed.records).toBeGreaterThan(100);
  }, 300_000);
});

/** Digest by topic, over each key's records in order: which batch came first in a partition hangs on timing. */
async function digests(
  kafka: Kafka,
  topics: readonly string[],
  from: Offsets,
): Promise<Record<string, { records: number; digest: string }>> {
  const found: Record<string, { records: number; digest: string }> = {};
  for (const topic of topics) found[topic] = await kafka.digestByKeyAndSource(topic, from);
  return found;
}
