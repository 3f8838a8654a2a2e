import type { Topic } from '@alphapulse/core';
import { assetIdentity, listingIdentity, printIdentity, venueIdentity } from '@alphapulse/market';
import type { Asset, Collision, Instrument, Listing, Synthetic, Venue } from '@alphapulse/schemas';
import {
  registryAssets,
  registryCollisions,
  registryInstruments,
  registryListings,
  registrySynthetics,
  registryVenues,
} from '@alphapulse/topics';

/** Entities by the last part of their topic's name. */
export interface Entities {
  assets: Asset;
  instruments: Instrument;
  venues: Venue;
  listings: Listing;
  synthetics: Synthetic;
}

export type EntityKind = keyof Entities;

/** What a registry topic can hold. */
export interface Registered extends Entities {
  collisions: Collision;
}

export type Kind = keyof Registered;

export const entityKinds: readonly EntityKind[] = ['assets', 'instruments', 'venues', 'listings', 'synthetics'];
export const allKinds: readonly Kind[] = [...entityKinds, 'collisions'];

export const topicOf: { readonly [K in Kind]: Topic<string, Registered[K]> } = {
  assets: registryAssets,
  instruments: registryInstruments,
  venues: registryVenues,
  listings: registryListings,
  synthetics: registrySynthetics,
  collisions: registryCollisions,
};

/** The identity string that an entity's id is the hash of. */
export const identityOf: { readonly [K in EntityKind]: (entity: Entities[K]) => string } = {
  assets: ({ code }) => assetIdentity(code),
  instruments: ({ identity }) => identity,
  venues: ({ name }) => venueIdentity(name),
  listings: ({ venue, symbol }) => listingIdentity(venue, symbol),
  synthetics: ({ name }) => printIdentity({ type: 'synthetic', name }),
};
