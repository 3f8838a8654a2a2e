import type { AnyTopic } from '@alphapulse/core';
import type { AvroRecord, AvroSchema } from '@alphapulse/schemas';

/** What a topic’s declaration or schema lacks for downstream teams; empty when it is in order. */
export function lintTopic(topic: AnyTopic): string[] {
  const problems: string[] = [];
  if (topic.doc.trim() === '') problems.push('has no doc');
  if (topic.key.trim() === '') problems.push('does not say what its key is');
  if (topic.cleanupPolicy === 'delete' && topic.retentionMs === undefined) problems.push('has no retention');
  if (topic.cleanupPolicy === 'compact' && topic.retentionMs !== undefined)
    problems.push('is compacted and has a retention');
  if (topic.value.schema !== null) problems.push(...lintSchema(topic.value.schema as AvroSchema, ''));
  return problems.map((problem) => `${topic.name}: ${problem}`);
}

function lintSchema(schema: AvroSchema, path: string): string[] {
  if (typeof schema === 'string') return [];
  if (Array.isArray(schema)) return schema.flatMap((branch) => lintSchema(branch, path));
  if (schema.type === 'array') return lintSchema((schema as { items: AvroSchema }).items, path);
  if (schema.type === 'map') return lintSchema((schema as { values: AvroSchema }).values, path);
  if (schema.type === 'enum') return (schema as { doc?: string }).doc ? [] : [`${path}: enum has no doc`];
  if (schema.type !== 'record') return [];
  const record = schema as AvroRecord;
  const problems = record.doc ? [] : [`record ${record.name} has no doc`];
  for (const field of record.fields) {
    const at = path ? `${path}.${field.name}` : field.name;
    if (!field.doc) problems.push(`field ${at} has no doc`);
    problems.push(...lintSchema(field.type, at));
  }
  return problems;
}
