import { printIdentity } from '@alphapulse/market';
import type { SyntheticKind, SyntheticLeg } from '@alphapulse/schemas';
import type { Facts } from '../statement.ts';
import { checkVenueName } from './check-venue.ts';
import { type CheckContext, type Checked, type FactsOf, said } from './checked.ts';
import {
  checkNames,
  checkNumber,
  checkOneOf,
  checkText,
  type Loose,
  nullable,
  optional,
  shown,
} from './fact-checks.ts';
import { defaultWeight, formulaLegs, isKindFormula, isReserved, kindFormula } from './formulas.ts';
import { checkInstrumentIdentity, instrumentNeeds } from './instrument-facts.ts';
import { refuse } from './refuse.ts';
import { findCycle } from './synthetic-cycle.ts';
import { VenueNeed } from './venue-need.ts';

const kinds = ['spread', 'ratio', 'basket', 'index', 'formula'] as const satisfies readonly SyntheticKind[];
const names = ['name', 'kind', 'formula', 'legs'];
const legNames = ['name', 'instrument', 'weight', 'venue'];
const maxLegs = 1_000;
/** Venue under which synthetics are quoted. */
const venue = 'synthetic';

/** A leg as stated: its weight may be left to the kind. */
type StatedLeg = Omit<SyntheticLeg, 'weight'> & { readonly weight: number | undefined };

export function checkSyntheticName(value: unknown): string {
  try {
    return printIdentity({ type: 'synthetic', name: typeof value === 'string' ? value : '' });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse('identity_invalid', 'name', `not a name (small letters, digits, hyphens): ${shown(value)}`);
  }
}

export function checkSynthetic(
  facts: Loose<Facts['synthetics']>,
  id: string,
  provenance: string,
  context: CheckContext,
): Checked<'synthetics'> {
  checkNames(facts, names);
  const name = facts.name as string;
  const kind = optional(facts.kind, (value) => checkOneOf('kind', value, kinds));
  const formula = optional(facts.formula, (value) => checkText('formula', value, 10_000));
  const legs = checkLegs(facts.legs, id, context);
  return {
    over: (held) => {
      const merged = mergeSynthetic(name, { kind, formula, legs }, held);
      checkFormula(merged);
      return merged;
    },
    verify: (placed) => {
      const way = findCycle(placed, (leg) => context.versions('synthetics', leg));
      if (way)
        refuse('synthetic_cyclic', `legs.${legOf(placed.legs, way)}.instrument`, `made of itself by ${way.join(', ')}`);
    },
    needs: [
      new VenueNeed(venue, 'synthetic'),
      ...instrumentNeeds({ identity: { type: 'synthetic', name }, text: checkSyntheticName(name) }, provenance),
    ],
  };
}

function checkLegs(value: unknown, ownId: string, context: CheckContext): StatedLeg[] {
  if (!Array.isArray(value) || value.length === 0)
    return refuse('fact_invalid', 'legs', `must be a list of legs, not ${shown(value)}`);
  if (value.length > maxLegs) refuse('fact_invalid', 'legs', `must not be more than ${maxLegs} legs`);
  const taken = new Set<string>();
  return value.map((leg: unknown, at): StatedLeg => {
    const path = `legs.${at}`;
    checkNames(leg as object, legNames, `${path}.`);
    const { name, instrument, weight, venue: on } = leg as Loose<Facts['synthetics']['legs'][number]>;
    if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
      return refuse('fact_invalid', `${path}.name`, `not a name for formulas (letters, digits, _): ${shown(name)}`);
    if (isReserved(name)) refuse('fact_invalid', `${path}.name`, `${name} is a function of formulas`);
    if (taken.has(name)) refuse('fact_invalid', `${path}.name`, `another leg is named ${name} too`);
    taken.add(name);
    return {
      name,
      instrumentId: checkLegInstrument(`${path}.instrument`, instrument, ownId, context),
      weight: optional(weight, (stated) => checkWeight(`${path}.weight`, stated)),
      venue: nullable(on, (stated) => checkVenueName(`${path}.venue`, stated).slice('venue:'.length)) ?? null,
    };
  });
}

/** Id of an instrument or synthetic that is registered. */
function checkLegInstrument(path: string, value: unknown, ownId: string, context: CheckContext): string {
  const isId = typeof value === 'string' && /^[0-9a-f]{1,64}$/.test(value);
  const identity = isId ? undefined : checkInstrumentIdentity(path, value).text;
  const id = identity === undefined ? (value as string) : context.idOf(identity);
  if (id === ownId) refuse('synthetic_cyclic', path, 'a synthetic cannot be a leg of itself');
  const [instrument] = context.versions('instruments', id);
  const known =
    instrument !== undefined &&
    (identity === undefined || instrument.identity === identity) &&
    (instrument.type !== 'synthetic' || context.versions('synthetics', id).length > 0);
  if (!known) refuse('leg_unknown', path, `no instrument or synthetic is registered as ${shown(value)}`);
  return id;
}

function checkWeight(path: string, value: unknown): number {
  const weight = checkNumber(path, value, {});
  if (weight === 0) refuse('fact_invalid', path, 'must not be zero');
  return weight;
}

function mergeSynthetic(
  name: string,
  stated: {
    readonly kind: SyntheticKind | undefined;
    readonly formula: string | undefined;
    readonly legs: readonly StatedLeg[];
  },
  held: FactsOf<'synthetics'> | undefined,
): FactsOf<'synthetics'> {
  const kind = said(stated.kind, held?.kind, 'formula');
  const legs = stated.legs.map((leg, at) => ({ ...leg, weight: leg.weight ?? defaultWeight(kind, at) }));
  return { name, kind, formula: stated.formula ?? heldFormula(kind, held) ?? kindFormula(kind, legs), legs };
}

/** A formula that was the kind's own goes with kind and legs; one that somebody wrote stays as it is. */
function heldFormula(kind: SyntheticKind, held: FactsOf<'synthetics'> | undefined): string | undefined {
  if (held === undefined || kind !== held.kind) return undefined;
  return isKindFormula(held.formula, held.kind, held.legs) ? undefined : held.formula;
}

function checkFormula({ formula, legs }: FactsOf<'synthetics'>): void {
  const used = new Set(formulaLegs(formula));
  for (const name of used) {
    if (!legs.some((leg) => leg.name === name)) refuse('leg_unknown', 'formula', `names ${name}, which is no leg`);
  }
  for (const [at, { name }] of legs.entries()) {
    if (!used.has(name)) refuse('formula_invalid', `legs.${at}.name`, `the formula does not use ${name}`);
  }
}

function legOf(legs: readonly SyntheticLeg[], way: readonly string[]): number {
  return legs.findIndex(({ name }) => name === way[0]);
}
