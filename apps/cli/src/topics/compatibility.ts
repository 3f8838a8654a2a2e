import type { AnyTopic } from '@alphapulse/core';
import avro from 'avsc';

/**
 * Tells whether a topic’s schema can read what earlier ones wrote, by avsc’s own resolver: registries pass some enum
 * changes that readers then fail on.
 */
export function unreadableVersions(
  topic: AnyTopic,
  versions: readonly { readonly version: number; readonly schema: string }[],
): string[] {
  const reader = avro.Type.forSchema(topic.value.schema as avro.Schema, { wrapUnions: 'auto' });
  const problems: string[] = [];
  for (const { version, schema } of versions) {
    try {
      reader.createResolver(avro.Type.forSchema(JSON.parse(schema) as avro.Schema, { wrapUnions: 'auto' }));
    } catch (error) {
      problems.push(`${topic.name}: version ${version} cannot be read: ${(error as Error).message}`);
    }
  }
  return problems;
}
