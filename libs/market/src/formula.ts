/**
 * The formula language of synthetics. An entry of its own, `@alphapulse/market/formula.ts`: the parser it stands on takes
 * about 0.6 s and 57 MB to load, which processes without formulas should not pay for.
 */
import { RejectedRecordError } from '@alphapulse/core';
import { create, parseDependencies } from 'mathjs/number';
import { type Linear, linearOf } from './formula-linear.ts';
import { type Interval, rangeOf } from './formula-range.ts';
import { formulaFunctions, termOf } from './formula-syntax.ts';
import { bind, type Term } from './formula-term.ts';

/** Longer texts are refused before they are parsed. */
export const maxFormulaLength = 4_096;

const math = create({ parseDependencies: parseDependencies ?? {} }, {});

/** A formula over the prices of named legs. Immutable; evaluation allocates nothing. */
export interface Formula {
  readonly text: string;
  /** Names in the order of their first use; values are given in this order. */
  readonly legs: readonly string[];
  /** Weight of each leg and a constant, where the formula is a weighted sum; null where it is not. */
  readonly linear: Linear | null;
  /** May be infinite or NaN, as after a division by zero. */
  evaluate(values: ArrayLike<number>): number;
  /**
   * The least and greatest value while each leg lies anywhere between its own bounds. Exact for weighted sums, and where
   * interval arithmetic shows that the formula only rises or only falls in each leg; else it may be wider than the true
   * range, and is never narrower.
   */
  range(low: ArrayLike<number>, high: ArrayLike<number>): Interval;
}

/**
 * Parses a formula: numbers, names of legs (letters, digits and `_`, not beginning with a digit), `+ - * / ^`,
 * parentheses, and the functions abs, exp, log (natural), max, min, sqrt. The exponent of `^` is a number. Nothing else
 * of the parser's language is let through, and nothing is ever evaluated as code.
 * @throws RejectedRecordError `formula_invalid` with a sentence that says what is wrong and, where known, where.
 */
export function parseFormula(text: string): Formula {
  if (text.length > maxFormulaLength)
    throw invalid(`a formula has ${maxFormulaLength} characters at most, this has ${text.length}`);
  const names: string[] = [];
  const term = termOf(parse(text), names);
  if (names.length === 0) throw invalid('a formula names at least one leg');
  const evaluate = bind(term);
  const linear = linearOf(term, names.length);
  return {
    text,
    legs: names,
    linear,
    evaluate,
    range: (low, high) => rangeOf(term, evaluate, linear, low, high),
  };
}

/** Names that a leg cannot have: they are functions. */
export const reservedNames: ReadonlySet<string> = new Set(formulaFunctions);

/**
 * The formula of a kind where none is written: a weighted sum for spread, basket and index, the first leg over the second
 * for a ratio. An index that is divided by something says so in a formula of its own.
 * @throws RejectedRecordError `formula_invalid` where the kind needs a formula or other legs.
 */
export function defaultFormula(
  kind: 'spread' | 'ratio' | 'basket' | 'index' | 'formula',
  legs: readonly { readonly name: string; readonly weight: number }[],
): string {
  const [first, second] = legs;
  if (kind === 'formula') throw invalid('a synthetic of kind formula needs its formula');
  if ((kind === 'spread' || kind === 'ratio') && legs.length !== 2)
    throw invalid(`a ${kind} without a formula has two legs, this has ${legs.length}`);
  if (kind === 'ratio' && first && second) return `${first.name} / ${second.name}`;
  return legs
    .map(({ name, weight }, at) => {
      const size = Math.abs(weight);
      const product = size === 1 ? name : `${size} * ${name}`;
      if (at === 0) return weight < 0 ? `-${product}` : product;
      return `${weight < 0 ? '-' : '+'} ${product}`;
    })
    .join(' ');
}

function parse(text: string) {
  try {
    return math.parse(text);
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
}

function invalid(sentence: string, cause?: unknown): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence}`, cause === undefined ? {} : { cause });
}

export type { Interval, Linear, Term };
