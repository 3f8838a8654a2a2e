import { RejectedRecordError } from '@alphapulse/core';
import { supersededKey, versionKey } from './record-key.ts';
import type { Versioned } from './versions.ts';

/** What is known of one entity. */
export interface Beliefs<T extends Versioned> {
  /** Versions that stand, oldest first; they do not overlap. */
  readonly versions: readonly T[];
  /** What was believed before corrections, each as it was recorded, in any order. */
  readonly superseded: readonly T[];
}

/** Facts of one entity and where they go. */
export interface Placing<T extends Versioned> {
  /** Microseconds. */
  readonly validFrom: number;
  /** Microseconds, exclusive; undefined where the statement names no end. */
  readonly validTo: number | undefined;
  readonly recordedTime: number;
  /** The stated facts over those that held; its times do not matter. */
  readonly over: (held: T | undefined) => T;
  /** True when two versions say the same, whenever they hold and whoever said so. */
  readonly same: (a: T, b: T) => boolean;
}

/** The versions after a statement. `placed` is undefined when they are the same array: it said nothing new. */
export interface Placed<T> {
  readonly versions: readonly T[];
  readonly placed?: T;
}

/**
 * Puts facts where they belong in the history of an entity. Without an end they hold until the version they fall into
 * ends or the next one begins, or for good. What they fall into is split; facts that they leave out are its facts.
 *
 * Invariant: versions do not overlap, and a start never goes away, since what was believed by a time is told by starts.
 * @throws RejectedRecordError `validity_overlaps` when a stated end lies beyond the start of the next version.
 */
export function placeVersion<T extends Versioned>(versions: readonly T[], placing: Placing<T>): Placed<T> {
  const { validFrom, validTo, recordedTime, over, same } = placing;
  const after = versions.findIndex((version) => version.validFrom > validFrom);
  const count = after < 0 ? versions.length : after;
  const next = versions[count];
  const before = versions[count - 1];
  const held = before !== undefined && (before.validTo === null || before.validTo > validFrom) ? before : undefined;
  if (validTo !== undefined && next !== undefined && validTo > next.validFrom) {
    throw new RejectedRecordError(
      'validity_overlaps',
      `valid until ${validTo}, but another version is known from ${next.validFrom} on`,
      { details: { path: 'validTo' } },
    );
  }
  const heldTo = held?.validTo ?? next?.validFrom ?? null;
  const end = validTo ?? heldTo;
  const facts = over(held);
  if (held !== undefined && same(held, facts) && (heldTo === null || (end !== null && end <= heldTo))) {
    return { versions };
  }
  const placed: T = { ...facts, validFrom, validTo: end, recordedTime };
  const kept = versions.slice(0, held === undefined ? count : count - 1);
  if (held !== undefined && held.validFrom < validFrom) kept.push({ ...held, validTo: validFrom });
  kept.push(placed);
  if (held !== undefined && end !== null && (heldTo === null || end < heldTo))
    kept.push({ ...held, validFrom: end, validTo: heldTo, recordedTime });
  kept.push(...versions.slice(count));
  return { versions: kept, placed };
}

/**
 * Corrects all versions by what has been learned of them and holds at all times. The same array when that is nothing.
 */
export function correctVersions<T extends Versioned>(
  versions: readonly T[],
  { learn, same, recordedTime }: Pick<Placing<T>, 'same' | 'recordedTime'> & { readonly learn: (held: T) => T },
): readonly T[] {
  let learned = false;
  const corrected = versions.map((version) => {
    const { validFrom, validTo } = version;
    const facts = learn(version);
    if (same(version, facts)) return version;
    learned = true;
    return { ...facts, validFrom, validTo, recordedTime };
  });
  return learned ? corrected : versions;
}

/**
 * The records that lead from what is known to the versions that stand now: versions under `<id>` and
 * `<id>@<validFrom>`, and under `<id>@<validFrom>~<recordedTime>` what readers could not work out any more. That is a
 * belief that was corrected, and the stated end of a version that has been given another one or a successor.
 */
export function recordsBetween<T extends Versioned>(
  known: Beliefs<T>,
  versions: readonly T[],
): { readonly key: string; readonly value: T; readonly superseded: boolean }[] {
  const records: { key: string; value: T; superseded: boolean }[] = [];
  const byStart = new Map(versions.map((version) => [version.validFrom, version]));
  for (const former of known.versions) {
    const now = byStart.get(former.validFrom) as T;
    const corrected = now.recordedTime !== former.recordedTime;
    if (!corrected && !losesStatedEnd(former, now, known.versions, byStart)) continue;
    const kept = known.superseded.some(
      ({ validFrom, recordedTime }) => validFrom === former.validFrom && recordedTime === former.recordedTime,
    );
    if (kept) continue;
    const key = supersededKey(former.id, former.validFrom, former.recordedTime);
    records.push({ key, value: asRecorded(former, known), superseded: true });
  }
  const written = keyed(known.versions);
  for (const [key, value] of keyed(versions)) {
    if (written.get(key) !== value) records.push({ key, value, superseded: false });
  }
  return records;
}

/** The first time that is certainly later than everything that was recorded of an entity. */
export function nextRecordedTime(known: Beliefs<Versioned>, nowUs: number): number {
  let latest = nowUs - 1;
  for (const { recordedTime } of known.versions) if (recordedTime > latest) latest = recordedTime;
  for (const { recordedTime } of known.superseded) if (recordedTime > latest) latest = recordedTime;
  return latest + 1;
}

function keyed<T extends Versioned>(versions: readonly T[]): Map<string, T> {
  return new Map(
    versions.map((version, at) => [
      at === versions.length - 1 ? version.id : versionKey(version.id, version.validFrom),
      version,
    ]),
  );
}

/**
 * True for a version whose end was stated, with nothing after it, when it now ends elsewhere or something follows:
 * readers would take the end for one that the successor has set.
 */
function losesStatedEnd<T extends Versioned>(
  former: T,
  now: T,
  known: readonly T[],
  byStart: ReadonlyMap<number, T>,
): boolean {
  const end = former.validTo;
  if (end === null || known.some(({ validFrom }) => validFrom === end)) return false;
  return now.validTo !== end || byStart.has(end);
}

/** A version with the end it had when it was recorded: one that was set by a successor recorded later is none. */
function asRecorded<T extends Versioned>(version: T, known: Beliefs<T>): T {
  const { validTo, recordedTime } = version;
  if (validTo === null) return version;
  let successor = Number.POSITIVE_INFINITY;
  for (const beliefs of [known.versions, known.superseded])
    for (const belief of beliefs)
      if (belief.validFrom === validTo) successor = Math.min(successor, belief.recordedTime);
  return successor !== Number.POSITIVE_INFINITY && successor > recordedTime ? { ...version, validTo: null } : version;
}
