import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultFormula, parseFormula } from './formula.ts';

const value = (text: string, ...values: number[]) => parseFormula(text).evaluate(values);
const refuse = (text: string, message: string) =>
  expect(() => parseFormula(text)).toThrow(expect.objectContaining({ code: 'formula_invalid', message }));

describe('formula', () => {
  test('takes arithmetic, names legs in the order of their use', () => {
    expect(parseFormula('b - a * b').legs).toEqual(['b', 'a']);
    expect(value('a + b * 2 - c / 4', 1, 2, 8)).toBe(3);
    expect(value('-(a - b) ^ 2', 5, 2)).toBe(-9);
    expect(value('a ^ -1', 4)).toBe(0.25);
    expect(value('a ^ (1 / 2)', 9)).toBe(3);
    expect(value('max(a, b, 3) - min(a, b)', 1, 2)).toBe(2);
    expect(value('sqrt(abs(a)) + log(exp(b))', -9, 1)).toBeCloseTo(4, 12);
    expect(value('1.5e1 * +leg_1', 2)).toBe(30);
    expect(value('max(a, b, c, d)', 1, 4, 2, 3)).toBe(4);
  });

  test.each([
    ['', 'it is empty'],
    ['1 + 2', 'it names no leg'],
    ['a -', 'Unexpected end of expression (character 4)'],
    ['(a', 'Parenthesis ) expected (character 3)'],
    ['a * * b', 'Value expected (character 5)'],
    ['max(a,)', 'Value expected (character 7)'],
    ['a)', 'a parenthesis closes that was not opened (character 2)'],
    ['a + €', '€ is not part of the language (character 5)'],
    ['a\nb', '"\\n" is not part of the language (character 2)'],
    ['2 a', 'a product is written with * (character 3)'],
    ['(a)(b)', 'a product is written with * (character 4)'],
    ['a 2', 'a product is written with * (character 3)'],
    ['0x10 * a', 'a product is written with * (character 2)'],
    ['a % b', '% is not part of the language (character 3)'],
    ['a!', '! is not part of the language (character 2)'],
    ['a > b', '> is not part of the language (character 3)'],
    ['a and b', 'a product is written with * (character 3)'],
    ['not a', 'not is no name for a leg (character 1)'],
    ['a * true', 'true is no name for a leg (character 5)'],
    ['a + NaN', 'NaN is no name for a leg (character 5)'],
    ['a ^ b', 'the exponent of ^ has no legs in it'],
    ['a ^ (1 / 0)', 'a constant is a finite number'],
    ['a + cos(b)', 'there is no function cos; there are abs, exp, log, sqrt, max, min (character 5)'],
    ['max(a)', 'max takes two arguments or more'],
    ['sqrt(a, b)', 'sqrt takes one argument'],
    ['1 + max', 'max is a function: write max(…) (character 5)'],
    ['a = 1', '= is not part of the language (character 3)'],
    ['a.b', '. is not part of the language (character 2)'],
    ['a[1]', '[ is not part of the language (character 2)'],
    ['{a: 1}', '{ is not part of the language (character 1)'],
    ['a ? b : c', '? is not part of the language (character 3)'],
    ['a:b', ': is not part of the language (character 2)'],
    ['f(x) = x', 'there is no function f; there are abs, exp, log, sqrt, max, min (character 1)'],
    ['a; b', '; is not part of the language (character 2)'],
    ['"a"', '" is not part of the language (character 1)'],
    ['a # b', '# is not part of the language (character 3)'],
    ['a * 1e309', '1e309 is too large (character 5)'],
    ['import({a: 1})', 'there is no function import; there are abs, exp, log, sqrt, max, min (character 1)'],
    ['createUnit("x")', 'there is no function createUnit; there are abs, exp, log, sqrt, max, min (character 1)'],
    ['a.constructor("return 1")()', '. is not part of the language (character 2)'],
    ['__proto__ (a)', 'there is no function __proto__; there are abs, exp, log, sqrt, max, min (character 1)'],
    [`${'x'.repeat(65)} + a`, 'a name has 64 characters at most (character 1)'],
  ])('refuses %p and says why and where', (text, why) => refuse(text, `formula: ${why}`));

  test('refuses what is too long or nests too deep', () => {
    refuse('a'.repeat(10_001), 'formula: it has 10001 characters, 10000 are the most');
    refuse(`${'('.repeat(80)}a`, 'formula: parentheses nest 64 levels at most (character 65)');
    refuse(`${'-'.repeat(80)}a`, 'formula: it nests more than 64 levels');
    refuse(`${'-'.repeat(9_000)}a`, 'formula: it nests too deep');
    const sum = (legs: number) => Array.from({ length: legs }, () => 'a').join('+');
    refuse(sum(2_501), 'formula: it has more than 5000 parts');
    expect(value(sum(2_500), 2)).toBe(5_000);
  });

  test('takes an index of five hundred legs', () => {
    const names = Array.from({ length: 500 }, (_, at) => `LEG${at}`);
    const formula = parseFormula(names.map((name, at) => `0.${(at % 9) + 1} * ${name}`).join(' + '));
    expect(formula.legs).toEqual(names);
    expect(formula.linear?.weights[10]).toBe(0.2);
    expect(formula.evaluate(names.map(() => 10))).toBeCloseTo(
      formula.range(
        names.map(() => 10),
        names.map(() => 10),
      ).low,
      6,
    );
  });

  test('is total: any text is a formula or refused with the one code', () => {
    const pieces = fc.constantFrom(
      ...['a', 'b', '1', '.5', '1e3', '+', '-', '*', '/', '^', '(', ')', ',', ' ', 'max(', 'sqrt', 'e', '__proto__'],
      ...['constructor', '.', '[', ']', '"', "'", '=', ';', '\n', '?', ':', '%', 'and', 'i', '∞', '0x1', '{', '}'],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            const { legs, evaluate } = parseFormula(text);
            expect(typeof evaluate(legs.map((_, at) => at + 1.5))).toBe('number');
          } catch (error) {
            expect(error).toMatchObject({ code: 'formula_invalid' });
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('names that objects have by birth are plain names', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'pi', 'e', 'Infinity_'])
      expect(value(`${name} * 2`, 21)).toBe(42);
  });

  test('knows a weighted sum by its form', () => {
    const { linear } = parseFormula('(2 * a - b) / 4 + 3 * (c - 1)');
    expect(linear?.constant).toBe(-3);
    expect([...(linear?.weights ?? [])]).toEqual([0.5, -0.25, 3]);
    for (const text of ['a * b', 'a / b', 'a ^ 2', 'abs(a)', 'max(a, b)', 'a / (b - b)'])
      expect(parseFormula(text).linear).toBeNull();
  });

  test('is what a kind says where nothing is written', () => {
    const a = { name: 'a', weight: 1 };
    expect(defaultFormula('spread', [a, { name: 'b', weight: -1 }])).toBe('a - b');
    expect(defaultFormula('spread', [{ name: 'a', weight: -2 }, a])).toBe('-2 * a + a');
    expect(defaultFormula('ratio', [a, { name: 'b', weight: 1 }])).toBe('a / b');
    expect(defaultFormula('basket', [a, { name: 'b', weight: 0.5 }, { name: 'c', weight: -3 }])).toBe(
      'a + 0.5 * b - 3 * c',
    );
    expect(
      defaultFormula('ratio', [
        { name: 'a', weight: 2 },
        { name: 'b', weight: 1 },
      ]),
    ).toBe('(2 * a) / b');
    expect(() => defaultFormula('formula', [a])).toThrow(/needs its formula/);
    expect(() => defaultFormula('basket', [])).toThrow(/has legs/);
    expect(() => defaultFormula('ratio', [a])).toThrow(/two legs/);
  });
});

