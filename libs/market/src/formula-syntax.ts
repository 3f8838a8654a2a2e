import { RejectedRecordError } from '@alphapulse/core';
import { formulaFunctions, functionsOfMany, functionsOfOne } from './formula-scan.ts';
import { bind, isConstant, type Term } from './formula-term.ts';

const operators: Readonly<Record<string, 'add' | 'subtract' | 'multiply' | 'divide'>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
};

const maxNodes = 5_000;
const maxDepth = 64;

/** The parser's node, of which only these parts are looked at. */
export interface SyntaxNode {
  readonly type: string;
  readonly args?: readonly SyntaxNode[];
  readonly content?: SyntaxNode;
  readonly name?: string;
  readonly value?: unknown;
  readonly op?: string;
  readonly implicit?: boolean;
  readonly fn?: unknown;
}

/**
 * Lets arithmetic over legs through and nothing else; `names` receives the legs in the order of their first use.
 * Numbers, names, operators and calls are looked for by what they are: whatever else the parser may make is refused.
 * @throws RejectedRecordError `formula_invalid`
 */
export function termOf(root: SyntaxNode, names: string[]): Term {
  const indexes = new Map<string, number>();
  let nodes = 0;

  const visit = (node: SyntaxNode, depth: number): Term => {
    if (++nodes > maxNodes) throw invalid(`it has more than ${maxNodes} parts`);
    if (depth > maxDepth) throw invalid(`it nests more than ${maxDepth} levels`);
    switch (node.type) {
      case 'ConstantNode':
        return { op: 'number', value: numberOf(node.value) };
      case 'SymbolNode':
        return { op: 'leg', index: indexOf(node.name ?? '') };
      case 'ParenthesisNode':
        return visit(node.content as SyntaxNode, depth + 1);
      case 'OperatorNode':
        return operator(node, depth);
      case 'FunctionNode':
        return call(node, depth);
      default:
        throw invalid(`${node.type} is not part of the language`);
    }
  };

  const operator = (node: SyntaxNode, depth: number): Term => {
    const { op = '', args = [], implicit } = node;
    const [left, right] = args;
    if (implicit) throw invalid('a product is written with *');
    if (args.length === 1 && left && op === '-') return { op: 'negate', of: visit(left, depth + 1) };
    if (args.length === 1 && left && op === '+') return visit(left, depth + 1);
    if (args.length !== 2 || !left || !right) throw invalid(`the operator ${op} is not part of the language`);
    if (op === '^') return { op: 'power', base: visit(left, depth + 1), exponent: exponentOf(right, depth) };
    const known = Object.hasOwn(operators, op) ? operators[op] : undefined;
    if (!known) throw invalid(`the operator ${op} is not part of the language`);
    // A sum of many legs is a long row, not a deep nest, though its tree leans to the left.
    return { op: known, left: visit(left, depth), right: visit(right, depth + 1) };
  };

  const call = (node: SyntaxNode, depth: number): Term => {
    const name = (node.fn as SyntaxNode | undefined)?.name ?? '';
    const terms = (node.args ?? []).map((argument) => visit(argument, depth + 1));
    const one = functionsOfOne.find((known) => known === name);
    const many = functionsOfMany.find((known) => known === name);
    if (one && terms.length === 1) return { op: one, of: terms[0] as Term };
    if (many && terms.length >= 2) return { op: many, terms };
    if (one || many) throw invalid(`${name} takes ${one ? 'one argument' : 'two arguments or more'}`);
    throw invalid(`there is no function ${name}; there are ${formulaFunctions.join(', ')}`);
  };

  const exponentOf = (node: SyntaxNode, depth: number): number => {
    const term = visit(node, depth + 1);
    if (!isConstant(term)) throw invalid('the exponent of ^ has no legs in it');
    return numberOf(bind(term)([]));
  };

  const indexOf = (name: string): number => {
    let index = indexes.get(name);
    if (index === undefined) {
      index = names.push(name) - 1;
      indexes.set(name, index);
    }
    return index;
  };

  return visit(root, 0);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(value === undefined ? 'it is empty' : 'a constant is a finite number');
}

function invalid(sentence: string): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence}`);
}
