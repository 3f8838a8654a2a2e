import type { Linear } from './formula-linear.ts';
import type { Term } from './formula-term.ts';

/** A closed interval; a bound may be infinite, and NaN where a part of the formula is not defined throughout. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The range of a formula over a box of leg prices. A weighted sum takes each leg at the end that its sign says. Else the
 * slope in each leg is bounded by interval arithmetic: legs in which the formula only rises or only falls are set to
 * the end that makes it least (greatest), and what is left is bounded by interval arithmetic over the other legs.
 * See R. E. Moore, R. B. Kearfott, M. J. Cloud: Introduction to Interval Analysis (2009), chapters 5 and 6.
 */
export function rangeOf(
  term: Term,
  evaluate: (values: ArrayLike<number>) => number,
  linear: Linear | null,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
): Interval {
  if (linear) return linearRange(linear, low, high);
  const count = low.length;
  const lowest = { low: Array.from(low), high: Array.from(high) };
  const highest = { low: Array.from(low), high: Array.from(high) };
  let isMonotone = true;
  for (let leg = 0; leg < count; leg++) {
    const slope = dual(term, leg, low, high).slope;
    if (slope.low >= 0) {
      lowest.high[leg] = low[leg] as number;
      highest.low[leg] = high[leg] as number;
    } else if (slope.high <= 0) {
      lowest.low[leg] = high[leg] as number;
      highest.high[leg] = low[leg] as number;
    } else isMonotone = false;
  }
  if (isMonotone) {
    const ends = [evaluate(lowest.low), evaluate(highest.low)] as const;
    // Where the true range is a point, rounding may turn its ends round.
    return { low: Math.min(...ends), high: Math.max(...ends) };
  }
  return {
    low: dual(term, -1, lowest.low, lowest.high).value.low,
    high: dual(term, -1, highest.low, highest.high).value.high,
  };
}

function linearRange({ constant, weights }: Linear, low: ArrayLike<number>, high: ArrayLike<number>): Interval {
  let least = constant;
  let greatest = constant;
  for (let leg = 0; leg < weights.length; leg++) {
    const weight = weights[leg] as number;
    const rises = weight >= 0;
    least += weight * ((rises ? low[leg] : high[leg]) as number);
    greatest += weight * ((rises ? high[leg] : low[leg]) as number);
  }
  return { low: least, high: greatest };
}

/** A term's value and its slope in one leg, both bounded. */
interface Dual {
  readonly value: Interval;
  readonly slope: Interval;
}

const zero: Interval = { low: 0, high: 0 };
const one: Interval = { low: 1, high: 1 };

function dual(term: Term, leg: number, low: ArrayLike<number>, high: ArrayLike<number>): Dual {
  const at = (part: Term) => dual(part, leg, low, high);
  switch (term.op) {
    case 'number':
      return { value: { low: term.value, high: term.value }, slope: zero };
    case 'leg':
      return {
        value: { low: low[term.index] as number, high: high[term.index] as number },
        slope: term.index === leg ? one : zero,
      };
    case 'add':
    case 'subtract': {
      const left = at(term.left);
      const right = term.op === 'add' ? at(term.right) : negated(at(term.right));
      return { value: sum(left.value, right.value), slope: sum(left.slope, right.slope) };
    }
    case 'multiply':
      return product(at(term.left), at(term.right));
    case 'divide':
      return product(at(term.left), power(at(term.right), -1));
    case 'power':
      return power(at(term.base), term.exponent);
    case 'negate':
      return negated(at(term.of));
    case 'exp': {
      const { value, slope } = at(term.of);
      const range = { low: Math.exp(value.low), high: Math.exp(value.high) };
      return { value: range, slope: times(range, slope) };
    }
    case 'log': {
      const of = at(term.of);
      const value = { low: Math.log(of.value.low), high: Math.log(of.value.high) };
      return { value, slope: times(power(of, -1).value, of.slope) };
    }
    case 'sqrt':
      return power(at(term.of), 0.5);
    case 'abs': {
      const of = at(term.of);
      if (of.value.low >= 0) return of;
      if (of.value.high <= 0) return negated(of);
      return {
        value: { low: 0, high: Math.max(-of.value.low, of.value.high) },
        slope: hull(of.slope, negated(of).slope),
      };
    }
    default:
      return term.terms.map(at).reduce((first, second) => extreme(first, second, term.op));
  }
}

function extreme(a: Dual, b: Dual, op: 'min' | 'max'): Dual {
  const pick = Math[op];
  const value = { low: pick(a.value.low, b.value.low), high: pick(a.value.high, b.value.high) };
  const isBelow = a.value.high < b.value.low;
  const isAbove = b.value.high < a.value.low;
  if (isBelow || isAbove) return { value, slope: isBelow === (op === 'max') ? b.slope : a.slope };
  return { value, slope: hull(a.slope, b.slope) };
}

function product(a: Dual, b: Dual): Dual {
  return { value: times(a.value, b.value), slope: sum(times(a.slope, b.value), times(a.value, b.slope)) };
}

function power({ value, slope }: Dual, exponent: number): Dual {
  return {
    value: raised(value, exponent),
    slope: exponent === 0 ? zero : times(times({ low: exponent, high: exponent }, raised(value, exponent - 1)), slope),
  };
}

/** x^n over an interval. Where a base is not defined throughout (negative root, zero in a denominator) all is possible. */
function raised({ low, high }: Interval, exponent: number): Interval {
  if (exponent === 0) return one;
  const crossesZero = low <= 0 && high >= 0;
  if ((exponent < 0 && crossesZero) || (!Number.isInteger(exponent) && low < 0))
    return { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  const ends = [low ** exponent, high ** exponent] as const;
  const isEven = Number.isInteger(exponent) && exponent % 2 === 0;
  return { low: isEven && crossesZero ? 0 : Math.min(...ends), high: Math.max(...ends) };
}

function times(a: Interval, b: Interval): Interval {
  // Nothing times anything is nothing, infinity included: a part that is not there has no slope.
  const ends = [safe(a.low, b.low), safe(a.low, b.high), safe(a.high, b.low), safe(a.high, b.high)];
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function safe(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

function sum(a: Interval, b: Interval): Interval {
  return { low: a.low + b.low, high: a.high + b.high };
}

function hull(a: Interval, b: Interval): Interval {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

function negated({ value, slope }: Dual): Dual {
  return { value: { low: -value.high, high: -value.low }, slope: { low: -slope.high, high: -slope.low } };
}
