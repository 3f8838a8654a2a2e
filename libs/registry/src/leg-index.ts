import type { Synthetic } from '@alphapulse/schemas';
import { byId, type EntityIndex } from './entity-index.ts';
import { MultiIndex } from './multi-index.ts';
import type { Versions } from './versions.ts';

/** Synthetics by the instruments and synthetics that they are made of. */
export class LegIndex implements EntityIndex<Synthetic> {
  readonly #byLeg = new MultiIndex<Versions<Synthetic>>();

  /**
   * The synthetics that move with an instrument: those with it as a leg, then those with one of them as a leg, and so
   * on, each once, those of one distance by id. By their newest facts, or by those of a time.
   * A synthetic made of itself, which only bad data could contain, ends the walk there.
   */
  using(instrumentId: string, asOfUs?: number): Synthetic[] {
    const found: Synthetic[] = [];
    const seen = new Set([instrumentId]);
    let legs = [instrumentId];
    while (legs.length > 0) {
      const next = legs.flatMap((leg) => this.#direct(leg, asOfUs)).sort(byId);
      legs = [];
      for (const synthetic of next) {
        if (seen.has(synthetic.id)) continue;
        seen.add(synthetic.id);
        found.push(synthetic);
        legs.push(synthetic.id);
      }
    }
    return found;
  }

  changed(versions: Versions<Synthetic>, former: Synthetic | undefined, value: Synthetic | null): void {
    for (const { instrumentId } of value?.legs ?? []) this.#byLeg.add(instrumentId, versions);
    for (const { instrumentId } of former?.legs ?? [])
      if (![...versions.all()].some((version) => hasLeg(version, instrumentId)))
        this.#byLeg.delete(instrumentId, versions);
  }

  clear(): void {
    this.#byLeg.clear();
  }

  #direct(leg: string, asOfUs: number | undefined): Synthetic[] {
    const found: Synthetic[] = [];
    for (const versions of this.#byLeg.get(leg)) {
      const synthetic = asOfUs === undefined ? versions.newest : versions.asOf(asOfUs);
      if (synthetic && hasLeg(synthetic, leg)) found.push(synthetic);
    }
    return found;
  }
}

function hasLeg({ legs }: Synthetic, instrumentId: string): boolean {
  return legs.some((leg) => leg.instrumentId === instrumentId);
}
