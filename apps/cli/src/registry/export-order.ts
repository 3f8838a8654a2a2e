import type { EntityKind } from '@alphapulse/registry';
import type { RegistryReader } from './ports.ts';

/** Ids of a kind in the order of their hashes; synthetics after the synthetics they are made of. */
export function exportOrder(kind: EntityKind, reader: RegistryReader): readonly string[] {
  const ids = reader.ids(kind);
  if (kind !== 'synthetics') return ids;
  return legsFirst(ids, (id) =>
    [...reader.history('synthetics', id), ...reader.superseded('synthetics', id)].flatMap(({ legs }) =>
      legs.map(({ instrumentId }) => instrumentId),
    ),
  );
}

/** Orders ids so that each comes after those it refers to. References to other things, and round ones, do not matter. */
export function legsFirst<T>(all: readonly T[], refersTo: (each: T) => readonly T[]): T[] {
  const known = new Set(all);
  const placed = new Set<T>();
  const order: T[] = [];
  const open: { readonly each: T; readonly rest: T[] }[] = [];
  for (const first of all) {
    if (placed.has(first)) continue;
    placed.add(first);
    open.push({ each: first, rest: [...refersTo(first)] });
    // A stack of its own, since chains of references may be deeper than the call stack.
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = top.rest.shift();
      if (next === undefined) {
        order.push(top.each);
        open.pop();
      } else if (known.has(next) && !placed.has(next)) {
        placed.add(next);
        open.push({ each: next, rest: [...refersTo(next)] });
      }
    }
  }
  return order;
}
