/** The parts of a JSON Schema that the API's document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly additionalProperties?: unknown;
}

export type Resolve = (schema: Schema) => Schema;

/** Texts that have broken others: nobody's fault, so none may be answered by a 5xx. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  '\n\r\t',
  '__proto__',
  'constructor',
  'toString',
  "'; DROP TABLE listings; --",
  '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n',
  '../../etc/passwd',
  '%00%2e%2e%2f',
  '{"$gt":""}',
  '<script>alert(1)</script>',
  '\ud800',
  '\udfff\ud800',
  '\uffff',
  '💱',
  'ﬀ',
  'İ',
  '\u202e',
  'a'.repeat(255),
  'a'.repeat(257),
  '9'.repeat(400),
  '-1',
  '1e309',
  'NaN',
];

/** A value that a schema takes. */
export function valid(schema: Schema, resolve: Resolve): unknown {
  const {
    anyOf,
    enum: values,
    const: only,
    items,
    properties,
    required = [],
    pattern,
    minimum = 0,
    minItems = 0,
    ...rest
  } = resolve(schema);
  if (only !== undefined) return only;
  if (values) return values[0];
  if (anyOf) return valid(anyOf[0] as Schema, resolve);
  switch ([rest.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(required.map((name) => [name, valid(properties?.[name] ?? {}, resolve)]));
    case 'array':
      return Array.from({ length: Math.max(1, minItems) }, () => valid(items ?? {}, resolve));
    case 'integer':
    case 'number':
      return Math.max(1, minimum);
    case 'boolean':
      return true;
    default:
      // The one pattern that there is.
      return pattern === undefined ? 'text' : 'name';
  }
}

export interface Variation {
  readonly what: string;
  readonly value: unknown;
  /** Whether the schema itself says that it cannot be. */
  readonly wrong: boolean;
}

/** Values near and far from what a schema takes: of other types, out of range, with fields missing and too many. */
export function* variations(schema: Schema, good: unknown, resolve: Resolve): Generator<Variation> {
  const resolved = resolve(schema);
  const branches = resolved.anyOf?.map(resolve) ?? [resolved];
  const types = new Set(branches.flatMap(({ type }) => type ?? []));
  if (types.has('number')) types.add('integer');
  for (const [type, value] of others) if (!types.has(type)) yield { what: `is ${type}`, value, wrong: true };
  const { enum: values, const: only, minimum, maximum, minLength, maxLength } = resolved;
  if (values || only !== undefined) yield { what: 'is none of the list', value: 'none of the list', wrong: true };
  else if (types.has('string'))
    for (const text of hostileTexts)
      yield {
        what: `is ${JSON.stringify(text).slice(0, 40)}`,
        value: text,
        wrong: [...text].length < (minLength ?? 0) || [...text].length > (maxLength ?? Number.POSITIVE_INFINITY),
      };
  if (minimum !== undefined) yield { what: 'is too little', value: minimum - 1, wrong: true };
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER)
    yield { what: 'is too much', value: maximum + 1, wrong: true };
  if (types.has('number') || types.has('integer'))
    for (const number of [0, -1, 2 ** 53, 1e308, 0.1]) yield { what: `is ${number}`, value: number, wrong: false };
  if (Array.isArray(good)) yield* ofArray(branches, good, resolve);
  else if (typeof good === 'object' && good !== null) yield* ofObject(branches, good as Fields, resolve);
}

type Fields = Readonly<Record<string, unknown>>;

/** A value of each type, none of which is also of another. */
const others: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['boolean', true],
  ['integer', 7],
  ['string', 'text'],
  ['array', ['text']],
  ['object', { text: 'text' }],
];

function* ofArray(branches: readonly Schema[], good: readonly unknown[], resolve: Resolve): Generator<Variation> {
  const schema = branches.find(({ type }) => type === 'array');
  if (!schema?.items) return;
  const { items, minItems = 0, maxItems } = schema;
  if (minItems > 0) yield { what: 'is empty', value: [], wrong: true };
  if (maxItems !== undefined) yield { what: 'is too long', value: Array(maxItems + 1).fill(good[0]), wrong: true };
  for (const { what, value, wrong } of variations(items, good[0], resolve))
    yield { what: `.0 ${what}`, value: [value, ...good.slice(1)], wrong };
}

function* ofObject(branches: readonly Schema[], good: Fields, resolve: Resolve): Generator<Variation> {
  const schema = branches.find(({ type }) => type === 'object');
  if (!schema?.properties) return;
  for (const name of schema.required ?? []) {
    const { [name]: _left, ...rest } = good;
    yield { what: `has no ${name}`, value: rest, wrong: true };
  }
  if (schema.additionalProperties === false)
    for (const name of ['extra', 'constructor', 'x'.repeat(300), '💱'])
      yield { what: `has ${name.slice(0, 20)} too`, value: { ...good, [name]: 1 }, wrong: true };
  for (const [name, property] of Object.entries(schema.properties)) {
    const inner = good[name] ?? valid(property, resolve);
    for (const { what, value, wrong } of variations(property, inner, resolve))
      yield { what: `.${name} ${what}`, value: { ...good, [name]: value }, wrong };
  }
}