describe('range of a formula', () => {
  test('is exact where the formula rises or falls throughout', () => {
    expect(parseFormula('a - b').range([10, 4], [11, 5])).toEqual({ low: 5, high: 7 });
    expect(parseFormula('a / b').range([10, 4], [12, 5])).toEqual({ low: 2, high: 3 });
    // The leg stands twice: taken apart, the range would be wider.
    expect(parseFormula('a * b - a').range([2, 4], [3, 5])).toEqual({ low: 6, high: 12 });
    expect(parseFormula('max(a, b)').range([1, 5], [2, 6])).toEqual({ low: 5, high: 6 });
  });

  test('is bounded where it is not', () => {
    const { low, high } = parseFormula('(a - 2) ^ 2').range([1], [4]);
    expect(low).toBe(0);
    expect(high).toBe(4);
    expect(parseFormula('abs(a)').range([-3], [2])).toEqual({ low: 0, high: 3 });
    expect(parseFormula('1 / a').range([-1], [1])).toEqual({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  test('holds every value in the box, and its ends are in order', () => {
    const term: fc.Arbitrary<string> = fc.letrec<{ term: string }>((tie) => ({
      term: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 1, max: 9 }).map(String),
        fc
          .tuple(tie('term'), fc.constantFrom('+', '-', '*', '/'), tie('term'))
          .map(([x, op, y]) => `(${x} ${op} ${y})`),
        fc.tuple(fc.constantFrom('abs', 'sqrt', 'exp'), tie('term')).map(([fn, x]) => `${fn}(${x})`),
        fc.tuple(fc.constantFrom('min', 'max'), tie('term'), tie('term')).map(([fn, x, y]) => `${fn}(${x}, ${y})`),
        fc.tuple(tie('term'), fc.constantFrom('2', '3', '-1', '0.5')).map(([x, n]) => `(${x} ^ ${n})`),
      ),
    })).term;
    const leg = fc.tuple(fc.double({ min: 0.5, max: 50, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }));
    fc.assert(
      fc.property(
        term,
        fc.array(leg, { minLength: 3, maxLength: 3 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (text, legs, within) => {
          const formula = parseFormula(`${text} + 0 * (a + b + c)`);
          const order = formula.legs.map((name) => 'abc'.indexOf(name));
          const low = order.map((at) => (legs[at] as [number, number])[0]);
          const high = order.map((at) => (legs[at] as [number, number])[0] + (legs[at] as [number, number])[1]);
          const point = order.map(
            (at, n) => (low[n] as number) + (within[at] as number) * ((high[n] as number) - (low[n] as number)),
          );
          const range = formula.range(low, high);
          const inside = formula.evaluate(point);
          // Where something is not defined there is nothing to hold.
          fc.pre(Number.isFinite(inside) && Number.isFinite(range.low) && Number.isFinite(range.high));
          const slack = 1e-9 * Math.max(1, Math.abs(inside), Math.abs(range.low), Math.abs(range.high));
          expect(range.low).toBeLessThanOrEqual(inside + slack);
          expect(range.high).toBeGreaterThanOrEqual(inside - slack);
        },
      ),
      { numRuns: 500 },
    );
  });
});
