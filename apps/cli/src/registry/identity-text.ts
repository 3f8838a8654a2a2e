import { type Entities, type EntityKind, identityOf } from '@alphapulse/registry';

/** The identity string of an entity; null for one whose parts make none, which only a foreign writer can have registered. */
export function identityText<K extends EntityKind>(kind: K, entity: Entities[K]): string | null {
  try {
    return identityOf[kind](entity);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
