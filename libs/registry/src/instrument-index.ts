import type { Instrument } from '@alphapulse/schemas';
import { byId, type EntityIndex } from './entity-index.ts';
import { MultiIndex } from './multi-index.ts';
import { SortedIds } from './sorted-ids.ts';
import type { Versions } from './versions.ts';

/** Instruments by ISIN and by type. */
export class InstrumentIndex implements EntityIndex<Instrument> {
  readonly #byIsin = new MultiIndex<Versions<Instrument>>();
  readonly #byType = new Map<string, { readonly ids: Set<string>; readonly sorted: SortedIds }>();

  /** The newest version. Should an equity and a fund claim one ISIN, the one with the lower id. */
  byIsin(isin: string): Instrument | undefined {
    return this.#byIsin
      .get(isin)
      .flatMap(({ newest }) => (newest?.isin === isin ? [newest] : []))
      .sort(byId)[0];
  }

  /** Ids in order. */
  ofType(type: string): readonly string[] {
    return this.#byType.get(type)?.sorted.list() ?? [];
  }

  changed(versions: Versions<Instrument>, former: Instrument | undefined, value: Instrument | null): void {
    if (value?.isin) this.#byIsin.add(value.isin, versions);
    if (former?.isin && former.isin !== value?.isin && !holds(versions, ({ isin }) => isin === former.isin))
      this.#byIsin.delete(former.isin, versions);
    if (value) this.#addType(value);
    if (former && former.type !== value?.type && !holds(versions, ({ type }) => type === former.type)) {
      const held = this.#byType.get(former.type);
      held?.ids.delete(former.id);
      held?.sorted.changed(former.id);
    }
  }

  clear(): void {
    this.#byIsin.clear();
    this.#byType.clear();
  }

  #addType({ id, type }: Instrument): void {
    let held = this.#byType.get(type);
    if (!held) {
      const ids = new Set<string>();
      held = { ids, sorted: new SortedIds(ids) };
      this.#byType.set(type, held);
    }
    if (held.ids.has(id)) return;
    held.ids.add(id);
    held.sorted.changed(id);
  }
}

function holds(versions: Versions<Instrument>, says: (version: Instrument) => boolean): boolean {
  for (const version of versions.all()) if (says(version)) return true;
  return false;
}
