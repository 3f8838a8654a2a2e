/** A code that stands for a number of units of an asset. */
export interface ScaledAsset {
  /** Code of the asset, by the venue's ticker without the number. */
  readonly unit: string;
  /** Units in one. */
  readonly factor: number;
}

/**
 * Reads codes such as 1000SHIB, 10000SATS, 1MBABYDOGE (Binance) and SHIB1000 (Bybit), by which venues quote a great
 * number of a small unit. Null for every other code; 1INCH is a name, since the number must be 1000 or more or `1M`.
 *
 * The rule for identity is that such a code is an asset of its own: 1000SHIB is never mapped to SHIB, because the same
 * price in both would mean a thousandfold difference, and some (1000SATS) exist only so. This function is for showing
 * and comparing prices: a price of 1000SHIB is `factor` prices of SHIB.
 * https://github.com/ccxt/ccxt/issues/23150, https://binance.com/square/post/13611143152594
 */
export function scaledAsset(code: string): ScaledAsset | null {
  const before = /^(1000|10000|100000|1000000|1M)([A-Z][A-Z0-9]+)$/.exec(code);
  const after = /^([A-Z][A-Z0-9]*[A-Z])(1000|10000|100000|1000000)$/.exec(code);
  const [number, unit] = before ? [before[1], before[2]] : [after?.[2], after?.[1]];
  if (number === undefined || unit === undefined) return null;
  return { unit, factor: number === '1M' ? 1_000_000 : Number(number) };
}
