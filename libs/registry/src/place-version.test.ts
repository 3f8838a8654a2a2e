import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Beliefs, correctVersions, nextRecordedTime, placeVersion, recordsBetween } from './place-version.ts';
import { parseRecordKey } from './record-key.ts';
import { VersionStore } from './version-store.ts';
import type { Versioned } from './versions.ts';

interface Fact extends Versioned {
  readonly p: number | null;
  readonly q: number | null;
}

interface Said {
  readonly p?: number;
  readonly q?: number;
  readonly from: number;
  readonly to?: number;
}

const same = (a: Fact, b: Fact) => a.p === b.p && a.q === b.q;
const over =
  ({ p, q }: Pick<Said, 'p' | 'q'>) =>
  (held: Fact | undefined): Fact => ({
    ...{ id: 'a', validFrom: 0, validTo: null, recordedTime: 0 },
    p: p ?? held?.p ?? null,
    q: q ?? held?.q ?? null,
  });

/** A registrar's way with one entity: states one after another, each of them recorded later than the one before. */
class Entity {
  known: Beliefs<Fact> = { versions: [], superseded: [] };
  /** The topic: everything that was ever appended, by key. */
  readonly log: { key: string; value: Fact }[] = [];

  /** Records that were appended, or why it was rejected. */
  state(said: Said, recordedTime: number): number | 'validity_overlaps' {
    let versions: readonly Fact[];
    try {
      versions = placeVersion(this.known.versions, {
        ...{ validFrom: said.from, validTo: said.to, recordedTime },
        ...{ over: over(said), same },
      }).versions;
    } catch (error) {
      return (error as { code: 'validity_overlaps' }).code;
    }
    return this.#append(versions);
  }

  learn(p: number, recordedTime: number): number {
    const learn = (held: Fact): Fact => ({ ...held, p });
    return this.#append(correctVersions(this.known.versions, { learn, same, recordedTime }));
  }

  #append(versions: readonly Fact[]): number {
    if (versions === this.known.versions) return 0;
    const records = recordsBetween(this.known, versions);
    this.log.push(...records);
    const superseded = records.flatMap((record) => (record.superseded ? [record.value] : []));
    this.known = { versions, superseded: [...this.known.superseded, ...superseded] };
    return records.length;
  }

  /** What a reader has, of the whole log or of its compacted form. */
  read(compacted: boolean) {
    const store = new VersionStore<Fact>();
    const records = compacted ? new Map(this.log.map(({ key, value }) => [key, value])) : undefined;
    for (const [key, value] of records ?? this.log.map((record) => [record.key, record.value] as const)) {
      const parsed = parseRecordKey(key);
      if (parsed) store.put(parsed, value);
    }
    return store.versions('a');
  }
}

const horizon = 12;
type Cell = { readonly p: number | null; readonly q: number | null } | undefined;

/** The plainest model: what holds at each point of time, and where versions start. */
class Model {
  cells: Cell[] = Array.from({ length: horizon + 1 }, () => undefined);
  readonly starts = new Set<number>();

  state({ from, to, p, q }: Said): boolean {
    const next = [...this.starts].filter((start) => start > from).sort((a, b) => a - b)[0] ?? horizon + 1;
    if (to !== undefined && to > next) return false;
    const held = this.cells[from];
    let end = from;
    if (to !== undefined) end = to;
    else while (end < next && (this.cells[end] !== undefined) === (held !== undefined)) end++;
    const facts = { p: p ?? held?.p ?? null, q: q ?? held?.q ?? null };
    const known = this.cells.slice(from, end).every((cell) => cell?.p === facts.p && cell.q === facts.q);
    if (known) return true;
    this.starts.add(from);
    if (end <= horizon && !this.starts.has(end) && this.cells[end] !== undefined && held !== undefined)
      this.starts.add(end);
    for (let at = from; at < end; at++) this.cells[at] = facts;
    return true;
  }
}

const value = fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined });
const saying: fc.Arbitrary<Said> = fc
  .record({ p: value, q: value, from: fc.nat(horizon - 1), length: fc.option(fc.integer({ min: 1, max: 6 })) })
  .map(({ p, q, from, length }) => ({
    from,
    ...(p === undefined ? {} : { p }),
    ...(q === undefined ? {} : { q }),
    ...(length === null ? {} : { to: Math.min(horizon, from + length) }),
  }));
const sayings = fc.array(saying, { minLength: 1, maxLength: 12 });

