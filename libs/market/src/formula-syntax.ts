import { RejectedRecordError } from '@alphapulse/core';
import type { Term } from './formula-term.ts';

/** Functions of the formula language, of one argument; min and max take two or more. */
const ofOne = ['abs', 'exp', 'log', 'sqrt'] as const;
const ofMany = ['min', 'max'] as const;
export const formulaFunctions: readonly string[] = [...ofOne, ...ofMany];

const operators: Readonly<Record<string, 'add' | 'subtract' | 'multiply' | 'divide'>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
};

const maxNodes = 1_000;
const maxDepth = 64;
const legName = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

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
 * @throws RejectedRecordError `formula_invalid`
 */
export function termOf(root: SyntaxNode, names: string[]): Term {
  const indexes = new Map<string, number>();
  let nodes = 0;

  const visit = (node: SyntaxNode, depth: number): Term => {
    if (++nodes > maxNodes) throw invalid(`a formula has ${maxNodes} parts at most`);
    if (depth > maxDepth) throw invalid(`a formula nests ${maxDepth} levels at most`);
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
        throw invalid(`${described[node.type] ?? node.type} is not part of the formula language`);
    }
  };

  const operator = (node: SyntaxNode, depth: number): Term => {
    const { op = '', args = [], implicit } = node;
    const [left, right] = args;
    if (implicit) throw invalid('a product is written with *');
    if (args.length === 1 && left && op === '-') return { op: 'negate', of: visit(left, depth + 1) };
    if (args.length === 1 && left && op === '+') return visit(left, depth + 1);
    if (args.length !== 2 || !left || !right) throw invalid(`the operator ${op} is not part of the formula language`);
    if (op === '^') return { op: 'power', base: visit(left, depth + 1), exponent: exponentOf(right, depth) };
    const known = Object.hasOwn(operators, op) ? operators[op] : undefined;
    if (!known) throw invalid(`the operator ${op} is not part of the formula language`);
    return { op: known, left: visit(left, depth + 1), right: visit(right, depth + 1) };
  };

  const call = (node: SyntaxNode, depth: number): Term => {
    const name = (node.fn as SyntaxNode | undefined)?.name ?? '';
    const terms = (node.args ?? []).map((argument) => visit(argument, depth + 1));
    const one = ofOne.find((known) => known === name);
    const many = ofMany.find((known) => known === name);
    if (one && terms.length === 1) return { op: one, of: terms[0] as Term };
    if (many && terms.length >= 2) return { op: many, terms };
    if (one || many) throw invalid(`${name} takes ${one ? 'one argument' : 'two arguments or more'}`);
    throw invalid(`there is no function ${name.slice(0, 64)}; there are ${formulaFunctions.join(', ')}`);
  };

  const exponentOf = (node: SyntaxNode, depth: number): number => {
    const term = visit(node, depth + 1);
    if (term.op === 'number') return term.value;
    if (term.op === 'negate' && term.of.op === 'number') return -term.of.value;
    throw invalid('the exponent of ^ is a number');
  };

  const indexOf = (name: string): number => {
    if (!legName.test(name)) throw invalid(`${name.slice(0, 64)} is no name of a leg`);
    if (formulaFunctions.includes(name)) throw invalid(`${name} is a function: write ${name}(…)`);
    let index = indexes.get(name);
    if (index === undefined) {
      index = names.push(name) - 1;
      indexes.set(name, index);
    }
    return index;
  };

  return visit(root, 0);
}

/** What people call the parts that are refused. */
const described: Readonly<Record<string, string>> = {
  AssignmentNode: 'an assignment',
  AccessorNode: 'a property',
  ArrayNode: 'a list',
  BlockNode: 'a sequence of expressions',
  ConditionalNode: 'a condition',
  FunctionAssignmentNode: 'the definition of a function',
  IndexNode: 'an index',
  ObjectNode: 'an object',
  RangeNode: 'a range',
  RelationalNode: 'a comparison',
};

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw invalid(value === undefined ? 'it is empty' : 'a constant is a finite number');
}

function invalid(sentence: string): RejectedRecordError {
  return new RejectedRecordError('formula_invalid', `formula: ${sentence}`);
}
