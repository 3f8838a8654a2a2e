import type { Token } from '@alphapulse/schemas';
import type { EntityIndex } from './entity-index.ts';
import { addressIdentity } from './kinds.ts';
import type { Versions } from './versions.ts';

/** Tokens by chain and address, in whatever capitals the address is written. */
export class TokenIndex implements EntityIndex<Token> {
  readonly #byChain = new Map<string, Map<string, Versions<Token>>>();

  versions(chain: string, address: string): Versions<Token> | undefined {
    return this.#byChain.get(chain)?.get(addressIdentity(address));
  }

  changed(versions: Versions<Token>, former: Token | undefined, value: Token | null): void {
    const { chain, address } = value ?? former ?? {};
    if (chain === undefined || address === undefined) return;
    let tokens = this.#byChain.get(chain);
    if (!tokens) {
      tokens = new Map();
      this.#byChain.set(chain, tokens);
    }
    const key = addressIdentity(address);
    if (!versions.empty) tokens.set(key, versions);
    else if (tokens.get(key) === versions) tokens.delete(key);
  }

  clear(): void {
    this.#byChain.clear();
  }
}
