import { aliasesOf, assetIdentity, assetKind } from '@alphapulse/market';
import type { AssetToken } from '@alphapulse/schemas';
import type { FactsOf, NeedOf } from './checked.ts';

/** What a statement about something else says of an asset. */
interface Learned {
  readonly aliases?: readonly string[];
  readonly tokens?: readonly AssetToken[];
}

/** An asset where a statement about something else names it, with what that says of it. */
export class AssetNeed implements NeedOf<'assets'> {
  readonly kind = 'assets';
  readonly provenance: string;
  readonly memo: string;
  readonly #code: string;
  readonly #aliases: readonly string[];
  readonly #tokens: readonly AssetToken[];

  constructor(code: string, provenance: string, { aliases = [], tokens = [] }: Learned = {}) {
    this.provenance = provenance;
    this.#code = code;
    this.#aliases = aliases;
    this.#tokens = tokens;
    this.memo = `asset ${code} ${aliases.join(' ')} ${tokens.length === 0 ? '' : JSON.stringify(tokens)}`;
  }

  identity(): string {
    return assetIdentity(this.#code);
  }

  first(): FactsOf<'assets'> {
    const code = this.#code;
    return this.learn({ code, kind: assetKind(code), name: null, aliases: [], tokens: [] });
  }

  learn(held: FactsOf<'assets'>): FactsOf<'assets'> {
    return withLearned(held, [...aliasesOf(this.#code), ...this.#aliases], this.#tokens);
  }
}

/** An asset's facts with further aliases and tokens: they are learned, never taken back. */
export function withLearned(
  { code, kind, name, aliases, tokens }: FactsOf<'assets'>,
  furtherAliases: readonly string[],
  furtherTokens: readonly AssetToken[],
): FactsOf<'assets'> {
  return {
    ...{ code, kind, name },
    aliases: mergeAliases(aliases, furtherAliases),
    tokens: mergeTokens(tokens, furtherTokens),
  };
}

function mergeAliases(known: readonly string[], further: readonly string[]): string[] {
  return further.every((alias) => known.includes(alias)) ? [...known] : [...new Set([...known, ...further])].sort();
}

/** By chain and address; what is said of one later corrects what was said before. */
function mergeTokens(known: readonly AssetToken[], further: readonly AssetToken[]): AssetToken[] {
  if (further.length === 0) return [...known];
  const byAddress = new Map<string, AssetToken>();
  for (const token of [...known, ...further]) byAddress.set(`${token.chain}:${token.address}`, token);
  return [...byAddress].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, token]) => token);
}
