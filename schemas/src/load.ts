import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AvroRecord } from './avro-types.ts';

/** Folder that holds `<area>/<Record>.avsc`. */
export const schemaRoot = fileURLToPath(new URL('..', import.meta.url));

/** Reads one schema file, for example `loadSchema('processed/Trade')`. */
export function loadSchema(path: string): AvroRecord {
  return JSON.parse(readFileSync(`${schemaRoot}${path}.avsc`, 'utf8')) as AvroRecord;
}

/** Paths of all schema files without their extension, sorted. */
export function schemaPaths(): string[] {
  return readdirSync(schemaRoot, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.avsc'))
    .map((path) => path.slice(0, -'.avsc'.length))
    .sort();
}
