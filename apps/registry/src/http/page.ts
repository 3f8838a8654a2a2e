import { requestError } from './problem.ts';

/** A slice of a list, with the cursor of the next one; null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Keys looked at before other requests get their turn: a filter that nothing passes looks at all of them. */
const turn = 20_000;

/**
 * The page of `keys` (sorted) after `cursor`, of those that `pick` has something for. The cursor names the last key of
 * the page before, so pages stay right when entities come and go in between.
 * @throws RejectedRecordError `request_invalid` for a cursor we never gave.
 */
export async function pageOf<T>(
  keys: readonly string[],
  pick: (key: string) => T | undefined,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page<T>> {
  const items: T[] = [];
  let last = '';
  const before = cursor === undefined ? '' : readCursor(cursor);
  const first = firstOf(keys, (key) => key > before);
  for (let at = first; at < keys.length; at++) {
    if ((at - first) % turn === turn - 1) await nextTurn();
    const key = keys[at] as string;
    const item = pick(key);
    if (item === undefined) continue;
    if (items.length === limit) return { items, next: Buffer.from(last).toString('base64url') };
    items.push(item);
    last = key;
  }
  return { items, next: null };
}

/** Resolves when everybody else who waits has had a turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (Buffer.from(key).toString('base64url') !== cursor || !/(^|\0)[0-9a-f]{1,64}$/.test(key))
    throw requestError('request_invalid', 'cursor', 'cursor: not one of ours');
  return key;
}

/** Index of the first key that passes a test which all keys after it pass too; the length when none does. */
export function firstOf(keys: readonly string[], passes: (key: string) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(keys[middle] as string)) high = middle;
    else low = middle + 1;
  }
  return low;
}
