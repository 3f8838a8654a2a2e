import { RejectedRecordError } from '@alphapulse/core';

interface WeightedLeg {
  readonly name: string;
  readonly weight: number;
}

/**
 * The formula of a kind where none is written: weights times legs for spread, basket and index, the first leg over the
 * second for a ratio. An index that is divided by something says so in a formula of its own.
 * @throws RejectedRecordError `formula_invalid` where the kind needs a formula or other legs.
 */
export function defaultFormula(
  kind: 'spread' | 'ratio' | 'basket' | 'index' | 'formula',
  legs: readonly WeightedLeg[],
): string {
  if (kind === 'formula') throw invalid('a synthetic of kind formula needs its formula');
  if (legs.length === 0) throw invalid(`a ${kind} has legs`);
  if ((kind === 'spread' || kind === 'ratio') && legs.length !== 2)
    throw invalid(`a ${kind} without a formula has two legs, this has ${legs.length}`);
  return kind === 'ratio' ? legs.map(factor).join(' / ') : legs.map(summand).join(' ');
}

function summand({ name, weight }: WeightedLeg, at: number): string {
  const product = Math.abs(weight) === 1 ? name : `${Math.abs(weight)} * ${name}`;
  if (at === 0) return weight < 0 ? `-${product}` : product;
  return `${weight < 0 ? '-' : '+'} ${product}`;
}

function factor({ name, weight }: WeightedLeg): string {
  return weight === 1 ? name : `(${weight} * ${name})`;
}

function invalid(sentence: string): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence}`);
}
