import { expect, test } from '@jest/globals';
import { Liveness } from './liveness.ts';

const second = 1_000_000;
const limits = { silentMs: 10_000, staleMs: 30_000, pingMs: 60_000 };

test('asks at half time whether anybody is there, and gives up at full time', () => {
  const liveness = new Liveness(limits, 0);
  expect(liveness.check(0, false)).toEqual({ silent: false, ping: false, stale: [], nextMs: 5000 });
  expect(liveness.check(5 * second, false)).toEqual({ silent: false, ping: true, stale: [], nextMs: 5000 });
  expect(liveness.check(6 * second, false)).toMatchObject({ silent: false, ping: false });
  expect(liveness.check(10 * second, false)).toMatchObject({ silent: true });
});

test('any frame puts that off', () => {
  const liveness = new Liveness(limits, 0);
  liveness.check(5 * second, false);
  liveness.frame(6 * second);
  expect(liveness.check(10 * second, false)).toMatchObject({ silent: false, ping: false, nextMs: 1000 });
  expect(liveness.check(11 * second, false)).toMatchObject({ ping: true });
});

test('keeps the connection alive at its interval however busy it is', () => {
  const liveness = new Liveness(limits, 0);
  liveness.frame(60 * second);
  expect(liveness.check(60 * second, false)).toMatchObject({ ping: true });
  liveness.frame(61 * second);
  expect(liveness.check(61 * second, false)).toMatchObject({ ping: false });
});

test('nothing counts as quiet while reading is paused', () => {
  const liveness = new Liveness(limits, 0);
  liveness.alive('a', 0);
  expect(liveness.check(100 * second, true)).toMatchObject({ silent: false, stale: [], ping: true });
  liveness.resumed(100 * second);
  expect(liveness.check(101 * second, false)).toMatchObject({ silent: false, stale: [] });
  liveness.frame(130 * second);
  expect(liveness.check(130 * second, false)).toMatchObject({ silent: false, stale: ['a'] });
});

test('the next look is when the first thing can happen', () => {
  const liveness = new Liveness({ ...limits, silentMs: 600_000 }, 0);
  liveness.alive('a', 0);
  liveness.alive('b', 12 * second);
  expect(liveness.check(20 * second, false).nextMs).toBe(10_000);
  expect(liveness.check(30 * second, false)).toMatchObject({ stale: ['a'], nextMs: 12_000 });
});
