import { type EntityKind, entityKinds } from '@alphapulse/registry';
import { referenceOrder } from './fact-fields.ts';
import type { ImportRecord } from './import-records.ts';

export interface ImportPlan {
  readonly lines: number;
  /** Kinds to take in each reading of the file; `rest` is what has no kind, and is taken in the first. */
  readonly passes: readonly (readonly EntityKind[])[];
}

/**
 * Reads a file once to find in how many readings it is imported, so that what is referred to comes first: one where its
 * kinds are in order, as in an export, else one a kind. No line is kept, so the file may be larger than memory.
 */
export async function planPasses(
  records: AsyncIterable<ImportRecord>,
  kind: EntityKind | undefined,
): Promise<ImportPlan> {
  const seen = new Set<EntityKind>();
  let ordered = true;
  let last = -1;
  let lines = 0;
  for await (const record of records) {
    lines++;
    const named = kindOfRecord(record) ?? kind;
    if (named === undefined) continue;
    seen.add(named);
    const rank = referenceOrder.indexOf(named);
    if (rank < last) ordered = false;
    last = rank;
  }
  const kinds = referenceOrder.filter((each) => seen.has(each));
  return { lines, passes: ordered || kinds.length === 0 ? [kinds] : kinds.map((each) => [each]) };
}

export function kindOfRecord(record: ImportRecord): EntityKind | undefined {
  if (!('value' in record)) return undefined;
  const named = (record.value as { kind?: unknown } | null)?.kind;
  return entityKinds.find((each) => each === named);
}
