import type { ListingState } from './simulated-venue.ts';

/**
 * For a time a venue lists another coin under the same ticker: its prices are those of the pair times a factor.
 * What a consumer sees is a mapping that was right and is wrong.
 */
export interface WrongMapping {
  readonly venue: string;
  /** Identity string of the instrument that others mean by the ticker, for example `spot:ETH/USDT`. */
  readonly instrument: string;
  readonly factor: number;
  /** From the first time on, up to the second, µs. */
  readonly fromUs: number;
  readonly toUs: number;
}

interface Change {
  readonly atUs: number;
  readonly state: ListingState;
  readonly factor: number;
}

/** Begins and ends wrong mappings when they are due. */
export class WrongMappings {
  readonly #mappings: readonly WrongMapping[];
  readonly #changes: Change[];

  /** @throws RangeError for a mapping of something that is not listed, or of no duration, or a factor that is no price. */
  constructor(mappings: readonly WrongMapping[], states: readonly ListingState[]) {
    this.#mappings = mappings;
    this.#changes = mappings.flatMap(({ venue, instrument, factor, fromUs, toUs }) => {
      const state = states.find((each) => each.listing.venue === venue && each.instrument === instrument);
      if (!state) throw new RangeError(`${venue} does not list ${instrument}`);
      if (!(factor > 0 && Number.isFinite(factor))) throw new RangeError(`no prices are ${factor} times others`);
      if (!(toUs > fromUs)) throw new RangeError(`a wrong mapping must end after it begins, not at ${toUs}`);
      return [
        { atUs: fromUs, state, factor },
        { atUs: toUs, state, factor: 1 },
      ];
    });
    this.#changes.sort((a, b) => a.atUs - b.atUs);
  }

  /** When the next one begins or ends, µs. */
  get nextUs(): number {
    return this.#changes[0]?.atUs ?? Number.POSITIVE_INFINITY;
  }

  /** Does the one thing that is due, and returns the listing that has to be quoted anew. */
  act(): ListingState | undefined {
    const change = this.#changes.shift();
    if (change) change.state.factor = change.factor;
    return change?.state;
  }

  /** True when an instrument is priced wrongly at some time of a span. */
  touches(instrument: string, fromUs: number, toUs: number): boolean {
    return this.#mappings.some(
      (mapping) => mapping.instrument === instrument && mapping.fromUs <= toUs && fromUs < mapping.toUs,
    );
  }
}
