import type { Term } from './formula-term.ts';

/** A weighted sum: `constant + Σ weights[i] · leg[i]`. */
export interface Linear {
  readonly constant: number;
  readonly weights: Float64Array;
}

/** The weighted sum that a term is, or null. Found by its form: `a * b / b` is none. */
export function linearOf(term: Term, legs: number): Linear | null {
  switch (term.op) {
    case 'number':
      return { constant: term.value, weights: new Float64Array(legs) };
    case 'leg': {
      const weights = new Float64Array(legs);
      weights[term.index] = 1;
      return { constant: 0, weights };
    }
    case 'negate':
      return scaled(linearOf(term.of, legs), -1);
    case 'add':
    case 'subtract': {
      const left = linearOf(term.left, legs);
      const right = scaled(linearOf(term.right, legs), term.op === 'add' ? 1 : -1);
      if (!left || !right) return null;
      return {
        constant: left.constant + right.constant,
        weights: left.weights.map((weight, at) => weight + (right.weights[at] as number)),
      };
    }
    case 'multiply': {
      const left = linearOf(term.left, legs);
      const right = linearOf(term.right, legs);
      if (!left || !right) return null;
      if (isConstant(left)) return scaled(right, left.constant);
      return isConstant(right) ? scaled(left, right.constant) : null;
    }
    case 'divide': {
      const right = linearOf(term.right, legs);
      return right && isConstant(right) && right.constant !== 0
        ? scaled(linearOf(term.left, legs), 1 / right.constant)
        : null;
    }
    case 'power':
      return term.exponent === 1 ? linearOf(term.base, legs) : null;
    default:
      return null;
  }
}

function isConstant({ weights }: Linear): boolean {
  return weights.every((weight) => weight === 0);
}

function scaled(linear: Linear | null, by: number): Linear | null {
  return linear && { constant: linear.constant * by, weights: linear.weights.map((weight) => weight * by) };
}
