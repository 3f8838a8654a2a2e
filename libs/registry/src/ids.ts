import { createBLAKE3 } from 'hash-wasm';

/** Maps an identity string to its id. Replaceable, so that tests can make collisions real. */
export type IdOf = (identity: string) => string;

// hash-wasm compiles its WebAssembly asynchronously; once it is there, hashing is synchronous.
const hasher = await createBLAKE3(128);
const maxCached = 200_000;
const ids = new Map<string, string>();

/** The universal id of an identity string: blake3 with 128 bits of output, as 32 hex digits. */
export const idOf: IdOf = (identity) => {
  let id = ids.get(identity);
  if (id === undefined) {
    id = hasher.init().update(identity).digest('hex');
    if (ids.size >= maxCached) ids.clear();
    ids.set(identity, id);
  }
  return id;
};
