import { refuse } from './refuse.ts';

/** Names that a formula uses. @throws RejectedRecordError `formula_invalid` */
export function formulaLegs(formula: string): readonly string[] {
  const names = formula.replace(/\b[A-Za-z_]\w*\s*\(/g, '(').match(/\b[A-Za-z_]\w*\b/g);
  return names === null ? refuse('formula_invalid', 'formula', 'names no leg') : [...new Set(names)];
}
