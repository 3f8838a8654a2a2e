import { systemClock } from '@alphapulse/core';
import type { BatchAccount } from '@alphapulse/schemas';
import { opsBatches, raw, stateTopic } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka, type Offsets } from '../harness/kafka.ts';
import { type AppProcess, startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { seededRandom } from '../harness/seeded-random.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];
const outputs = ['processed.trades', 'processed.quotes', 'processed.books', 'dlq.parse', 'dlq.validate', 'dlq.enrich'];
/** Short, so that the group finds out quickly about a member that was killed. */
const sessionTimeoutMs = '1500';
const kills = 20;

describe('exactly once under kill', () => {
  let kafka: Kafka;
  let before: Offsets;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
  }, 60_000);

  afterAll(async () => {
    await kafka.close();
  });

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
