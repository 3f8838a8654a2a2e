import { type Change, type Entities, type EntityKind, parseRecordKey, type RegistryMap } from '@alphapulse/registry';
import { firstOf, nextTurn } from './page.ts';

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

/** Ids taken before other requests get their turn. */
const turn = 20_000;

/**
 * Entities in the order of their names, for searches by prefix. A kind's index is made when it is first asked for and
 * brought up to date when it is asked again; who never searches pays nothing.
 */
export class NameIndex {
  /**
   * `<name, lower case>\0<id>`, sorted: every name that any version of an entity has, and those that one had once, which
   * `shows` tells apart.
   */
  readonly #entries = new Map<EntityKind, readonly string[]>();
  readonly #building = new Map<EntityKind, Promise<readonly string[]>>();
  readonly #changed = new Map<EntityKind, Set<string>>();

  /** To be told of every record, after the view shows it. */
  changed({ kind, key }: Pick<Change, 'kind' | 'key'>): void {
    const id = parseRecordKey(key)?.id;
    if (id !== undefined) this.#changed.get(kind as EntityKind)?.add(id);
  }

  /** Entries with a name that begins so, in order; capitals do not matter. */
  async beginning(kind: EntityKind, prefix: string, view: Names): Promise<readonly string[]> {
    const entries = this.#entries.has(kind) ? this.#upToDate(kind, view) : await this.#built(kind, view);
    const wanted = folded(prefix);
    return entries.slice(
      firstOf(entries, (entry) => entry >= wanted),
      firstOf(entries, (entry) => entry >= wanted && !entry.startsWith(wanted)),
    );
  }

  async #built(kind: EntityKind, view: Names): Promise<readonly string[]> {
    let building = this.#building.get(kind);
    if (!building) {
      building = this.#build(kind, view);
      this.#building.set(kind, building);
    }
    await building;
    return this.#upToDate(kind, view);
  }

  /** A million names take seconds to sort, so they are sorted in parts, between which others are served. */
  async #build(kind: EntityKind, view: Names): Promise<readonly string[]> {
    this.#changed.set(kind, new Set());
    const ids = view.ids(kind);
    let runs: string[][] = [];
    for (let at = 0; at < ids.length; at += turn) {
      runs.push(
        ids
          .slice(at, at + turn)
          .flatMap((id) => entriesOf(kind, id, view))
          .sort(),
      );
      await nextTurn();
    }
    while (runs.length > 1) {
      const longer: string[][] = [];
      for (let at = 0; at < runs.length; at += 2) {
        longer.push(merge(runs[at] as string[], runs[at + 1] ?? []));
        await nextTurn();
      }
      runs = longer;
    }
    const entries = runs[0] ?? [];
    this.#entries.set(kind, entries);
    return entries;
  }

  #upToDate(kind: EntityKind, view: Names): readonly string[] {
    const held = this.#entries.get(kind) ?? [];
    const changed = this.#changed.get(kind);
    if (!changed || changed.size === 0) return held;
    const added = [...changed]
      .flatMap((id) => entriesOf(kind, id, view))
      .filter((entry) => held[firstOf(held, (each) => each >= entry)] !== entry)
      .sort();
    changed.clear();
    if (added.length === 0) return held;
    const entries = merge(held, added);
    this.#entries.set(kind, entries);
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

function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  let next = 0;
  for (const entry of left) {
    while (next < right.length && (right[next] as string) < entry) merged.push(right[next++] as string);
    merged.push(entry);
  }
  while (next < right.length) merged.push(right[next++] as string);
  return merged;
}
