import { type AvroSchema, loadSchema } from '@alphapulse/schemas';
import { describe, expect, test } from '@jest/globals';
import { entitySchemas } from './entity-schemas.ts';
import { jsonSchemaOf } from './json-schema.ts';

describe('JSON schemas from Avro schemas', () => {
  test('of the types that are used', () => {
    expect(jsonSchemaOf('double')).toEqual({ type: 'number' });
    expect(jsonSchemaOf(['null', 'string'])).toEqual({ type: ['string', 'null'] });
    expect(jsonSchemaOf({ type: 'long', logicalType: 'timestamp-micros' })).toMatchObject({
      type: 'integer',
      description: 'Microseconds since the Unix epoch.',
    });
    const kind = { type: 'enum', name: 'Kind', symbols: ['a', 'b'] } as const;
    expect(jsonSchemaOf(kind as unknown as AvroSchema)).toEqual({ type: 'string', enum: ['a', 'b'] });
    expect(jsonSchemaOf(['null', kind as unknown as AvroSchema])).toEqual({
      type: ['string', 'null'],
      enum: ['a', 'b', null],
    });
    expect(
      jsonSchemaOf({
        type: 'array',
        items: { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', doc: 'A.' }] },
      }),
    ).toMatchObject({
      type: 'array',
      items: {
        properties: { a: { type: 'integer', description: 'A.' } },
        required: ['a'],
        additionalProperties: false,
      },
    });
  });

  test('refuse what they would have to guess', () => {
    expect(() => jsonSchemaOf(['string', 'int'])).toThrow(RangeError);
    expect(() => jsonSchemaOf(['null', 'string', 'int'])).toThrow(RangeError);
    expect(() => jsonSchemaOf('bytes')).toThrow('bytes');
    expect(() => jsonSchemaOf({ type: 'map', values: 'string' })).toThrow('map');
  });

  test('have every field of every entity, with its doc', () => {
    for (const name of [
      'Asset',
      'Instrument',
      'Venue',
      'Listing',
      'Synthetic',
      'Token',
      'Pool',
      'Collision',
      'Mapping',
    ]) {
      const { fields } = loadSchema(`registry/${name}`);
      const schema = entitySchemas.find(({ $id }) => $id === name) as {
        properties: Record<string, { description: string }>;
      };
      expect(Object.keys(schema.properties)).toEqual(fields.map((field) => field.name));
      for (const { name: field, doc } of fields) expect(schema.properties[field]?.description).toContain(doc);
    }
  });
});
