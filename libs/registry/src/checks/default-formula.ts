import type { SyntheticKind, SyntheticLeg } from '@alphapulse/schemas';

type WeightedLeg = Pick<SyntheticLeg, 'name' | 'weight'>;

/** Weight of a leg that states none: a spread is its first leg less its second. */
export function defaultWeight(kind: SyntheticKind, at: number): number {
  return kind === 'spread' && at === 1 ? -1 : 1;
}

/**
 * The formula that a kind stands for: a spread `a - b`, a ratio `a / b`, baskets and indices the sum of weights times
 * legs (the divisor of an index belongs to a formula of its own). Undefined where the kind says none of these legs.
 */
export function defaultFormula(kind: SyntheticKind, legs: readonly WeightedLeg[]): string | undefined {
  switch (kind) {
    case 'spread':
      return legs.length === 2 ? sum(legs) : undefined;
    case 'ratio':
      return legs.length === 2 ? legs.map(factor).join(' / ') : undefined;
    case 'basket':
    case 'index':
      return legs.length > 0 ? sum(legs) : undefined;
    case 'formula':
      return undefined;
  }
}

function sum(legs: readonly WeightedLeg[]): string {
  return legs
    .map(({ name, weight }, at) => {
      const term = Math.abs(weight) === 1 ? name : `${Math.abs(weight)} * ${name}`;
      if (at === 0) return weight < 0 ? `-${term}` : term;
      return weight < 0 ? `- ${term}` : `+ ${term}`;
    })
    .join(' ');
}

function factor({ name, weight }: WeightedLeg): string {
  return weight === 1 ? name : `(${weight} * ${name})`;
}
