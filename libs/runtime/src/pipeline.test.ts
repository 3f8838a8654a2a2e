import {
  defineStage,
  defineTopic,
  FatalError,
  type InputRecord,
  MissingFactError,
  RejectedRecordError,
  type Stage,
} from '@alphapulse/core';
import { describe, expect, test } from '@jest/globals';
import { fate, Pipeline } from './pipeline.ts';

const codec = {
  schema: null,
  encode: (value: number) => Buffer.from(String(value)),
  decode: (bytes: Buffer) => Number(bytes),
};
const topic = <const N extends string>(name: N) =>
  defineTopic({ name, doc: 'd', key: 'k', value: codec, partitions: 1, cleanupPolicy: 'delete', retentionMs: 1 });
const [a, b, c] = [topic('a'), topic('b'), topic('c')];

/** Emits the number, twice when it is even; rejects 13; drops 7 with a reason, 8 without; misses a fact for 99. */
let factKnown = false;
const first = defineStage({
  name: 'first',
  doc: 'd',
  reads: [a],
  writes: [b],
  create: () => ({
    process({ key, value }, output) {
      if (value === 7) return output.filtered('seven');
      if (value === 8) return;
      output.to(b, key, value);
      if (value === 13) throw new RejectedRecordError('value_invalid', 'thirteen');
      if (value === 99 && !factKnown) throw new MissingFactError('symbol_unknown', 'ninety-nine');
      if (value === 1000) throw new FatalError('unexpected', 'bug');
      if (value % 2 === 0) output.to(b, key, value + 0.5);
    },
  }),
});
const sums: number[] = [];
const second = defineStage({
  name: 'second',
  doc: 'd',
  reads: [b],
  writes: [c],
  create: () => {
    let sum = 0;
    return {
      process({ key, value }, output) {
        if (value === 21) throw new RejectedRecordError('number_not_finite', 'twenty-one');
        sum += value;
        sums.push(sum);
        output.to(c, key, sum);
      },
      *save() {
        yield ['sum', Buffer.from(String(sum))] as const;
      },
      load(_, state) {
        sum = Number(Buffer.from(state).toString());
      },
    };
  },
});
const chain = [first, second] as unknown as Stage[];
const records = (...values: number[]): InputRecord[] =>
  values.map((value, offset) => ({ topic: 'a', partition: 0, offset, timestampMs: offset, key: `k${value}`, value }));

describe('pipeline', () => {
  test('hands records from stage to stage and tells what became of each input', async () => {
    const result = await new Pipeline(chain, {}, async () => undefined).process(records(1, 2, 7, 8, 13, 21));
    expect(result.outputs.map(({ topic: { name }, key, value, input }) => [name, key, value, input])).toEqual([
      ['c', 'k1', 1, 0],
      ['c', 'k2', 3, 1],
      ['c', 'k2', 5.5, 1],
    ]);
    expect([...result.fates]).toEqual([fate.output, fate.output, fate.filtered, fate.filtered, fate.dead, fate.dead]);
    expect(Object.fromEntries(result.filtered)).toEqual({ 'first.seven': 1, 'first.nothing-to-emit': 1 });
    expect(
      result.deadLetters.map(({ stage, code, topic: { name }, value, input }) => [stage, code, name, value, input]),
    ).toEqual([
      ['first', 'value_invalid', 'a', 13, 4],
      ['second', 'number_not_finite', 'b', 21, 5],
    ]);
  });

  test('catches up once for a missing fact, and rejects when it is still missing', async () => {
    let caughtUp = 0;
    const learn = new Pipeline(chain, {}, async () => {
      caughtUp++;
      factKnown = true;
    });
    expect((await learn.process(records(99))).outputs).toHaveLength(1);
    expect(caughtUp).toBe(1);
    factKnown = false;
    const result = await new Pipeline(chain, {}, async () => undefined).process(records(99));
    expect(result.outputs).toEqual([]);
    expect(result.deadLetters.map(({ code }) => code)).toEqual(['symbol_unknown']);
  });

  test('goes on from saved state as if it had never stopped', async () => {
    const straight = await new Pipeline(chain, {}, async () => undefined).process(records(1, 3, 5, 9));
    const before = new Pipeline(chain, {}, async () => undefined);
    const head = await before.process(records(1, 3));
    const after = new Pipeline(chain, {}, async () => undefined);
    for (const [stage, key, state] of before.save()) after.load(stage, key, state);
    const tail = await after.process(records(5, 9));
    expect([...head.outputs, ...tail.outputs].map(({ value }) => value)).toEqual(
      straight.outputs.map(({ value }) => value),
    );
  });

  test('stops at an error that no record is to blame for', async () => {
    await expect(new Pipeline(chain, {}, async () => undefined).process(records(1, 1000))).rejects.toThrow('bug');
  });
});
