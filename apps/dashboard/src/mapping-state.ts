import type { Mapping } from '@alphapulse/schemas';
import { printable } from './printable.ts';
import { Recent } from './recent.ts';
import type { MappingRow } from './snapshot.ts';

/** Suspect instruments counted; beyond it the count stands still. */
const countLimit = 1_000_000;
/** Venues shown of a mapping, those that disagree first. */
const venueLimit = 12;

/** Folds what is said of mappings: the suspect ones as they are now. What is believed again is gone. */
export class MappingState {
  readonly #suspect = new Set<string>();
  readonly #rows = new Recent<MappingRow>(200);

  /** The newest record of an instrument; null for a tombstone. */
  mapping(instrumentId: string, mapping: Mapping | null): void {
    if (mapping?.state !== 'suspect') {
      this.#suspect.delete(instrumentId);
      this.#rows.delete(instrumentId);
      return;
    }
    if (this.#suspect.size < countLimit) this.#suspect.add(instrumentId);
    this.#rows.set(instrumentId, rowOf(mapping));
  }

  isSuspect(instrumentId: string): boolean {
    return this.#suspect.has(instrumentId);
  }

  get suspect(): number {
    return this.#suspect.size;
  }

  /** Those that turned last come first. */
  newest(count: number): MappingRow[] {
    return this.#rows.newest(count);
  }
}

function rowOf(mapping: Mapping): MappingRow {
  const venues = [...mapping.venues].sort((a, b) => Number(b.suspect) - Number(a.suspect));
  return {
    instrumentId: mapping.id,
    instrument: mapping.instrument,
    limitBps: mapping.limitBps,
    reason: printable(mapping.reason, 600),
    sinceMs: mapping.sinceTime / 1000,
    atMs: mapping.receivedTime / 1000,
    venues: venues.slice(0, venueLimit).map(({ venue, symbol, midPrice, deviationBps, suspect }) => ({
      venue,
      symbol,
      midPrice,
      deviationBps,
      suspect,
    })),
    moreVenues: Math.max(0, venues.length - venueLimit),
  };
}
