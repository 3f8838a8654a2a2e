import { type AnyTopic, IdentityCollisionError, RejectedRecordError } from '@alphapulse/core';
import type { Collision } from '@alphapulse/schemas';
import type { Stated, StatedOf } from './checks/check-statement.ts';
import type { CheckContext, Checked, FactsOf, NeedOf } from './checks/checked.ts';
import { pathOf, refuse } from './checks/refuse.ts';
import { EntityPlan } from './entity-plan.ts';
import type { IdOf } from './ids.ts';
import { type Entities, type EntityKind, topicOf } from './kinds.ts';
import type { Outcome } from './statement.ts';

/** What is registered already; a `RegistryMap` fits. */
export interface Known {
  history<K extends EntityKind>(kind: K, id: string): readonly Entities[K][];
  superseded<K extends EntityKind>(kind: K, id: string): readonly Entities[K][];
  identityOf(id: string): string | undefined;
  collided(id: string, rejectedIdentity: string): boolean;
}

export interface PlannedRecord {
  readonly topic: AnyTopic;
  readonly key: string;
  readonly value: Entities[EntityKind] | Collision;
}

export interface PlannerOptions {
  /** Feed or team in whose name is stated. */
  readonly source: string;
  readonly known: Known;
  readonly idOf: IdOf;
  readonly nowUs: number;
  /** Microseconds from now to when changed facts start to hold. */
  readonly changeLeadUs: number;
  /** False takes any identity under a known id for the one that has it. */
  readonly detectCollisions: boolean;
}

/**
 * Works out which records say what statements say and the registry does not yet: takes statement after statement, each
 * whole or not at all, and gives what is to be appended for those taken since the last time. Does no I/O.
 */
