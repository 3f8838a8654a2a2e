import { RejectedRecordError } from '@alphapulse/core';

/** A slice of a list, with the cursor of the next one; null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * The page of `ids` (sorted) after `cursor`, of those that `pick` has something for. The cursor names the last id of
 * the page before, so pages stay right when entities come and go in between.
 * @throws RejectedRecordError `request_invalid` for a cursor we never gave.
 */
export function pageOf<T>(
  ids: readonly string[],
  pick: (id: string) => T | undefined,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Page<T> {
  const items: T[] = [];
  let last = '';
  for (let at = cursor === undefined ? 0 : firstAfter(ids, readCursor(cursor)); at < ids.length; at++) {
    const id = ids[at] as string;
    const item = pick(id);
    if (item === undefined) continue;
    if (items.length === limit) return { items, next: Buffer.from(last).toString('base64url') };
    items.push(item);
    last = id;
  }
  return { items, next: null };
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (!/^[0-9a-f]{1,64}$/.test(id)) throw new RejectedRecordError('request_invalid', 'cursor: not one of ours');
  return id;
}

/** Index of the first id after `id`. */
function firstAfter(ids: readonly string[], id: string): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as string) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
