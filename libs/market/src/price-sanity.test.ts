import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PriceSanity, type PriceSanityLimits, type SanityChange } from './price-sanity.ts';

const limits: PriceSanityLimits = {
  limitBps: 500,
  suspectAfterMs: 10_000,
  confirmAfterMs: 60_000,
  maxAgeMs: 60_000,
  forgetAfterMs: 3_600_000,
};
const s = 1_000_000;

/** Feeds `[venue, price, second]` and returns the changes with the second they came in. */
function drive(sanity = new PriceSanity(limits)) {
  const tell = (...prices: readonly (readonly [venue: string, price: number, second: number])[]) =>
    prices.flatMap(([venue, price, second]) => {
      const change = sanity.observe(venue, `${venue}-symbol`, price, second * s, second * s);
      return change ? [{ ...change, atSecond: second }] : [];
    });
  return { sanity, tell };
}

/** Every second from one to another, inclusive, each venue at its price. */
function steady(prices: Readonly<Record<string, number>>, from: number, to: number) {
  const told: [string, number, number][] = [];
  for (let second = from; second <= to; second++)
    for (const [venue, price] of Object.entries(prices)) told.push([venue, price, second]);
  return told;
}

const suspects = ({ listings }: SanityChange) => listings.filter(({ suspect }) => suspect).map(({ venue }) => venue);

describe('price sanity: turning suspect', () => {
  test('two venues that disagree are both suspect, after exactly the time', () => {
    const { sanity, tell } = drive();
    expect(tell(['a', 100, 0], ['b', 200, 1], ['a', 100, 10], ['b', 200, 10.999_999])).toEqual([]);
    expect([sanity.isSuspect('a'), sanity.isSuspect('b')]).toEqual([false, false]);
    expect(tell(['a', 100, 11])).toEqual([
      {
        state: 'suspect',
        listings: [
          { venue: 'a', symbol: 'a-symbol', midPrice: 100, deviationBps: 10_000, suspect: true },
          { venue: 'b', symbol: 'b-symbol', midPrice: 200, deviationBps: 10_000, suspect: true },
        ],
        turnedSuspect: ['a', 'b'],
        turnedConfirmed: [],
        forgotten: [],
        sinceTime: 1 * s,
        atSecond: 11,
      },
    ]);
    expect([sanity.isSuspect('a'), sanity.isSuspect('b'), sanity.isSuspect('c')]).toEqual([true, true, false]);
    expect(tell(...steady({ a: 100, b: 200 }, 12, 40))).toEqual([]);
  });

  test('prices just within the limit are the same thing, just beyond they are not', () => {
    expect(drive().tell(...steady({ a: 100, b: 104.9 }, 0, 30))).toEqual([]);
    expect(drive().tell(...steady({ a: 100, b: 105.1 }, 0, 30))).toHaveLength(1);
  });

  test('one bad tick does not, nor many that are taken back in time', () => {
    const { tell } = drive();
    tell(...steady({ a: 100, b: 100 }, 0, 2));
    for (let second = 3; second < 180; second += 10) {
      expect(tell(['b', 900, second], ['a', 100, second + 9], ['b', 100, second + 9.5])).toEqual([]);
    }
    expect(tell(...steady({ a: 100, b: 100 }, 190, 220))).toEqual([]);
  });

  test('of three venues the odd one is suspect', () => {
    const [change, ...more] = drive().tell(...steady({ a: 100, b: 101, c: 10_000 }, 0, 15));
    expect(change && suspects(change)).toEqual(['c']);
    expect(change?.listings.map(({ deviationBps }) => Math.round(deviationBps))).toEqual([100, 100, 980_099]);
    expect(more).toEqual([]);
  });

  test('where no two agree, or half is against half, nobody is believed', () => {
    const [three] = drive().tell(...steady({ a: 1, b: 10, c: 100 }, 0, 10));
    expect(three && suspects(three)).toEqual(['a', 'b', 'c']);
    const [four] = drive().tell(...steady({ a: 1, b: 1, c: 100, d: 100 }, 0, 10));
    expect(four && suspects(four)).toEqual(['a', 'b', 'c', 'd']);
    const [five] = drive().tell(...steady({ a: 1, b: 1, c: 100, d: 100, e: 1 }, 0, 10));
    expect(five && suspects(five)).toEqual(['c', 'd']);
  });

  test('each further listing that turns suspect is a change of its own', () => {
    const { tell } = drive();
    const changes = tell(
      ...steady({ a: 100, b: 100, c: 100, d: 300, e: 100 }, 0, 20),
      ...steady({ a: 100, b: 100, c: 300, d: 300, e: 100 }, 21, 40),
    );
    expect(changes.map((change) => [change.atSecond, change.turnedSuspect, suspects(change)])).toEqual([
      [10, ['d'], ['d']],
      [31, ['c'], ['c', 'd']],
    ]);
    expect(changes.map(({ sinceTime }) => sinceTime)).toEqual([0, 0]);
  });

  test('a dead venue’s price is no evidence', () => {
    const { tell } = drive();
    // b is silent from second 1 on; the market moves away from it after it has expired.
    expect(tell(['b', 100, 1], ...steady({ a: 100 }, 2, 60), ...steady({ a: 300 }, 61, 300))).toEqual([]);
  });

  test('what began before a silence has not lasted through it', () => {
    const { tell } = drive();
    tell(['a', 100, 0], ['b', 200, 5]);
    // Both were silent for longer than prices live: the disagreement begins anew.
    expect(tell(['a', 100, 100], ['b', 200, 101], ['a', 100, 110.9])).toEqual([]);
    expect(tell(['a', 100, 111])).toHaveLength(1);
  });
});