export class Planner implements CheckContext {
  readonly #options: PlannerOptions;
  readonly #plans: { readonly [K in EntityKind]: Map<string, EntityPlan<EntityKind>> } = {
    assets: new Map(),
    instruments: new Map(),
    venues: new Map(),
    listings: new Map(),
    synthetics: new Map(),
    tokens: new Map(),
    pools: new Map(),
  };
  readonly #changed = new Set<EntityPlan<EntityKind>>();
  readonly #collisions = new Map<string, PlannedRecord>();
  /** Collisions that this plan has recorded already. */
  readonly #recorded = new Set<string>();
  /** Ids that this plan gives away. */
  readonly #claimed = new Map<string, string>();
  readonly #said = new Set<string>();

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  get nowUs(): number {
    return this.#options.nowUs;
  }

  /** True when nothing is to be appended. */
  get empty(): boolean {
    return this.#changed.size === 0 && this.#collisions.size === 0;
  }

  /** True when a collision is to be recorded that nobody has recorded yet. */
  get foundCollisions(): boolean {
    return this.#collisions.size > 0;
  }

  /** Entities that are to be written, and collisions: about as many as records. */
  get size(): number {
    return this.#changed.size + this.#collisions.size;
  }

  idOf(identity: string): string {
    return this.#options.idOf(identity);
  }

  versions<K extends EntityKind>(kind: K, id: string): readonly Entities[K][] {
    return this.#find(kind, id)?.versions ?? this.#options.known.history(kind, id);
  }

  /** Takes a statement. What is wrong with it is its outcome. */
  take(state: () => Stated, kind: EntityKind): Outcome {
    let identity: string | null = null;
    let id: string | null = null;
    try {
      const stated = state();
      identity = stated.identity();
      id = this.idOf(identity);
      const changed = this.#take(stated as StatedOf<EntityKind>, id, identity);
      return { kind, id, identity, outcome: changed ? 'registered' : 'unchanged' };
    } catch (error) {
      return { kind, id, identity, outcome: 'rejected', problem: problemOf(error) };
    }
  }

  /** What to append, in order. They are taken for written from then on. */
  drain(): PlannedRecord[] {
    const records = [...this.#collisions.values()];
    for (const plan of this.#changed)
      for (const { key, value } of plan.drain()) records.push({ topic: topicOf[plan.kind], key, value });
    this.#changed.clear();
    this.#collisions.clear();
    return records;
  }

  #take<K extends EntityKind>(stated: StatedOf<K>, id: string, identity: string): boolean {
    const checked = stated.check(id, this);
    const needs = checked.needs.filter(({ memo }) => memo === undefined || !this.#said.has(memo));
    // All identities before the first change: a statement is taken whole or not at all.
    const claims = new Map<string, string>();
    const ids = needs.map((need) => this.#claim(need.kind, need.identity(), claims));
    this.#claim(stated.kind, identity, claims);
    const changed = this.#state(stated, id, checked);
    for (const [at, need] of needs.entries()) this.#need(need as NeedOf<EntityKind>, ids[at] as string);
    for (const [claimed, holder] of claims) this.#claimed.set(claimed, holder);
    for (const { memo } of needs) if (memo !== undefined) this.#said.add(memo);
    return changed;
  }

  /** The id of an identity. @throws IdentityCollisionError when another identity has it. */
  #claim(kind: EntityKind, identity: string, claims: Map<string, string>): string {
    const { known, detectCollisions, nowUs } = this.#options;
    const id = this.idOf(identity);
    if (!detectCollisions || this.#claimed.get(id) === identity) return id;
    const holder = this.#claimed.get(id) ?? claims.get(id) ?? known.identityOf(id) ?? identity;
    if (holder === identity) {
      claims.set(id, identity);
      return id;
    }
    const collision = `${id} ${identity}`;
    if (!known.collided(id, identity) && !this.#recorded.has(collision)) {
      this.#recorded.add(collision);
      const value = { id, existingIdentity: holder, rejectedIdentity: identity, entity: kind, detectedTime: nowUs };
      this.#collisions.set(collision, { topic: topicOf.collisions, key: id, value });
    }
    throw new IdentityCollisionError('identity_collision', `${identity} has the id of ${holder}: ${id}`, {
      details: { id, existingIdentity: holder, rejectedIdentity: identity },
    });
  }

  #state<K extends EntityKind>(stated: StatedOf<K>, id: string, checked: Checked<K>): boolean {
    const { provenance, source, validTo } = stated;
    const { over, learn, verify } = checked;
    const plan = this.#plan(stated.kind, id);
    const validFrom = stated.validFrom ?? this.#changesFrom(plan);
    if (validTo !== undefined && validTo <= validFrom)
      refuse('validity_invalid', 'validTo', `ends at ${validTo}, before it begins at ${validFrom}`);
    const before = plan.versions;
    plan.place({
      ...{ validFrom, validTo, verify },
      over: (held) => this.#entity(stated.kind, id, over(held), provenance, source),
      ...(learn ? { learn: (held) => this.#entity(stated.kind, id, learn(held), provenance, source) } : {}),
    });
    return this.#noteChange(plan, before);
  }

  #need<K extends EntityKind>(need: NeedOf<K>, id: string): void {
    const { kind, provenance } = need;
    const plan = this.#plan(kind, id);
    const before = plan.versions;
    if (before.length === 0) {
      plan.place({ validFrom: 0, validTo: undefined, over: () => this.#entity(kind, id, need.first(), provenance) });
    } else if (need.learn) {
      plan.learn((held) => this.#entity(kind, id, need.learn?.(held) ?? held, provenance));
    } else if (need.change) {
      plan.place({
        validFrom: this.#changesFrom(plan),
        validTo: undefined,
        over: (held) => this.#entity(kind, id, (held && need.change?.(held)) ?? need.first(), provenance),
      });
    }
    this.#noteChange(plan, before);
  }

  /** First facts hold since ever, changed ones from a little after now; what is said twice at once is said once. */
  #changesFrom<K extends EntityKind>(plan: EntityPlan<K>): number {
    if (plan.written) return plan.recordedTime + this.#options.changeLeadUs;
    return plan.versions.at(-1)?.validFrom ?? 0;
  }

  #noteChange<K extends EntityKind>(plan: EntityPlan<K>, before: readonly Entities[K][]): boolean {
    if (plan.versions === before) return false;
    const kept = plan as unknown as EntityPlan<EntityKind>;
    this.#plans[plan.kind].set(plan.id, kept);
    this.#changed.add(kept);
    return true;
  }

  #entity<K extends EntityKind>(
    kind: K,
    id: string,
    facts: FactsOf<K>,
    provenance: string,
    source = this.#options.source,
  ): Entities[K] {
    // Its times are filled in where it is placed.
    const entity = { ...facts, id, validFrom: 0, validTo: null, recordedTime: 0, provenance };
    return (kind === 'listings' ? { ...entity, source } : entity) as unknown as Entities[K];
  }

  #find<K extends EntityKind>(kind: K, id: string): EntityPlan<K> | undefined {
    return this.#plans[kind].get(id) as EntityPlan<K> | undefined;
  }

  /** The plan of an entity; one that nothing comes of is not kept. */
  #plan<K extends EntityKind>(kind: K, id: string): EntityPlan<K> {
    const { known, nowUs } = this.#options;
    return (
      this.#find(kind, id) ??
      new EntityPlan({ kind, id }, { versions: known.history(kind, id), superseded: known.superseded(kind, id) }, nowUs)
    );
  }
}

/** What a rejection tells. @throws whatever is none: a bug is not an outcome. */
function problemOf(error: unknown): NonNullable<Outcome['problem']> {
  if (!(error instanceof RejectedRecordError)) throw error;
  return { code: error.code, path: pathOf(error), message: error.message };
}
