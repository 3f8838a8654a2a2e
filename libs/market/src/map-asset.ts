import { canonicalAsset } from './asset-aliases.ts';
import { type AssetOverrides, curatedOverrides } from './asset-overrides.ts';

/** Which asset a venue's code means, and by what. */
export interface AssetMapping {
  /** Our code. */
  readonly asset: string;
  readonly how: 'rule' | 'override';
  /** Why the override is there. */
  readonly reason?: string;
}

/**
 * Our asset for a venue's code: what an override says, else what the rules say (`canonicalAsset`).
 * @param overrides default: those that come with the code
 * @param of symbol of the listing whose base asset it is, and the time in microseconds; default the last that holds
 */
export function mapAsset(
  venue: string,
  code: string,
  overrides: AssetOverrides = curatedOverrides(),
  of: { readonly symbol?: string; readonly atUs?: number } = {},
): AssetMapping {
  const override = overrides.find({ venue, code, ...of });
  if (override) return { asset: override.asset, how: 'override', reason: override.reason };
  return { asset: canonicalAsset(venue, code), how: 'rule' };
}
