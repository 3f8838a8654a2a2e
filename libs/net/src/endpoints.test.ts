import { ManualClock } from '@alphapulse/testkit';
import { expect, test } from '@jest/globals';
import { Endpoints } from './endpoints.ts';

const free = () => 0;

test('the first listed is tried first, and whoever failed least after that', async () => {
  const clock = new ManualClock();
  const endpoints = new Endpoints(clock, ['a', 'b', 'c']);
  expect(endpoints.pick(free)).toBe('a');
  endpoints.failed('a');
  expect(endpoints.pick(free)).toBe('b');
  endpoints.failed('b');
  expect(endpoints.pick(free)).toBe('c');
  endpoints.failed('c');
  expect(endpoints.pick(free)).toBe('a');
  endpoints.failed('a');
  expect(endpoints.pick(free)).toBe('b');
});

test('failures fade, and a good connection wipes them out', async () => {
  const clock = new ManualClock();
  const endpoints = new Endpoints(clock, ['a', 'b']);
  endpoints.failed('a');
  await clock.advance(60_000);
  expect(endpoints.pick(free)).toBe('b');
  await clock.advance(240_000);
  expect(endpoints.pick(free)).toBe('a');
  endpoints.failed('a');
  endpoints.worked('a');
  expect(endpoints.pick(free)).toBe('a');
});

test('a host that sent us away comes last', () => {
  const endpoints = new Endpoints(new ManualClock(), ['a', 'b']);
  endpoints.failed('b', 5);
  expect(endpoints.pick((endpoint) => (endpoint === 'a' ? 90_000 : 0))).toBe('b');
  expect(endpoints.pick((endpoint) => (endpoint === 'a' ? 90_000 : 120_000))).toBe('a');
});
