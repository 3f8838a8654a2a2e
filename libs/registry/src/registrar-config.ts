import { FatalError } from '@alphapulse/core';
import { type IdOf, idOf } from './ids.ts';

/** Hash functions that ids can be made with, by the name that HASH_ALGORITHM has for them. */
const algorithms: Readonly<Record<string, IdOf>> = { blake3: idOf };

export interface RegistrarConfig {
  readonly idOf: IdOf;
  readonly detectCollisions: boolean;
}

/**
 * Reads HASH_ALGORITHM (default and only one: `blake3`) and COLLISION_DETECTION (default `true`). `false` takes any
 * identity under a known id for the one that has it, which is for imports by a single writer that trusts its input.
 * @throws FatalError `config_invalid`
 */
export function registrarConfig(env: Readonly<Record<string, string | undefined>>): RegistrarConfig {
  const name = env.HASH_ALGORITHM || 'blake3';
  const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
  if (!algorithm) {
    const there = Object.keys(algorithms).join(', ');
    throw new FatalError('config_invalid', `HASH_ALGORITHM: there is ${there}, not ${name}`);
  }
  const detection = env.COLLISION_DETECTION || 'true';
  if (detection !== 'true' && detection !== 'false')
    throw new FatalError('config_invalid', `COLLISION_DETECTION must be true or false, not ${detection}`);
  return { idOf: algorithm, detectCollisions: detection === 'true' };
}
