import type { Entities, EntityKind } from '@alphapulse/registry';
import type { Facts } from '@alphapulse/registry/statement.ts';
import { identityText } from './identity-text.ts';
import type { RegistryReader } from './ports.ts';

/**
 * A version of an entity as a line of an export. Kind, facts, validity and provenance make a statement that another
 * registry takes; the rest tells people and programs what it is here, and is worked out anew on import.
 */
export interface ExportLine<K extends EntityKind = EntityKind> {
  readonly kind: K;
  /** There, and true, when this is not believed any more. */
  readonly superseded?: true;
  readonly id: string;
  readonly identity: string | null;
  readonly facts: Facts[K];
  /** Microseconds. */
  readonly validFrom: number;
  /** Microseconds, exclusive; null while the facts hold. */
  readonly validTo: number | null;
  /** Microseconds; when this registry learned it. */
  readonly recordedTime?: number;
  readonly provenance: string;
  /** Feed that lists it; listings only. */
  readonly source?: string;
}

export function exportLine<K extends EntityKind>(
  kind: K,
  entity: Entities[K],
  reader: RegistryReader,
  { superseded = false, recordedTime = true }: { superseded?: boolean; recordedTime?: boolean } = {},
): ExportLine<K> {
  return {
    kind,
    ...(superseded ? { superseded: true as const } : {}),
    id: entity.id,
    identity: identityText(kind, entity),
    facts: factsOf[kind](entity, reader),
    validFrom: entity.validFrom,
    validTo: entity.validTo,
    ...(recordedTime ? { recordedTime: entity.recordedTime } : {}),
    provenance: entity.provenance,
    ...('source' in entity ? { source: entity.source } : {}),
  };
}

/** What would have to be stated for an entity to be as it is. Nulls are stated too: a version may take a fact back. */
const factsOf: { readonly [K in EntityKind]: (entity: Entities[K], reader: RegistryReader) => Facts[K] } = {
  assets: ({ code, kind, name, aliases, tokens }) => ({ code, kind, name, aliases, tokens }),
  venues: ({ name, kind, mic, country, timeZone, status }) => ({ name, kind, mic, country, timeZone, status }),
  instruments: ({ identity, cusip, figi, ticker, name, sector }) => ({ identity, cusip, figi, ticker, name, sector }),
  listings: (listing) => {
    const { venue, symbol, instrument, tickSize, lotSize, minNotional, makerFeeBps, takerFeeBps } = listing;
    const { status, mapping } = listing;
    return {
      ...{ venue, symbol, instrument, tickSize, lotSize, minNotional, makerFeeBps, takerFeeBps },
      ...{ status, mapping },
    };
  },
  synthetics: ({ name, kind, formula, legs }, reader) => ({
    name,
    kind,
    formula,
    legs: legs.map((leg) => ({
      name: leg.name,
      // An identity means the same in every registry, whatever it hashes ids with.
      instrument: identityOfLeg(leg.instrumentId, reader),
      weight: leg.weight,
      venue: leg.venue,
    })),
  }),
  tokens: ({ chain, address, symbol, name, decimals, asset }) => ({ chain, address, symbol, name, decimals, asset }),
  pools: ({ blockchain, poolAddress, dex, token0Id, token1Id, feeTier, createdAt }, reader) => ({
    blockchain,
    poolAddress,
    dex,
    token0: anyVersion('tokens', token0Id, reader)?.address ?? token0Id,
    token1: anyVersion('tokens', token1Id, reader)?.address ?? token1Id,
    feeTier,
    createdAt,
  }),
};

/** Kinds that exporting a kind looks into. */
export const kindsReferred: Readonly<Record<EntityKind, readonly EntityKind[]>> = {
  assets: [],
  venues: [],
  instruments: [],
  listings: [],
  synthetics: ['instruments', 'synthetics'],
  tokens: [],
  pools: ['tokens'],
};

function identityOfLeg(id: string, reader: RegistryReader): string {
  const synthetic = anyVersion('synthetics', id, reader);
  if (synthetic) return identityText('synthetics', synthetic) ?? id;
  return anyVersion('instruments', id, reader)?.identity ?? id;
}

function anyVersion<K extends EntityKind>(kind: K, id: string, reader: RegistryReader): Entities[K] | undefined {
  return reader.newest(kind, id) ?? reader.history(kind, id).at(-1) ?? reader.superseded(kind, id)[0];
}
