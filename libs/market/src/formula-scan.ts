import { RejectedRecordError } from '@alphapulse/core';

/** Functions of one argument. */
export const functionsOfOne = ['abs', 'exp', 'log', 'sqrt'] as const;
/** Functions of two arguments or more. */
export const functionsOfMany = ['max', 'min'] as const;
export const formulaFunctions: readonly string[] = [...functionsOfOne, ...functionsOfMany];

/** Words that the parser has a meaning for: no leg is named so. */
const words: readonly string[] = [
  ...['true', 'false', 'null', 'undefined', 'NaN', 'Infinity'],
  ...['and', 'or', 'xor', 'not', 'mod', 'to', 'in', 'end'],
];

/** Names that a leg cannot have. */
export const reservedNames: ReadonlySet<string> = new Set([...formulaFunctions, ...words]);

const longestName = 64;
const deepestParentheses = 64;

const token = /[ \t]+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<sign>[-+*/^(),])/y;

/**
 * Reads a formula's characters from left to right and refuses the first that is none of the language, with its place
 * (the first character is 1). The parser that comes after knows a larger language and tells no places of what it lets
 * through, so it never gets to see anything but numbers, names and these signs.
 * @throws RejectedRecordError `formula_invalid`
 */
export function scanFormula(text: string): void {
  let depth = 0;
  /** An operand has just ended: a sign must follow. */
  let isAfterOperand = false;
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const { number, name, sign } = token.exec(text)?.groups ?? {};
    // A failed match sets the pattern back to the beginning.
    if (token.lastIndex === 0) throw refused(`${shown(text, at)} is not part of the language`, at);
    if (number === undefined && name === undefined && sign === undefined) continue;
    const isOperand = number !== undefined || name !== undefined || sign === '(';
    if (isOperand && isAfterOperand) throw refused('a product is written with *', at);
    isAfterOperand = number !== undefined || name !== undefined || sign === ')';
    if (number !== undefined && !Number.isFinite(Number(number))) throw refused(`${number} is too large`, at);
    if (name !== undefined) isAfterOperand = !checkName(text, name, at);
    if (sign === '(' && ++depth > deepestParentheses)
      throw refused(`parentheses nest ${deepestParentheses} levels at most`, at);
    if (sign === ')' && --depth < 0) throw refused('a parenthesis closes that was not opened', at);
  }
}

/** True for a function, after which its arguments follow. */
function checkName(text: string, name: string, at: number): boolean {
  if (name.length > longestName) throw refused(`a name has ${longestName} characters at most`, at);
  const isCalled = /^[ \t]*\(/.test(text.slice(at + name.length, at + name.length + 8));
  const isFunction = formulaFunctions.includes(name);
  if (isCalled && !isFunction)
    throw refused(`there is no function ${name}; there are ${formulaFunctions.join(', ')}`, at);
  if (isFunction && !isCalled) throw refused(`${name} is a function: write ${name}(…)`, at);
  if (words.includes(name)) throw refused(`${name} is no name for a leg`, at);
  return isFunction;
}

/** The character at a place, as a sentence can hold it. */
function shown(text: string, at: number): string {
  const [character = ''] = text.slice(at, at + 2);
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? character : JSON.stringify(character);
}

function refused(sentence: string, at: number): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence} (character ${at + 1})`, {
    details: { character: at + 1 },
  });
}
