import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Versioned, Versions } from './versions.ts';

interface Fact extends Versioned {
  readonly fact: string;
}

const fact = (name: string, validFrom: number, validTo: number | null, recordedTime: number): Fact => ({
  id: 'a',
  fact: name,
  validFrom,
  validTo,
  recordedTime,
});

/** What a registry said, one statement after another: from when on the facts hold. */
interface Said {
  readonly fact: string;
  readonly from: number;
  readonly recordedTime: number;
}

/**
 * The records that stand after the statements, as a registrar writes them: each holds until the next start that is
 * known, and one that is said again for the same start supersedes the former, which is kept as it was said.
 */
function recordsOf(said: readonly Said[]): { current: Fact[]; superseded: Fact[] } {
  let current: Fact[] = [];
  const superseded: Fact[] = [];
  for (const { fact: name, from, recordedTime } of said) {
    const former = current.find(({ validFrom }) => validFrom === from);
    if (former) superseded.push({ ...former, validTo: null });
    current = [...current.filter((version) => version !== former), fact(name, from, null, recordedTime)]
      .sort((a, b) => a.validFrom - b.validFrom)
      .map((version, at, all) => ({ ...version, validTo: all[at + 1]?.validFrom ?? null }));
  }
  return { current, superseded };
}

function versionsOf({ current, superseded }: { current: readonly Fact[]; superseded: readonly Fact[] }) {
  const versions = new Versions<Fact>();
  for (const version of current.slice(0, -1)) versions.putClosed(version.validFrom, version);
  versions.putNewest(current[current.length - 1]);
  for (const belief of superseded) versions.putSuperseded(belief.validFrom, belief.recordedTime, belief);
  return versions;
}

const statements = fc
  .array(fc.record({ fact: fc.constantFrom('p', 'q', 'r'), from: fc.nat(12) }), { minLength: 1, maxLength: 12 })
  .map((said) => said.map((one, at): Said => ({ ...one, recordedTime: 100 + 10 * at })));

describe('versions', () => {
  test('as of a time and as known then: what the statements made by then said', () => {
    fc.assert(
      fc.property(statements, fc.nat(14), fc.integer({ min: 90, max: 230 }), (said, us, knownAtUs) => {
        const byThen = said.filter(({ recordedTime }) => recordedTime <= knownAtUs);
        const expected = recordsOf(byThen).current.find(
          ({ validFrom, validTo }) => validFrom <= us && (validTo === null || us < validTo),
        )?.fact;
        expect(versionsOf(recordsOf(said)).asOf(us, knownAtUs)?.fact).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  test('as of a time: what all statements say, superseded ones left out', () => {
    fc.assert(
      fc.property(statements, fc.nat(14), (said, us) => {
        const versions = versionsOf(recordsOf(said));
        expect(versions.asOf(us)).toBe(versions.asOf(us, Number.POSITIVE_INFINITY));
      }),
    );
  });

  test('as of a time: exact to the microsecond, in any year', () => {
    const second = fc.constantFrom(0, 1, 2, 1_790_000_000, 1_790_000_001, 2 ** 31 - 1, 2 ** 31, 4_000_000_000);
    const time = fc.tuple(second, fc.integer({ min: -1, max: 1 })).map(([s, us]) => Math.max(0, s * 1_000_000 + us));
    const version = fc.tuple(time, fc.option(time, { nil: null }));
    fc.assert(
      fc.property(
        fc.option(version, { nil: null }),
        fc.array(version, { maxLength: 4 }),
        time,
        (newest, closed, us) => {
          const versions = new Versions<Fact>();
          for (const [from, to] of closed) versions.putClosed(from, fact(`closed ${from}`, from, to, 0));
          if (newest) versions.putNewest(fact('newest', newest[0], newest[1], 0));
          const covering = [...versions.all()]
            .filter(({ validFrom, validTo }) => validFrom <= us && (validTo === null || us < validTo))
            .sort((a, b) => b.validFrom - a.validFrom);
          expect(versions.asOf(us)).toBe(covering[0]);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('an end that was stated counts, one that a later recorded successor has set does not', () => {
    const stated = versionsOf({ current: [fact('p', 0, 10, 1), fact('q', 20, null, 2)], superseded: [] });
    expect(stated.asOf(15, 1)).toBeUndefined();
    const cut = versionsOf({ current: [fact('p', 0, 20, 1), fact('q', 20, null, 2)], superseded: [] });
    expect(cut.asOf(25, 1)?.fact).toBe('p');
    expect(cut.asOf(25, 2)?.fact).toBe('q');
    expect(cut.asOf(25, 0)).toBeUndefined();
  });

  test('a correction replaces what was believed only from when it was recorded', () => {
    const versions = versionsOf({ current: [fact('right', 0, null, 5)], superseded: [fact('wrong', 0, null, 1)] });
    expect(versions.asOf(3)?.fact).toBe('right');
    expect(versions.asOf(3, 5)?.fact).toBe('right');
    expect(versions.asOf(3, 4)?.fact).toBe('wrong');
  });

  test('a correction that ends sooner leaves nothing of the former belief', () => {
    const versions = versionsOf({ current: [fact('right', 0, 10, 5)], superseded: [fact('wrong', 0, null, 1)] });
    expect(versions.asOf(15, 5)).toBeUndefined();
    expect(versions.asOf(15, 4)?.fact).toBe('wrong');
  });

  test('are the same in whatever order the records come', () => {
    fc.assert(
      fc.property(
        statements.chain((said) => {
          const { current, superseded } = recordsOf(said);
          const puts = [
            ...current.map((version, at) => ({ version, as: at === current.length - 1 ? 'newest' : 'closed' })),
            ...superseded.map((version) => ({ version, as: 'superseded' })),
          ];
          return fc.tuple(fc.constant(said), fc.shuffledSubarray(puts, { minLength: puts.length }));
        }),
        ([said, puts]) => {
          const versions = new Versions<Fact>();
          for (const { version, as } of puts) {
            if (as === 'newest') versions.putNewest(version);
            else if (as === 'closed') versions.putClosed(version.validFrom, version);
            else versions.putSuperseded(version.validFrom, version.recordedTime, version);
          }
          expect([...versions.all()]).toEqual([...versionsOf(recordsOf(said)).all()]);
        },
      ),
    );
  });
});
