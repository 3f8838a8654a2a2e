import { type Change, type Entities, type EntityKind, parseRecordKey, type RegistryMap } from '@alphapulse/registry';
import { firstOf } from './page.ts';

type Names = Pick<RegistryMap, 'ids' | 'history' | 'superseded'>;

/** What people look for an entity by. */
const namesOf: { readonly [K in EntityKind]: (entity: Entities[K]) => readonly (string | null)[] } = {
  assets: ({ code, name }) => [code, name],
  instruments: ({ identity, ticker, name, isin, figi }) => [identity, ticker, name, isin, figi],
  venues: ({ name, mic }) => [name, mic],
  listings: ({ symbol }) => [symbol],
  synthetics: ({ name }) => [name],
  tokens: ({ symbol, name, address }) => [symbol, name, address],
  pools: ({ dex, poolAddress }) => [dex, poolAddress],
};

/** Names of each kind, for the documentation. */
export const nameFields: Readonly<Record<EntityKind, string>> = {
  assets: 'code, name',
  instruments: 'identity, ticker, name, ISIN, FIGI',
  venues: 'name, MIC',
  listings: 'symbol',
  synthetics: 'name',
  tokens: 'symbol, name, address',
  pools: 'dex, address',
};

/**
 * Entities in the order of their names, for searches by prefix. A kind's index is made when it is first asked for and
 * brought up to date when it is asked again; who never searches pays nothing.
 */
export class NameIndex {
  /** `<name, lower case>\0<id>`, sorted: every name that any version of an entity had. */
  readonly #entries = new Map<EntityKind, readonly string[]>();
  readonly #changed = new Map<EntityKind, Set<string>>();

  /** To be told of every record, after the view shows it. */
  changed({ kind, key }: Pick<Change, 'kind' | 'key'>): void {
    const id = parseRecordKey(key)?.id;
    if (id !== undefined) this.#changed.get(kind as EntityKind)?.add(id);
  }

  /** Entries with a name that begins so, in order; capitals do not matter. */
  beginning(kind: EntityKind, prefix: string, view: Names): readonly string[] {
    const entries = this.#upToDate(kind, view);
    const wanted = folded(prefix);
    return entries.slice(
      firstOf(entries, (entry) => entry >= wanted),
      firstOf(entries, (entry) => entry >= wanted && !entry.startsWith(wanted)),
    );
  }

  #upToDate(kind: EntityKind, view: Names): readonly string[] {
    const held = this.#entries.get(kind);
    const changed = this.#changed.get(kind);
    if (held && changed?.size === 0) return held;
    const ids = held && changed ? [...changed] : view.ids(kind);
    const added = ids.flatMap((id) => entriesOf(kind, id, view)).sort();
    const entries = held && changed ? merge(held, added, changed) : added;
    this.#entries.set(kind, entries);
    this.#changed.set(kind, new Set());
    return entries;
  }
}

/** True when an entry is the one to show an entity by: its first name, as it is at the time, that begins so. */
export function shows<K extends EntityKind>(kind: K, entity: Entities[K], entry: string, prefix: string): boolean {
  const wanted = folded(prefix);
  const [first] = foldedNames(kind, entity)
    .filter((name) => name.startsWith(wanted))
    .sort();
  return first === entry.slice(0, entry.lastIndexOf('\0'));
}

/** The id in an entry. */
export function idOfEntry(entry: string): string {
  return entry.slice(entry.lastIndexOf('\0') + 1);
}

function entriesOf<K extends EntityKind>(kind: K, id: string, view: Names): string[] {
  const versions = [...view.history(kind, id), ...view.superseded(kind, id)];
  return [...new Set(versions.flatMap((version) => foldedNames(kind, version)))].map((name) => `${name}\0${id}`);
}

function foldedNames<K extends EntityKind>(kind: K, entity: Entities[K]): string[] {
  return namesOf[kind](entity)
    .map((name) => folded(name ?? ''))
    .filter((name) => name !== '');
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('\0', '');
}

function merge(held: readonly string[], added: readonly string[], without: ReadonlySet<string>): string[] {
  const merged: string[] = [];
  let next = 0;
  for (const entry of held) {
    if (without.has(idOfEntry(entry))) continue;
    while (next < added.length && (added[next] as string) < entry) merged.push(added[next++] as string);
    merged.push(entry);
  }
  while (next < added.length) merged.push(added[next++] as string);
  return merged;
}
