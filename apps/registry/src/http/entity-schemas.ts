import { allKinds, type EntityKind, type Kind, topicOf } from '@alphapulse/registry';
import type { AvroRecord } from '@alphapulse/schemas';
import { type JsonSchema, jsonSchemaOf } from './json-schema.ts';

function recordOf(kind: Kind): AvroRecord {
  return topicOf[kind].value.schema as AvroRecord;
}

/** Name of a kind's entity: `Listing` for `listings`. */
export function entityName(kind: Kind): string {
  return recordOf(kind).name;
}

/** The JSON of each kind, made from the Avro schema of its topic, so that the two cannot differ. */
export const entitySchemas: readonly JsonSchema[] = [
  ...allKinds.flatMap((kind) => {
    const name = entityName(kind);
    return [{ $id: name, ...jsonSchemaOf(recordOf(kind)) }, pageSchema(name)];
  }),
  {
    $id: 'FoundListings',
    type: 'object',
    description: 'What questions find, in their order; null where nothing is known.',
    properties: { items: { type: 'array', items: { anyOf: [{ $ref: 'Listing#' }, { type: 'null' }] } } },
    required: ['items'],
    additionalProperties: false,
  },
];

/** What the schema of a kind says of one field. */
export function fieldSchema(kind: Kind, field: string): JsonSchema {
  const found = recordOf(kind).fields.find(({ name }) => name === field);
  if (!found) throw new RangeError(`${kind} have no field ${field}`);
  return { ...jsonSchemaOf(found.type), description: found.doc };
}

/** Text to look for in a field: what it can hold, without null. */
export function filterSchema(kind: EntityKind, field: string): JsonSchema {
  const { enum: symbols, description } = fieldSchema(kind, field) as { enum?: (string | null)[]; description: string };
  return symbols
    ? { type: 'string', enum: symbols.filter((symbol) => symbol !== null), description }
    : { type: 'string', minLength: 1, maxLength: 256, description };
}

function pageSchema(name: string): JsonSchema {
  return {
    $id: `${name}Page`,
    type: 'object',
    description: `A page of a list: ${name}.`,
    properties: {
      items: { type: 'array', items: { $ref: `${name}#` } },
      next: { type: ['string', 'null'], description: 'Cursor of the next page; null at the end.' },
    },
    required: ['items', 'next'],
    additionalProperties: false,
  };
}
