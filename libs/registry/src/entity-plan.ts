import type { Entities, EntityKind } from './kinds.ts';
import {
  type Beliefs,
  correctVersions,
  nextRecordedTime,
  type Placing,
  placeVersion,
  recordsBetween,
} from './place-version.ts';

/** Fields that are not facts of an entity, but about them. */
const aboutFacts: ReadonlySet<string> = new Set(['validFrom', 'validTo', 'recordedTime', 'provenance', 'source']);

type Learn<T> = (held: T) => T;

/** One entity as it is known and as it is going to be. Statements of one plan are recorded at one time. */
export class EntityPlan<K extends EntityKind> {
  readonly kind: K;
  readonly id: string;
  readonly #nowUs: number;
  #known: Beliefs<Entities[K]>;
  #versions: readonly Entities[K][];
  #recordedTime: number | undefined;

  constructor({ kind, id }: { kind: K; id: string }, known: Beliefs<Entities[K]>, nowUs: number) {
    this.kind = kind;
    this.id = id;
    this.#known = known;
    this.#versions = known.versions;
    this.#nowUs = nowUs;
  }

  /** Versions that are going to stand, oldest first; another array after each change. */
  get versions(): readonly Entities[K][] {
    return this.#versions;
  }

  /** True when the registry knows the entity already. */
  get written(): boolean {
    return this.#known.versions.length > 0;
  }

  /** When what is stated now is recorded: now, but later than all that was recorded before. */
  get recordedTime(): number {
    this.#recordedTime ??= nextRecordedTime(this.#known, this.#nowUs);
    return this.#recordedTime;
  }

  /**
   * Puts facts where they belong; what is learned with them goes into all versions first.
   * @throws RejectedRecordError when the facts do not fit where they go; nothing is changed then.
   */
  place({
    validFrom,
    validTo,
    over,
    verify,
    learn,
  }: Omit<Placing<Entities[K]>, 'same' | 'recordedTime'> & {
    readonly learn?: Learn<Entities[K]> | undefined;
    readonly verify?: ((placed: Entities[K]) => void) | undefined;
  }): void {
    const { recordedTime } = this;
    const known = learn ? correctVersions(this.#versions, { learn, recordedTime, same: sameFacts }) : this.#versions;
    const { versions, placed } = placeVersion(known, { validFrom, validTo, over, recordedTime, same: sameFacts });
    if (placed !== undefined) verify?.(placed);
    this.#versions = versions;
  }

  learn(learn: Learn<Entities[K]>): void {
    this.#versions = correctVersions(this.#versions, { learn, recordedTime: this.recordedTime, same: sameFacts });
  }

  /** Records that lead from what is known to what is going to be, which is known from then on. */
  drain(): { readonly key: string; readonly value: Entities[K] }[] {
    const records = recordsBetween(this.#known, this.#versions);
    const superseded = records.flatMap((record) => (record.superseded ? [record.value] : []));
    this.#known = {
      versions: this.#versions,
      superseded: superseded.length > 0 ? [...this.#known.superseded, ...superseded] : this.#known.superseded,
    };
    this.#recordedTime = undefined;
    return records;
  }
}

/** True when what is known says all that is stated, whenever it holds and whoever said so. */
function sameFacts<T extends object>(known: T, stated: T): boolean {
  for (const name in stated) {
    if (!aboutFacts.has(name) && !sameValue(known[name], stated[name])) return false;
  }
  return true;
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  return Object.entries(b).every(([name, value]) => sameValue((a as Record<string, unknown>)[name], value));
}
