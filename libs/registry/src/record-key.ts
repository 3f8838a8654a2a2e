/**
 * Keys on registry topics: `<id>` holds the newest version of an entity, `<id>@<validFrom µs>` a closed one.
 * Each survives compaction under its own key, and a consumer that only wants the present skips keys with an `@`.
 */
export function versionKey(id: string, validFromUs: number): string {
  return `${id}@${validFromUs}`;
}

/** Splits a key; `validFromUs` is absent for the newest version. Undefined for anything that is no such key. */
export function parseRecordKey(key: string): { readonly id: string; readonly validFromUs?: number } | undefined {
  const match = /^([0-9a-f]{1,64})(?:@(\d{1,16}))?$/.exec(key);
  if (!match?.[1]) return undefined;
  return match[2] === undefined ? { id: match[1] } : { id: match[1], validFromUs: Number(match[2]) };
}
