import { ManualClock } from '@alphapulse/testkit';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TokenBucket } from './token-bucket.ts';

const never = new AbortController().signal;

test('lets the burst through at once, then one at a time, in the order they came', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 2, 4);
  const done: number[] = [];
  for (let i = 0; i < 5; i++) void bucket.take(1, never).then(() => done.push(i));
  await clock.advance(0);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([0, 1]);
  await clock.advance(250);
  expect(done).toEqual([0, 1, 2]);
  await clock.advance(500);
  expect(done).toEqual([0, 1, 2, 3, 4]);
});

test('never lets more than the limit through in any window', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 4, max: 400 }),
      fc.array(fc.record({ cost: fc.integer({ min: 1, max: 100 }), gapMs: fc.integer({ min: 0, max: 5_000 }) }), {
        minLength: 5,
        maxLength: 60,
      }),
      (limit, asks) => {
        const clock = { us: 0, nowUs: () => clock.us, nowMs: () => clock.us / 1000, sleep: async () => undefined };
        const bucket = TokenBucket.within(clock, { limit, windowMs: 60_000 });
        const taken: { us: number; cost: number }[] = [];
        for (const { cost: asked, gapMs } of asks) {
          const cost = Math.min(asked, Math.max(1, Math.floor(limit / 4)));
          clock.us += gapMs * 1000;
          for (let waitMs = bucket.tryTake(cost); waitMs > 0; waitMs = bucket.tryTake(cost)) clock.us += waitMs * 1000;
          taken.push({ us: clock.us, cost });
          const inWindow = taken.filter(({ us }) => us > clock.us - 60_000_000);
          expect(inWindow.reduce((sum, { cost: each }) => sum + each, 0)).toBeLessThanOrEqual(limit);
        }
        return Promise.resolve();
      },
    ),
    { numRuns: 100 },
  );
});

test('a cost above the capacity goes through when the bucket is full, and is paid off afterwards', () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 2, 1);
  expect(bucket.tryTake(5)).toBe(0);
  expect(bucket.tryTake(1)).toBe(4000);
});

test('an aborted waiter lets the next one go', async () => {
  const clock = new ManualClock();
  const bucket = new TokenBucket(clock, 1, 1);
  bucket.tryTake();
  const controller = new AbortController();
  const first = bucket.take(1, controller.signal);
  let second = false;
  void bucket.take(1, never).then(() => {
    second = true;
  });
  controller.abort();
  await first;
  await clock.advance(1000);
  expect(second).toBe(true);
});