describe('price sanity: being believed again', () => {
  const suspected = () => {
    const driven = drive();
    expect(driven.tell(...steady({ a: 100, b: 200 }, 0, 10))).toHaveLength(1);
    return driven;
  };

  test('after exactly the time of agreement', () => {
    const { sanity, tell } = suspected();
    expect(tell(...steady({ a: 100, b: 101 }, 20, 79))).toEqual([]);
    expect(sanity.isSuspect('a')).toBe(true);
    // Second 20: first b's price, told after a's, agrees.
    expect(tell(['a', 100, 80])).toMatchObject([
      { state: 'confirmed', turnedConfirmed: ['a', 'b'], sinceTime: 20 * s, atSecond: 80 },
    ]);
    expect(sanity.isSuspect('a')).toBe(false);
  });

  test('a disagreement in between begins the time anew', () => {
    const { tell } = suspected();
    const agreeing = steady({ a: 100, b: 101 }, 20, 70);
    expect(tell(...agreeing, ['b', 300, 71], ...steady({ b: 101, a: 100 }, 72, 131))).toEqual([]);
    expect(tell(['b', 101, 132])).toHaveLength(1);
  });

  test('not by silence', () => {
    const { sanity, tell } = suspected();
    expect(tell(...steady({ a: 100 }, 11, 3_000))).toEqual([]);
    expect(sanity.isSuspect('a')).toBe(true);
    expect(sanity.isIdle(3_000 * s)).toBe(false);
  });

  test('when the other listing has been gone for so long that there is nothing to compare', () => {
    const { sanity, tell } = suspected();
    const changes = tell(...steady({ a: 100 }, 3_600, 3_700));
    expect(changes).toMatchObject([
      {
        state: 'confirmed',
        forgotten: ['b'],
        turnedConfirmed: ['a'],
        listings: [{ venue: 'a', deviationBps: 0 }],
        atSecond: 3_610,
      },
    ]);
    expect([sanity.isSuspect('a'), sanity.isSuspect('b')]).toEqual([false, false]);
    // It comes back with the same price: judged as any other.
    expect(tell(...steady({ a: 100, b: 200 }, 3_701, 3_711))).toMatchObject([{ turnedSuspect: ['a', 'b'] }]);
  });

  test('of three, each by its own time', () => {
    const { tell } = drive();
    tell(...steady({ a: 1, b: 10, c: 100 }, 0, 10));
    const changes = tell(...steady({ a: 10, b: 10, c: 100 }, 11, 80), ...steady({ a: 10, b: 10, c: 10 }, 81, 150));
    expect(changes.map((change) => [change.state, change.turnedConfirmed, change.atSecond])).toEqual([
      ['suspect', ['a', 'b'], 71],
      ['confirmed', ['c'], 141],
    ]);
  });
});

