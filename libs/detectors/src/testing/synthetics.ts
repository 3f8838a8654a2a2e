import type { LegQuote, Quote, Synthetic, SyntheticLeg } from '@alphapulse/schemas';
import type { SyntheticLookup } from '../shared/synthetic-lookup.ts';

/** A definition over legs of the same names as their instruments: `leg('a')`, `leg('a', { venue: 'x' })`. */
export function synthetic(
  name: string,
  formula: string,
  legs: readonly (string | SyntheticLeg)[],
  more: Partial<Synthetic> = {},
): Synthetic {
  return {
    id: name,
    name,
    kind: 'formula',
    formula,
    legs: legs.map((each) => (typeof each === 'string' ? leg(each) : each)),
    validFrom: 0,
    validTo: null,
    recordedTime: 0,
    provenance: 'test',
    ...more,
  };
}

export function leg(name: string, more: Partial<SyntheticLeg> = {}): SyntheticLeg {
  return { name, instrumentId: name, weight: 1, venue: null, ...more };
}

/** Looks definitions up as the registry would: of those that cover a time, the one that started last. */
export function lookupOf(definitions: readonly Synthetic[]): SyntheticLookup {
  const definition = (id: string, asOfUs: number) =>
    definitions
      .filter(
        (each) => each.id === id && each.validFrom <= asOfUs && (each.validTo ?? Number.POSITIVE_INFINITY) > asOfUs,
      )
      .sort((a, b) => b.validFrom - a.validFrom)[0];
  return {
    definition,
    using: (instrumentId, asOfUs) =>
      [...new Set(definitions.map(({ id }) => id))]
        .sort()
        .flatMap((id) => definition(id, asOfUs) ?? [])
        .filter(({ legs }) => legs.some((each) => each.instrumentId === instrumentId)),
    isSynthetic: (id) => definitions.some((each) => each.id === id),
  };
}

/** A quote as synthetic-legs sends it on. */
export function legQuote(syntheticId: string, quote: Quote, definitionRecordedTime = 0): LegQuote {
  const { eventId, source, venue, instrumentId, eventTime, eventTimeSource, receivedTime, origin } = quote;
  const { bidPrice, bidSize, askPrice, askSize, crossed } = quote;
  return {
    ...{ syntheticId, definitionRecordedTime, eventId, source, venue, instrumentId },
    ...{ eventTime, eventTimeSource, receivedTime, origin, bidPrice, bidSize, askPrice, askSize, crossed },
  };
}
