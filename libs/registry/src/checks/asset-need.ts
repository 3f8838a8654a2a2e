import { aliasesOf, assetKind } from '@alphapulse/market';
import type { AssetToken } from '@alphapulse/schemas';
import type { FactsOf, NeedOf } from './checked.ts';

/** An asset where a statement about something else names it, with what that says of it. */
export function assetNeed(
  identity: string,
  code: string,
  provenance: string,
  learned: { readonly aliases?: readonly string[]; readonly tokens?: readonly AssetToken[] } = {},
): NeedOf<'assets'> {
  const { aliases = [], tokens = [] } = learned;
  const tokenMemo = tokens.map(({ chain, address, decimals }) => `${chain}:${address}:${decimals}`);
  return {
    kind: 'assets',
    identity,
    provenance,
    memo: ['asset', code, ...aliases, ...tokenMemo].join(' '),
    first: () => ({
      code,
      kind: assetKind(code),
      name: null,
      aliases: mergeAliases(aliasesOf(code), aliases),
      tokens: mergeTokens([], tokens),
    }),
    learn: (held) => withLearned(held, [...aliasesOf(code), ...aliases], tokens),
  };
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
