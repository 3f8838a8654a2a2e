import { FatalError, RejectedRecordError } from '@alphapulse/core';
import type { SyntheticKind, SyntheticLeg } from '@alphapulse/schemas';
import { refuse } from './refuse.ts';

type Language = typeof import('@alphapulse/market/formula.ts');
let language: Language | undefined;

/** Loads the formula language, which takes a while: only for those who state synthetics. */
export async function loadFormulas(): Promise<void> {
  language ??= await import('@alphapulse/market/formula.ts');
}

/** Names that a formula uses. @throws RejectedRecordError `formula_invalid` */
export function formulaLegs(formula: string): readonly string[] {
  return atFormula(() => loaded().parseFormula(formula).legs);
}

/** The formula that a kind stands for. @throws RejectedRecordError `formula_invalid` where it must be written. */
export function kindFormula(kind: SyntheticKind, legs: readonly Pick<SyntheticLeg, 'name' | 'weight'>[]): string {
  return atFormula(() => loaded().defaultFormula(kind, legs));
}

/** True for the formula that the kind stands for. */
export function isKindFormula(
  formula: string,
  kind: SyntheticKind,
  legs: readonly Pick<SyntheticLeg, 'name' | 'weight'>[],
): boolean {
  try {
    return formula === loaded().defaultFormula(kind, legs);
  } catch (error) {
    if (error instanceof RejectedRecordError) return false;
    throw error;
  }
}

/** True for a name that formulas have a meaning for already. */
export function isReserved(name: string): boolean {
  return loaded().reservedNames.has(name);
}

/** Weight of a leg that states none: a spread is its first leg less its second. */
export function defaultWeight(kind: SyntheticKind, at: number): number {
  return kind === 'spread' && at === 1 ? -1 : 1;
}

function loaded(): Language {
  if (!language) throw new FatalError('unexpected', 'the formula language was not loaded');
  return language;
}

function atFormula<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RejectedRecordError)) throw error;
    return refuse(error.code, 'formula', error.message);
  }
}
