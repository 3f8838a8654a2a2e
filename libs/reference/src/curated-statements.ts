import { type AssetKind, assetKind, curatedTokens } from '@alphapulse/market';

/** A statement about an asset as the registry takes it (kind `assets`). */
export interface AssetStatement {
  readonly kind: 'assets';
  readonly facts: {
    readonly code: string;
    readonly kind: AssetKind;
    readonly tokens: readonly { readonly chain: string; readonly address: string; readonly decimals: number }[];
  };
  readonly provenance: string;
}

/** A statement about a token as the registry takes it (kind `tokens`). */
export interface TokenStatement {
  readonly kind: 'tokens';
  readonly facts: {
    readonly chain: string;
    readonly address: string;
    readonly symbol: string;
    readonly name: string;
    readonly decimals: number;
    readonly asset: string;
  };
  readonly provenance: string;
}

/** Statements of the curated tokens of assets: each asset with its tokens, then each token. */
export function curatedStatements(): readonly (AssetStatement | TokenStatement)[] {
  const tokens = curatedTokens();
  const codes = [...new Set(tokens.map(({ asset }) => asset))];
  const assets = codes.map((code): AssetStatement => {
    const own = tokens.filter(({ asset }) => asset === code);
    return {
      kind: 'assets',
      facts: {
        code,
        kind: assetKind(code),
        tokens: own.map(({ chain, address, decimals }) => ({ chain, address, decimals })),
      },
      provenance: `curated: ${[...new Set(own.map(({ source }) => source))].join(', ')}`,
    };
  });
  return [
    ...assets,
    ...tokens.map(
      ({ source, ...facts }): TokenStatement => ({ kind: 'tokens', facts, provenance: `curated: ${source}` }),
    ),
  ];
}