describe('price sanity: bad input', () => {
  test('prices that mean nothing or came too late change nothing', () => {
    const { sanity, tell } = drive();
    tell(['a', 100, 0], ['b', 100, 1]);
    const before = JSON.stringify(sanity);
    for (const price of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(tell(['b', price, 2])).toEqual([]);
    expect(sanity.observe('b', 'b-symbol', 900, 0.5 * s, 2 * s)).toBeUndefined();
    expect(JSON.stringify(sanity)).toBe(before);
  });

  test('absurd prices give numbers that can be written down', () => {
    const [change] = drive().tell(...steady({ a: 5e-324, b: 1.7e308 }, 0, 10));
    expect(change?.listings.map(({ deviationBps }) => Number.isFinite(deviationBps))).toEqual([true, true]);
  });
});

describe('price sanity, any prices', () => {
  const short: PriceSanityLimits = {
    limitBps: 500,
    suspectAfterMs: 10,
    confirmAfterMs: 25,
    maxAgeMs: 30,
    forgetAfterMs: 120,
  };
  type Step = { venue: string; price: number; at: number };
  const stream = fc
    .array(
      fc.record({
        venue: fc.constantFrom('a', 'b', 'c', 'd'),
        price: fc.constantFrom(100, 100, 100, 100, 103, 106, 112, 300, 10_000),
        after: fc.oneof(
          { weight: 12, arbitrary: fc.integer({ min: 0, max: 6 }) },
          { weight: 1, arbitrary: fc.integer({ min: 7, max: 150 }) },
        ),
      }),
      { minLength: 1, maxLength: 120, size: 'max' },
    )
    .map((steps) => {
      let at = 1_000_000;
      // Runs of one price, so that disagreement lasts.
      let held: Record<string, number> = {};
      return steps.map(({ venue, price, after }, index): Step => {
        at += after * 1_000;
        if (index % 10 === 0) held = {};
        held[venue] ??= price;
        return { venue, price: held[venue], at };
      });
    });

  const run = (steps: readonly Step[], restarts: ReadonlySet<number> = new Set(), name = (venue: string) => venue) => {
    let sanity = new PriceSanity(short);
    return steps.map(({ venue, price, at }, index) => {
      if (restarts.has(index)) sanity = PriceSanity.fromJSON(short, JSON.parse(JSON.stringify(sanity)));
      const change = sanity.observe(name(venue), 'S', price, at, at);
      return { change, suspect: ['a', 'b', 'c', 'd'].filter((each) => sanity.isSuspect(name(each))) };
    });
  };

  /** The same by definition: every judgement looks at all prices and at all judgements before it. */
  function expected(steps: readonly Step[]): string[][] {
    const suspect = new Set<string>();
    let known: Step[] = [];
    let judged: { at: number; says: Map<string, boolean> }[] = [];
    const alive = (at: number) => known.filter((each) => at - each.at < short.maxAgeMs * 1_000);
    const apart = (x: number, y: number) => (Math.max(x, y) / Math.min(x, y) - 1) * 10_000;
    const judge = (at: number) => {
      const gone = known.filter((each) => at - each.at >= short.forgetAfterMs * 1_000);
      known = known.filter((each) => !gone.includes(each));
      for (const { venue } of gone) suspect.delete(venue);
      for (const { venue } of gone) for (const { says } of judged) says.delete(venue);
      const [last, ...others] = known;
      if (gone.length > 0 && last && others.length === 0 && suspect.delete(last.venue)) judged = [];
      const says = new Map<string, boolean>();
      for (const { venue, price } of alive(at)) {
        const rest = alive(at)
          .filter((other) => other.venue !== venue)
          .map((other) => other.price)
          .sort((x, y) => x - y);
        if (rest.length === 0) continue;
        const middle = [rest[(rest.length - 1) >> 1] as number, rest[rest.length >> 1] as number];
        says.set(venue, Math.min(...middle.map((each) => apart(each, price))) > short.limitBps);
      }
      judged.push({ at, says });
      for (const [venue, deviates] of says) {
        if (deviates === suspect.has(venue)) continue;
        let since = at;
        for (const before of [...judged].reverse()) {
          if (before.says.get(venue) !== deviates) break;
          since = before.at;
        }
        if (at - since < (deviates ? short.suspectAfterMs : short.confirmAfterMs) * 1_000) continue;
        if (deviates) suspect.add(venue);
        else suspect.delete(venue);
      }
    };
    return steps.map((step) => {
      const before = known.find(({ venue }) => venue === step.venue);
      if (!before || !alive(step.at).includes(before)) judge(step.at);
      known = [...known.filter(({ venue }) => venue !== step.venue), step].sort((x, y) => (x.venue < y.venue ? -1 : 1));
      judge(step.at);
      return [...suspect].sort();
    });
  }

  test('suspect is what the definition says, and every change of it is told', () => {
    let turned = 0;
    let recovered = 0;
    fc.assert(
      fc.property(stream, (steps) => {
        const found = run(steps);
        expect(found.map(({ suspect }) => suspect)).toEqual(expected(steps));
        let before: string[] = [];
        for (const { change, suspect } of found) {
          if (JSON.stringify(suspect) !== JSON.stringify(before)) expect(change).toBeDefined();
          if (change) {
            expect(suspects(change)).toEqual(suspect);
            expect(change.state).toBe(suspect.length > 0 ? 'suspect' : 'confirmed');
            turned += change.turnedSuspect.length;
            recovered += change.turnedConfirmed.length;
          }
          before = suspect;
        }
      }),
      { numRuns: 300 },
    );
    expect(turned).toBeGreaterThan(100);
    expect(recovered).toBeGreaterThan(20);
  });

  test('saving and loading in the middle changes nothing', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(120), { maxLength: 8 }), (steps, restarts) => {
        expect(run(steps, new Set(restarts))).toEqual(run(steps));
      }),
    );
  });

  test('the order of venues does not matter', () => {
    const reversed: Record<string, string> = { a: 'z', b: 'y', c: 'x', d: 'w' };
    fc.assert(
      fc.property(stream, (steps) => {
        const renamed = run(steps, new Set(), (venue) => reversed[venue] as string);
        expect(renamed.map(({ suspect }) => suspect)).toEqual(run(steps).map(({ suspect }) => suspect));
      }),
    );
  });

  test('venues that quote in the same round may do so in any order', () => {
    const round = fc.record({
      order: fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 3, maxLength: 3 }),
      prices: fc.constantFrom([100, 100, 100], [100, 100, 300], [100, 200, 300], [100, 104, 100]),
    });
    fc.assert(
      fc.property(fc.array(round, { minLength: 20, maxLength: 60 }), (rounds) => {
        const told = (order: (given: string[]) => string[]) => {
          const sanity = new PriceSanity(short);
          return rounds.map(({ order: given, prices }, n) => {
            // Each phase lasts ten rounds, so that prices do not change within a round.
            const held = rounds[n - (n % 10)]?.prices ?? prices;
            for (const venue of order(given)) {
              const price = held['abc'.indexOf(venue)] as number;
              sanity.observe(venue, 'S', price, n * 5_000, n * 5_000);
            }
            return n % 10 === 0 ? [] : ['a', 'b', 'c'].filter((venue) => sanity.isSuspect(venue));
          });
        };
        expect(told((given) => given)).toEqual(told((given) => [...given].sort()));
      }),
    );
  });
});
