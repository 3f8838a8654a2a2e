import { venueIdentity } from '@alphapulse/market';
import type { Venue, VenueKind } from '@alphapulse/schemas';
import { curatedVenues, unknownVenue, type VenueFacts } from '../venues.ts';
import type { FactsOf, NeedOf } from './checked.ts';

const fromTable = 'curated table';
const notInTable = 'not in the curated table';
const ofChain = 'chain of a token or pool';
const ofDex = 'exchange protocol of a pool';
const ofSynthetics = 'where synthetics are quoted';
/** Provenances of venues that nobody has stated anything about. */
const implied: ReadonlySet<string> = new Set([fromTable, notInTable, ofChain, ofDex, ofSynthetics]);

/** Venues that are no place of trade of their own, by why they are known. */
const reasons: Readonly<Partial<Record<VenueKind, string>>> = { chain: ofChain, dex: ofDex, synthetic: ofSynthetics };

/**
 * A venue where a statement about something else names it. Its first facts are those of the curated table, and follow
 * it for as long as nobody has stated others. The kind is what the naming says of it, where it does.
 */
export class VenueNeed implements NeedOf<'venues'> {
  readonly kind = 'venues';
  readonly provenance: string;
  readonly memo: string;
  readonly #name: string;
  readonly #venueKind: VenueKind | undefined;
  readonly #curated: VenueFacts | undefined;

  constructor(name: string, venueKind?: VenueKind) {
    this.#name = name;
    this.#venueKind = venueKind;
    this.#curated = Object.hasOwn(curatedVenues, name) ? curatedVenues[name] : undefined;
    this.provenance = this.#curated ? fromTable : ((venueKind && reasons[venueKind]) ?? notInTable);
    this.memo = `venue ${name} ${venueKind ?? ''}`;
  }

  identity(): string {
    return venueIdentity(this.#name);
  }

  first(): FactsOf<'venues'> {
    const kind = this.#venueKind ?? unknownVenue.kind;
    return { name: this.#name, ...(this.#curated ?? { ...unknownVenue, kind }) };
  }

  change(held: Venue): FactsOf<'venues'> {
    if (!implied.has(held.provenance)) return held;
    if (this.#curated) return this.first();
    // A listing says nothing of a venue's kind; tokens and pools do.
    const kind = this.#venueKind;
    return kind !== undefined && held.kind === unknownVenue.kind ? { ...held, kind } : held;
  }
}
