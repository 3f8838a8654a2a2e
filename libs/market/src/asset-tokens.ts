import { normaliseAddress } from './address.ts';
import { dataFile } from './data-file.ts';
import { readTable, tableError } from './read-table.ts';

/** A token on a chain that is an asset of ours, by curation. */
export interface AssetToken {
  /** Our code of the asset. */
  readonly asset: string;
  readonly chain: string;
  /** EIP-55 or base58. */
  readonly address: string;
  readonly decimals: number;
  /** As the contract says it, for example `USDC.e`. */
  readonly symbol: string;
  readonly name: string;
  readonly source: string;
}

const columns = ['asset', 'chain', 'address', 'decimals', 'symbol', 'name', 'source'] as const;

let shipped: readonly AssetToken[] | undefined;

/** The tokens that come with the code, `data/asset-tokens.csv`, by asset and chain. Read once, on first use. */
export function curatedTokens(): readonly AssetToken[] {
  shipped ??= readTable(dataFile('asset-tokens.csv'), 'asset-tokens.csv', columns).map(({ line, cells }) => {
    if (normaliseAddress(cells.chain, cells.address) !== cells.address)
      throw tableError('asset-tokens.csv', line, 'address', `not an address of ${cells.chain}: ${cells.address}`);
    return { ...cells, decimals: Number(cells.decimals) };
  });
  return shipped;
}

/** The curated token at an address, written in any case; undefined where nobody has said what it is. */
export function curatedToken(chain: string, address: string): AssetToken | undefined {
  const normal = normaliseAddress(chain, address);
  return curatedTokens().find((token) => token.chain === chain && token.address === normal);
}
