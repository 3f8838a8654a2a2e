import { createRequire } from 'node:module';
import { RejectedRecordError } from '@alphapulse/core';
import { type Linear, linearOf } from './formula-linear.ts';
import { type Interval, rangeOf } from './formula-range.ts';
import { reservedNames, scanFormula } from './formula-scan.ts';
import { type SyntaxNode, termOf } from './formula-syntax.ts';
import { bind } from './formula-term.ts';

export { defaultFormula } from './default-formula.ts';
export type { Interval, Linear };
export { reservedNames };

/** Longer texts are refused before they are looked at. Room for an index of 500 names and weights. */
export const maxFormulaLength = 10_000;

let parser: ((text: string) => unknown) | undefined;

/** A formula over the prices of named legs. Immutable. */
export interface Formula {
  readonly text: string;
  /** Names in the order of their first use; values are given in this order. */
  readonly legs: readonly string[];
  /** Weight of each leg and a constant, where the formula is a weighted sum; null where it is not. */
  readonly linear: Linear | null;
  /** May be infinite or NaN, as after a division by zero. Allocates nothing. */
  evaluate(values: ArrayLike<number>): number;
  /**
   * The least and greatest value while each leg lies anywhere between its own bounds. Exact for weighted sums, and where
   * interval arithmetic shows that the formula only rises or only falls in each leg; else it may be wider than the true
   * range, and is never narrower but for rounding. Infinite or NaN where the formula is not defined throughout.
   */
  range(low: ArrayLike<number>, high: ArrayLike<number>): Interval;
}

/**
 * Parses a formula: numbers, names of legs (letters, digits and `_`, not beginning with a digit), `+ - * / ^`,
 * parentheses, and the functions abs, exp, log (natural), max, min, sqrt. The exponent of `^` has no legs in it. Nothing
 * else of the parser's language is let through, and nothing is ever evaluated as code.
 * @throws RejectedRecordError `formula_invalid` with a sentence that says what is wrong and at which character.
 */
export function parseFormula(text: string): Formula {
  if (text.length > maxFormulaLength)
    throw invalid(`it has ${text.length} characters, ${maxFormulaLength} are the most`);
  scanFormula(text);
  const names: string[] = [];
  const term = termOf(parse(text), names);
  if (names.length === 0) throw invalid('it names no leg');
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

/**
 * Loads the parser with the first formula, so that processes without formulas do not pay for it: 0.6 s and 31 MB,
 * measured through tsx. That is as CommonJS, which can wait until it is needed; mathjs' ESM build of the same takes 1.5 s
 * and 80 MB, all of mathjs 2.8 s and 97 MB.
 */
function loadParser(): (text: string) => unknown {
  const { create, parseDependencies } = createRequire(import.meta.url)(
    'mathjs/number',
  ) as typeof import('mathjs/number');
  return create({ parseDependencies: parseDependencies ?? {} }, {}).parse;
}

function parse(text: string): SyntaxNode {
  try {
    parser ??= loadParser();
    return parser(text) as SyntaxNode;
  } catch (cause) {
    if (cause instanceof RangeError) throw invalid('it nests too deep', cause);
    throw invalid((cause as Error).message.replace(/\(char (\d+)\)$/, '(character $1)'), cause);
  }
}

function invalid(sentence: string, cause?: unknown): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence}`, cause === undefined ? {} : { cause });
}
