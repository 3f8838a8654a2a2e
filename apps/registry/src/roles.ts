import { allKinds, type EntityKind, type Kind } from '@alphapulse/registry';

/** What a process materialises and serves: all of it, or a part, so that each part can run and scale apart. */
export type Role = 'all' | 'instrument' | 'venue' | 'synthetic';

const kindsByRole: Readonly<Record<Role, readonly Kind[]>> = {
  all: allKinds,
  instrument: ['instruments', 'listings', 'assets', 'tokens', 'pools', 'mappings', 'collisions'],
  venue: ['venues', 'collisions'],
  synthetic: ['synthetics', 'collisions'],
};

export const roles = Object.keys(kindsByRole) as readonly Role[];

/** Kinds a role serves over HTTP. Every role sees the collisions of its identities' common id space. */
export function servedBy(role: Role): readonly Kind[] {
  return kindsByRole[role];
}

/** Kinds a role writes to Redis: each kind has one writer, so collisions belong to instruments. */
export function materialisedBy(role: Role): readonly Kind[] {
  return role === 'all' || role === 'instrument'
    ? kindsByRole[role]
    : kindsByRole[role].filter((kind) => kind !== 'collisions');
}

export function isEntityKind(kind: Kind): kind is EntityKind {
  return kind !== 'collisions' && kind !== 'mappings';
}
