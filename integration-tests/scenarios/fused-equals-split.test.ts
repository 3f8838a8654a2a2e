import { internalParsed, internalValidated, raw } from '@alphapulse/topics';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Kafka } from '../harness/kafka.ts';
import { startApp } from '../harness/processes.ts';
import { registerSimulatedListings } from '../harness/registered.ts';
import { appendRaw, simulatedRaw } from '../harness/simulated-raw.ts';

const rawTopics = [raw.binance.name, raw.kraken.name];
const outputs = ['processed.trades', 'processed.quotes', 'processed.books'];

describe('fused equals split', () => {
  let kafka: Kafka;

  beforeAll(async () => {
    kafka = await Kafka.connect();
    await registerSimulatedListings(kafka);
  }, 60_000);

  afterAll(async () => {
    await kafka.close();
  });

  test('three processes cut at the internal topics give the records of one fused process, byte for byte', async () => {
    const { rows } = simulatedRaw({ seed: 21, seconds: 120, eventsPerSecond: 150 });
    const start = await kafka.ends(outputs);
    await appendRaw(kafka, rows);

    const fused = startApp('process', [], { GROUP_SUFFIX: '-fused' });
    await kafka.drained('parse-validate-enrich-fused', rawTopics);
    expect(await fused.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const middle = await kafka.ends(outputs);

    const split = ['parse', 'validate', 'enrich'].map((stage) =>
      startApp('process', ['--stages', stage], { GROUP_SUFFIX: '-split' }),
    );
    await kafka.drained('parse-split', rawTopics);
    await kafka.caughtUp('validate-split', [internalParsed.name]);
    await kafka.caughtUp('enrich-split', [internalValidated.name]);
    for (const process of split) expect(await process.kill('SIGTERM')).toEqual({ code: 0, signal: null });

    for (const topic of outputs) {
      const { digest, records } = await kafka.digestByKeyAndSource(topic, middle);
      const whole = await kafka.digestByKeyAndSource(topic, start);
      expect(records).toBeGreaterThan(1_000);
      expect(whole.records).toBe(2 * records);
      expect(digest).toBe((await kafka.digestByKeyAndSource(topic, start, middle)).digest);
    }
  }, 240_000);
});
