import type { VenueKind } from '@alphapulse/schemas';
import { curatedVenues, unknownVenue } from '../venues.ts';
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
 * it for as long as nobody has stated others. `kind` is what the naming says of it, where it does.
 */
export function venueNeed(identity: string, name: string, kind?: VenueKind): NeedOf<'venues'> {
  const curated = Object.hasOwn(curatedVenues, name) ? curatedVenues[name] : undefined;
  const provenance = curated ? fromTable : ((kind && reasons[kind]) ?? notInTable);
  const first: FactsOf<'venues'> = { name, ...unknownVenue, ...(kind ? { kind } : {}), ...curated };
  return {
    kind: 'venues',
    identity,
    provenance,
    memo: `venue ${name} ${kind ?? ''}`,
    first: () => first,
    change: (held) => {
      if (!implied.has(held.provenance)) return held;
      if (curated) return first;
      // A listing says nothing of a venue's kind; tokens and pools do.
      return kind !== undefined && held.kind === unknownVenue.kind ? { ...held, kind } : held;
    },
  };
}
