export interface Versioned {
  readonly id: string;
  /** Microseconds. */
  readonly validFrom: number;
  /** Microseconds, exclusive; null while the facts hold. */
  readonly validTo: number | null;
  /** Microseconds. */
  readonly recordedTime: number;
}

/** The largest small integer. Beyond it, in 2038, no answer is certain and all are looked up exactly. */
const noSecond = 2 ** 31 - 1;

/** Most entities have one version and no history, so that they share this one. */
const none: readonly never[] = Object.freeze([]);

/** All known versions of one entity, and what was believed of it before corrections. */
export class Versions<T extends Versioned> {
  #newest: T | undefined;
  /**
   * The span in which the newest version is the answer for certain, in whole seconds (the second end exclusive): small
   * integers, which stand in this very object. Looking into the version takes memory that is rarely in the processor's
   * cache, and lookups that need not do so are twice as fast over a million entities.
   */
  #certainFromS = noSecond;
  #certainToS = 0;
  /** Versions that have ended, latest start first. */
  #closed: T[] | undefined;
  /** Latest start first; of one start, recorded last first. */
  #superseded: T[] | undefined;

  get newest(): T | undefined {
    return this.#newest;
  }

  get closed(): readonly T[] {
    return this.#closed ?? none;
  }

  get superseded(): readonly T[] {
    return this.#superseded ?? none;
  }

  get empty(): boolean {
    return this.#newest === undefined && this.#closed === undefined && this.#superseded === undefined;
  }

  /** Any version or belief: what an identity is made of is the same in all of them. */
  get any(): T | undefined {
    return this.#newest ?? this.#closed?.[0] ?? this.#superseded?.[0];
  }

  /**
   * The version valid at a time, by what is known now: of several, the one that started last. Allocates nothing.
   * With `knownAtUs`, by what was known then.
   */
  asOf(us: number, knownAtUs?: number): T | undefined {
    if (knownAtUs !== undefined) return this.#asKnown(us, knownAtUs);
    const newest = this.#newest;
    const second = us / 1_000_000;
    if (second >= this.#certainFromS && second < this.#certainToS) return newest;
    const covering = newest !== undefined && covers(newest, us) ? newest : undefined;
    const closed = this.#closed;
    if (closed === undefined) return covering;
    for (let at = firstStartedBy(closed, us); at < closed.length; at++) {
      const version = closed[at] as T;
      if (covering !== undefined && version.validFrom <= covering.validFrom) return covering;
      if (covers(version, us)) return version;
    }
    return covering;
  }

  /** Oldest first. */
  history(): T[] {
    return [...this.closed].reverse().concat(this.#newest ?? []);
  }

  /** Every version and belief. */
  *all(): Generator<T> {
    if (this.#newest !== undefined) yield this.#newest;
    yield* this.closed;
    yield* this.superseded;
  }

  putNewest(version: T | undefined): T | undefined {
    const former = this.#newest;
    this.#newest = version;
    this.#findCertain();
    return former;
  }

  /** Puts the closed version that started then, or takes it out. Returns the one that was there. */
  putClosed(validFromUs: number, version: T | undefined): T | undefined {
    const closed = this.#closed ?? [];
    const former = replace(closed, version, (held) => validFromUs - held.validFrom);
    this.#closed = closed.length > 0 ? closed : undefined;
    this.#findCertain();
    return former;
  }

  putSuperseded(validFromUs: number, recordedTimeUs: number, belief: T | undefined): T | undefined {
    const superseded = this.#superseded ?? [];
    const former = replace(
      superseded,
      belief,
      (held) => validFromUs - held.validFrom || recordedTimeUs - held.recordedTime,
    );
    this.#superseded = superseded.length > 0 ? superseded : undefined;
    return former;
  }

  #findCertain(): void {
    const newest = this.#newest;
    const latest = this.#closed?.[0];
    if (newest === undefined || (latest !== undefined && latest.validFrom > newest.validFrom)) {
      this.#certainFromS = noSecond;
      return;
    }
    this.#certainFromS = Math.min(noSecond, Math.max(0, Math.ceil(newest.validFrom / 1_000_000)));
    this.#certainToS = newest.validTo === null ? noSecond : Math.min(noSecond, Math.floor(newest.validTo / 1_000_000));
  }

  /**
   * Of the beliefs recorded by then, the one that started last before the time, where it covers it: versions that stand
   * at one time do not overlap. Two things make today's records differ from what was known then:
   * a correction recorded by then replaces the beliefs with the same start that were recorded before it, and
   * an end that only a later recorded successor has set was not there yet. A superseded belief stands as it was
   * recorded, so its end counts; one that was recorded with a version that still stands is that version before it was
   * cut, or before something followed it.
   */
  #asKnown(us: number, knownAtUs: number): T | undefined {
    const starts = new Set<number>();
    const laterStarts = new Set<number>();
    for (const { validFrom, recordedTime } of this.all())
      (recordedTime <= knownAtUs ? starts : laterStarts).add(validFrom);
    let start = -1;
    for (const validFrom of starts) if (validFrom <= us && validFrom > start) start = validFrom;
    // Of beliefs recorded at one time, the one that stands comes first.
    const beliefs = [...this.all()]
      .filter(({ validFrom, recordedTime }) => validFrom === start && recordedTime <= knownAtUs)
      .sort((a, b) => b.recordedTime - a.recordedTime);
    const [first, second] = beliefs;
    if (first === undefined) return undefined;
    const { validTo, recordedTime } = first;
    if (validTo === null || us < validTo) return first;
    const cutLater = laterStarts.has(validTo) && !starts.has(validTo) && !this.superseded.includes(first);
    if (!cutLater) return undefined;
    if (second?.recordedTime !== recordedTime) return first;
    return covers(second, us) ? second : undefined;
  }
}

function covers({ validFrom, validTo }: Versioned, us: number): boolean {
  return validFrom <= us && (validTo === null || us < validTo);
}

/** Index of the first version, latest start first, that started at or before a time. */
function firstStartedBy(versions: readonly Versioned[], us: number): number {
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((versions[middle] as Versioned).validFrom <= us) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Puts a value where it belongs in a list in descending order, in place of one that compares equal. */
function replace<T>(list: T[], value: T | undefined, compare: (held: T) => number): T | undefined {
  const found = list.findIndex((held) => compare(held) >= 0);
  const at = found < 0 ? list.length : found;
  const held = at < list.length && compare(list[at] as T) === 0 ? list[at] : undefined;
  list.splice(at, held === undefined ? 0 : 1, ...(value === undefined ? [] : [value]));
  return held;
}
