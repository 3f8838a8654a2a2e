import type { Listing } from '@alphapulse/schemas';
import { byId, type EntityIndex } from './entity-index.ts';
import { MultiIndex } from './multi-index.ts';
import type { Versions } from './versions.ts';

/** Listings by venue and symbol, and by the instrument that they are or were mapped to. */
export class ListingIndex implements EntityIndex<Listing> {
  readonly #bySymbol = new Map<string, Map<string, Versions<Listing>>>();
  readonly #byInstrument = new MultiIndex<Versions<Listing>>();

  versions(venue: string, symbol: string): Versions<Listing> | undefined {
    return this.#bySymbol.get(venue)?.get(symbol);
  }

  /** Ids of a venue's listings, unordered. */
  ids(venue: string): string[] {
    const ids: string[] = [];
    for (const { any } of this.#bySymbol.get(venue)?.values() ?? []) if (any) ids.push(any.id);
    return ids;
  }

  /** What is listed of an instrument, by id: the newest versions, or those of a time. */
  of(instrumentId: string, asOfUs?: number): Listing[] {
    const listings: Listing[] = [];
    for (const versions of this.#byInstrument.get(instrumentId)) {
      const listing = asOfUs === undefined ? versions.newest : versions.asOf(asOfUs);
      if (listing?.instrumentId === instrumentId) listings.push(listing);
    }
    return listings.sort(byId);
  }

  changed(versions: Versions<Listing>, former: Listing | undefined, value: Listing | null): void {
    if (value) this.#byInstrument.add(value.instrumentId, versions);
    if (former && former.instrumentId !== value?.instrumentId) this.#unmap(versions, former.instrumentId);
    const { venue, symbol } = value ?? former ?? {};
    if (venue === undefined || symbol === undefined) return;
    let symbols = this.#bySymbol.get(venue);
    if (!symbols) {
      symbols = new Map();
      this.#bySymbol.set(venue, symbols);
    }
    if (!versions.empty) symbols.set(symbol, versions);
    else if (symbols.get(symbol) === versions) symbols.delete(symbol);
  }

  clear(): void {
    this.#bySymbol.clear();
    this.#byInstrument.clear();
  }

  #unmap(versions: Versions<Listing>, instrumentId: string): void {
    for (const version of versions.all()) if (version.instrumentId === instrumentId) return;
    this.#byInstrument.delete(instrumentId, versions);
  }
}
