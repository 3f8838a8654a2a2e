import type { JsonSchema } from './json-schema.ts';

/** Parameters that many routes have. */
export const parameters = {
  id: {
    type: 'string',
    minLength: 1,
    maxLength: 128,
    description: 'Id: 32 hex digits, blake3 of the identity string with 128 bits.',
  },
  asOf: {
    type: 'string',
    minLength: 1,
    maxLength: 64,
    description:
      'The facts that hold at this time, default now: microseconds since the Unix epoch, or ISO 8601 with a zone (a bare date is its start in UTC).',
    examples: ['2026-03-27T12:00:00Z'],
  },
  knownAt: {
    type: 'string',
    minLength: 1,
    maxLength: 64,
    description: 'The facts as they were known at this time, without what was recorded later; default all. As `asOf`.',
  },
  limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100, description: 'Most items of a page.' },
  cursor: { type: 'string', minLength: 1, maxLength: 2_048, description: '`next` of the page before.' },
} as const satisfies Readonly<Record<string, JsonSchema>>;

/** Parameters by name, and no other: a misspelt filter must not look like a list without it. */
export function parametersOf(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, properties, required };
}
