import type { AvroEnum, AvroRecord, AvroSchema } from '@alphapulse/schemas';

/** A JSON Schema of the 2020-12 dialect, which OpenAPI 3.1 uses. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Largest integer that a JSON reader with doubles gets right. */
const safeInteger = Number.MAX_SAFE_INTEGER;

const primitives: Readonly<Record<string, JsonSchema>> = {
  null: { type: 'null' },
  boolean: { type: 'boolean' },
  int: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  long: { type: 'integer', minimum: -safeInteger, maximum: safeInteger },
  float: { type: 'number' },
  double: { type: 'number' },
  string: { type: 'string' },
};

/**
 * The JSON that values of an Avro schema are written as: docs become descriptions, a union with null a nullable type,
 * a record an object with all of its fields and no other, microseconds an integer.
 * @throws RangeError for what the registry's schemas do not use (maps, bytes, unions of several types).
 */
export function jsonSchemaOf(schema: AvroSchema): JsonSchema {
  if (typeof schema === 'string') return primitive(schema);
  if (Array.isArray(schema)) return nullable(schema);
  switch (schema.type) {
    case 'record':
      return object(schema as AvroRecord);
    case 'enum':
      return { type: 'string', enum: (schema as AvroEnum).symbols };
    case 'array':
      return { type: 'array', items: jsonSchemaOf((schema as { items: AvroSchema }).items) };
    default: {
      const unit = (schema as { logicalType?: string }).logicalType;
      const description = unit === 'timestamp-micros' ? { description: 'Microseconds since the Unix epoch.' } : {};
      return { ...primitive(schema.type), ...description };
    }
  }
}

function object({ doc, fields }: AvroRecord): JsonSchema {
  return {
    type: 'object',
    ...(doc === undefined ? {} : { description: doc }),
    properties: Object.fromEntries(fields.map(({ name, type, doc }) => [name, described(jsonSchemaOf(type), doc)])),
    required: fields.map(({ name }) => name),
    additionalProperties: false,
  };
}

/** A field's own doc, before what its type says (the unit of a time). */
function described(schema: JsonSchema, doc: string): JsonSchema {
  const unit = schema.description;
  return { ...schema, description: unit === undefined ? doc : `${doc} ${unit}` };
}

function nullable(branches: readonly AvroSchema[]): JsonSchema {
  const others = branches.filter((branch) => branch !== 'null');
  const [only] = others;
  if (only === undefined || others.length !== 1 || others.length === branches.length)
    throw new RangeError(`a union of other than null and one type: ${JSON.stringify(branches)}`);
  const schema = jsonSchemaOf(only);
  if (typeof schema.type !== 'string' || schema.type === 'object') return { anyOf: [schema, { type: 'null' }] };
  const symbols = schema.enum as readonly string[] | undefined;
  return { ...schema, type: [schema.type, 'null'], ...(symbols ? { enum: [...symbols, null] } : {}) };
}

function primitive(name: string): JsonSchema {
  const schema = Object.hasOwn(primitives, name) ? primitives[name] : undefined;
  if (!schema) throw new RangeError(`no JSON form is defined for the Avro type ${name}`);
  return schema;
}
