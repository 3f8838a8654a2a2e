import type { AvroRecord, AvroSchema } from './avro-types.ts';

/** The schema of an event before some stages have filled their fields; its name gets `prefix`. */
export function before(schema: AvroRecord, stages: readonly ('validate' | 'enrich')[], prefix: string): AvroRecord {
  const fields = schema.fields.filter((field) => field.stage === undefined || !stages.includes(field.stage));
  return { ...schema, name: prefix + schema.name, fields };
}

/**
 * A union of records in which a type named by several of them is defined once.
 * Avro allows a name to be defined only at its first use.
 */
export function unionOf(records: readonly AvroRecord[]): AvroSchema[] {
  const defined = new Set<string>();
  const visit = (schema: AvroSchema, namespace: string): AvroSchema => {
    if (typeof schema === 'string') return schema;
    if (Array.isArray(schema)) return schema.map((branch) => visit(branch, namespace));
    if (schema.type === 'array')
      return { ...schema, items: visit((schema as { items: AvroSchema }).items, namespace) } as AvroSchema;
    if (schema.type !== 'record' && schema.type !== 'enum') return schema;
    const named = schema as AvroRecord;
    const space = named.namespace ?? namespace;
    const fullName = `${space}.${named.name}`;
    if (defined.has(fullName)) return fullName;
    defined.add(fullName);
    if (schema.type === 'enum') return { ...schema, namespace: space } as AvroSchema;
    return {
      ...named,
      namespace: space,
      fields: named.fields.map((field) => ({ ...field, type: visit(field.type, space) })),
    };
  };
  return records.map((record) => visit(record, record.namespace ?? ''));
}
