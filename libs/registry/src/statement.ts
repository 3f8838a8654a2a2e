import type { ErrorCode } from '@alphapulse/core';
import type { AssetKind, ListingStatus, SyntheticKind, VenueKind, VenueStatus } from '@alphapulse/schemas';
import type { EntityKind } from './kinds.ts';

/**
 * What can be said of an entity of each kind. What is left out is not a statement: the fact stays as it is known.
 * Null takes a fact back. Ids, and what follows from an identity string, are worked out and never said.
 */
export interface Facts {
  assets: {
    readonly code: string;
    readonly kind?: AssetKind;
    readonly name?: string | null;
    /** `<venue>:<code>`, added to those known. */
    readonly aliases?: readonly string[];
    /** Added to those known, by chain and address. */
    readonly tokens?: readonly { readonly chain: string; readonly address: string; readonly decimals: number }[];
  };
  venues: {
    readonly name: string;
    readonly kind?: VenueKind;
    /** ISO 10383 */
    readonly mic?: string | null;
    /** ISO 3166-1 alpha-2 */
    readonly country?: string | null;
    /** IANA */
    readonly timeZone?: string | null;
    readonly status?: VenueStatus;
  };
  instruments: {
    /** Identity string; normalised before it is used. */
    readonly identity: string;
    readonly cusip?: string | null;
    readonly figi?: string | null;
    readonly ticker?: string | null;
    readonly name?: string | null;
    readonly sector?: string | null;
  };
  listings: {
    readonly venue: string;
    readonly symbol: string;
    /** Identity string of the instrument; it is registered too when it is new. */
    readonly instrument: string;
    readonly tickSize?: number | null;
    readonly lotSize?: number | null;
    readonly minNotional?: number | null;
    readonly makerFeeBps?: number | null;
    readonly takerFeeBps?: number | null;
    readonly status?: ListingStatus;
    /** `rule` unless an override joined symbol and instrument. */
    readonly mapping?: string;
  };
  synthetics: {
    readonly name: string;
    readonly kind?: SyntheticKind;
    /** Over the names of the legs; may be left out where the kind says it: spread, ratio, basket, index. */
    readonly formula?: string;
    readonly legs: readonly {
      readonly name: string;
      /** Identity string or id of an instrument or of another synthetic. */
      readonly instrument: string;
      /** Default 1; a spread's second leg −1. */
      readonly weight?: number;
      readonly venue?: string | null;
    }[];
  };
  tokens: {
    readonly chain: string;
    readonly address: string;
    readonly symbol: string;
    readonly name?: string;
    readonly decimals: number;
    readonly asset?: string | null;
  };
  pools: {
    readonly blockchain: string;
    readonly poolAddress: string;
    readonly dex: string;
    /** Addresses on the same chain; tokens that are not registered are an error. */
    readonly token0: string;
    readonly token1: string;
    /** Hundredths of a basis point. */
    readonly feeTier?: number | null;
    /** Microseconds. */
    readonly createdAt: number;
  };
}

/** Facts of one entity and when they hold. */
export type Statement = {
  readonly [K in EntityKind]: {
    readonly kind: K;
    readonly facts: Facts[K];
    /**
     * Microseconds. Left out, first facts hold since ever (0) and changed ones from a little after now, so that every
     * view has them in time. A time in the past puts the facts where they belong in the history.
     */
    readonly validFrom?: number;
    /**
     * Microseconds, exclusive. Left out, the facts hold until the version they fall into ends or the next one that is
     * known begins, or for good.
     */
    readonly validTo?: number;
    readonly provenance: string;
    /** Feed that lists it; only listings remember it. Left out, that of the caller. */
    readonly source?: string;
  };
}[EntityKind];

/** What became of a statement. */
export interface Outcome {
  readonly kind: EntityKind;
  /** The entity's id and identity string; null where the statement makes none. */
  readonly id: string | null;
  readonly identity: string | null;
  readonly outcome: 'registered' | 'unchanged' | 'rejected';
  /** Why it was rejected: a stable code, the path of the field (`legs.0.instrument`), a sentence. */
  readonly problem?: { readonly code: ErrorCode; readonly path: string; readonly message: string };
}