describe('placing versions', () => {
  test('after any statements in any order: no overlaps, and as of any time and any knowledge what a naive model says', () => {
    fc.assert(
      fc.property(sayings, (all) => {
        const entity = new Entity();
        const model = new Model();
        const known: { readonly recordedTime: number; readonly cells: readonly Cell[] }[] = [];
        for (const [at, said] of all.entries()) {
          const recordedTime = 100 + 10 * at;
          const accepted = model.state(said);
          expect(entity.state(said, recordedTime) !== 'validity_overlaps').toBe(accepted);
          known.push({ recordedTime, cells: [...model.cells] });
          const { versions } = entity.known;
          const overlapping = versions.filter(({ validFrom, validTo }, index) => {
            const next = versions[index + 1]?.validFrom ?? Number.POSITIVE_INFINITY;
            const end = validTo ?? Number.POSITIVE_INFINITY;
            return end <= validFrom || end > next;
          });
          expect(overlapping).toEqual([]);
          expect(versions.map(({ validFrom }) => validFrom)).toEqual([...model.starts].sort((a, b) => a - b));
        }
        const times = Array.from(model.cells.keys());
        for (const compacted of [false, true]) {
          const reader = entity.read(compacted);
          const asKnownAt = (us?: number) => times.map((at) => facts(reader?.asOf(at, us)));
          expect([undefined, 99, ...known.map(({ recordedTime }) => recordedTime + 9)].map(asKnownAt)).toEqual([
            model.cells,
            times.map(() => undefined),
            ...known.map(({ cells }) => cells),
          ]);
          expect(known.map(({ recordedTime }) => asKnownAt(recordedTime))).toEqual(known.map(({ cells }) => cells));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('a statement that says what is known writes nothing, however often it is made', () => {
    fc.assert(
      fc.property(sayings, saying, (all, said) => {
        const entity = new Entity();
        for (const [at, one] of all.entries()) entity.state(one, 100 + at);
        const first = entity.state(said, 200);
        expect(entity.state(said, 201)).toBe(first === 'validity_overlaps' ? first : 0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('changes that are heard of in another order lead to the same facts', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(horizon - 1), { minLength: 1 }), fc.integer(), (starts, seed) => {
        const changes = starts.map((from) => ({ from, p: from }));
        const [inOrder, shuffled] = [new Entity(), new Entity()];
        for (const [at, change] of [...changes].sort((a, b) => a.from - b.from).entries()) inOrder.state(change, at);
        const keyed = changes.map((change, at) => ({ change, by: Math.imul(at + 1, seed | 1) }));
        for (const [at, { change }] of keyed.sort((a, b) => a.by - b.by).entries()) shuffled.state(change, at);
        const read = (entity: Entity) => Array.from({ length: horizon }, (_, us) => facts(entity.read(true)?.asOf(us)));
        expect(read(shuffled)).toEqual(read(inOrder));
      }),
    );
  });

  test('a late fact splits the version that held then, with its other facts, and ends where the next begins', () => {
    const entity = new Entity();
    entity.state({ from: 0, p: 1, q: 1 }, 1);
    entity.state({ from: 10, p: 2 }, 2);
    entity.state({ from: 4, q: 7 }, 3);
    expect(entity.known.versions).toEqual([
      { id: 'a', p: 1, q: 1, validFrom: 0, validTo: 4, recordedTime: 1 },
      { id: 'a', p: 1, q: 7, validFrom: 4, validTo: 10, recordedTime: 3 },
      { id: 'a', p: 2, q: 1, validFrom: 10, validTo: null, recordedTime: 2 },
    ]);
    expect(entity.log.map(({ key }) => key)).toEqual(['a', 'a@0', 'a', 'a@0', 'a@4']);
  });

  test('a correction keeps what was believed before it', () => {
    const entity = new Entity();
    entity.state({ from: 0, p: 1 }, 1);
    entity.state({ from: 0, p: 2 }, 5);
    expect(entity.log.map(({ key }) => key)).toEqual(['a', 'a@0~1', 'a']);
    const reader = entity.read(true);
    expect([reader?.asOf(3)?.p, reader?.asOf(3, 5)?.p, reader?.asOf(3, 4)?.p]).toEqual([2, 2, 1]);
  });

  test('an end that was stated is still known after something has followed it', () => {
    const entity = new Entity();
    entity.state({ from: 0, to: 5, p: 1 }, 1);
    entity.state({ from: 5, p: 2 }, 2);
    const reader = entity.read(true);
    expect(reader?.asOf(7)?.p).toBe(2);
    expect(reader?.asOf(7, 1)).toBeUndefined();
    expect(reader?.asOf(4, 2)).toMatchObject({ p: 1, validTo: 5 });
  });

  test('an end beyond the start of the next known version is refused', () => {
    const entity = new Entity();
    entity.state({ from: 10, p: 1 }, 1);
    expect(entity.state({ from: 5, to: 11, p: 2 }, 2)).toBe('validity_overlaps');
    expect(entity.state({ from: 5, to: 10, p: 2 }, 2)).toBe(1);
  });

  test('what is learned corrects every version, and is nothing the second time', () => {
    const entity = new Entity();
    entity.state({ from: 0, q: 1 }, 1);
    entity.state({ from: 5, q: 2 }, 2);
    expect(entity.learn(9, 3)).toBe(4);
    expect(entity.learn(9, 4)).toBe(0);
    const reader = entity.read(true);
    expect([reader?.asOf(0)?.p, reader?.asOf(6)?.p]).toEqual([9, 9]);
    expect([reader?.asOf(6, 2)?.p, reader?.asOf(6, 2)?.q, reader?.asOf(6, 1)?.q]).toEqual([null, 2, 1]);
  });

  test('recorded times grow whatever the clocks of registrars say', () => {
    const entity = new Entity();
    expect(nextRecordedTime(entity.known, 7)).toBe(7);
    entity.state({ from: 0, p: 1 }, 20);
    expect(nextRecordedTime(entity.known, 7)).toBe(21);
    expect(nextRecordedTime(entity.known, 30)).toBe(30);
  });
});

function facts(version: Fact | undefined): Cell {
  return version && { p: version.p, q: version.q };
}
