import type { Topic } from '@alphapulse/core';
import { assetIdentity, listingIdentity, printIdentity, venueIdentity } from '@alphapulse/market';
import type {
  Asset,
  Collision,
  Instrument,
  Listing,
  Mapping,
  Pool,
  Synthetic,
  Token,
  Venue,
} from '@alphapulse/schemas';
import {
  registryAssets,
  registryCollisions,
  registryInstruments,
  registryListings,
  registryMappings,
  registryPools,
  registrySynthetics,
  registryTokens,
  registryVenues,
} from '@alphapulse/topics';

/** Entities by the last part of their topic's name. */
export interface Entities {
  assets: Asset;
  instruments: Instrument;
  venues: Venue;
  listings: Listing;
  synthetics: Synthetic;
  tokens: Token;
  pools: Pool;
}

export type EntityKind = keyof Entities;

/** What a registry topic can hold: entities, and what was found out about them. */
export interface Registered extends Entities {
  collisions: Collision;
  mappings: Mapping;
}

export type Kind = keyof Registered;

export const entityKinds: readonly EntityKind[] = [
  'assets',
  'instruments',
  'venues',
  'listings',
  'synthetics',
  'tokens',
  'pools',
];
export const allKinds: readonly Kind[] = [...entityKinds, 'collisions', 'mappings'];

export const topicOf: { readonly [K in Kind]: Topic<string, Registered[K]> } = {
  assets: registryAssets,
  instruments: registryInstruments,
  venues: registryVenues,
  listings: registryListings,
  synthetics: registrySynthetics,
  tokens: registryTokens,
  pools: registryPools,
  collisions: registryCollisions,
  mappings: registryMappings,
};

/** The identity string that an entity's id is the hash of. */
export const identityOf: { readonly [K in EntityKind]: (entity: Entities[K]) => string } = {
  assets: ({ code }) => assetIdentity(code),
  instruments: ({ identity }) => identity,
  venues: ({ name }) => venueIdentity(name),
  listings: ({ venue, symbol }) => listingIdentity(venue, symbol),
  synthetics: ({ name }) => printIdentity({ type: 'synthetic', name }),
  tokens: ({ chain, address }) => printIdentity({ type: 'token', chain, address: addressIdentity(address) }),
  pools: ({ blockchain, poolAddress }) =>
    printIdentity({ type: 'pool', chain: blockchain, address: addressIdentity(poolAddress) }),
};

/** An address as identities write it: EIP-55 capitals are presentation. */
export function addressIdentity(address: string): string {
  return /^0x/i.test(address) ? address.toLowerCase() : address;
}
