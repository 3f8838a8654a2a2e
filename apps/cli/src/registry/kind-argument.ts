import { allKinds, type EntityKind, entityKinds, type Kind } from '@alphapulse/registry';
import { UsageError } from '../usage-error.ts';

/** An entity kind by its name or its singular (`listing`). @throws UsageError */
export function entityKind(text: string): EntityKind {
  return oneOf(entityKinds, text);
}

/** A kind that can be looked up: an entity kind, or what was found out about entities. @throws UsageError */
export function findableKind(text: string): EntityKind | 'mappings' {
  return oneOf([...entityKinds, 'mappings'] as const, text);
}

/** Kinds separated by commas, in the order that references need. @throws UsageError */
export function kindList(text: string): Kind[] {
  const wanted = text.split(',').map((name) => oneOf(allKinds, name.trim()));
  return allKinds.filter((kind) => wanted.includes(kind));
}

/** `a listing`, `an asset`: one of a kind, in a sentence. */
export function oneOfKind(kind: Kind): string {
  const singular = kind.slice(0, -1);
  return `${/^[aeiou]/.test(singular) ? 'an' : 'a'} ${singular}`;
}

function oneOf<K extends Kind>(kinds: readonly K[], text: string): K {
  const name = text.toLowerCase();
  const found = kinds.find((kind) => kind === name || kind === `${name}s`);
  if (found === undefined) throw new UsageError(`${text} is no kind; there are ${kinds.join(', ')}`);
  return found;
}
