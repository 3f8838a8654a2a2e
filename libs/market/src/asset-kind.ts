export type AssetKind = 'crypto' | 'fiat' | 'stablecoin';

/**
 * Currencies that venues quote in. Not the whole of ISO 4217 on purpose: several of its codes are tickers of
 * crypto assets too (MNT, ERN, SOS, TOP …), and a venue that lists such a ticker means the crypto asset.
 */
const fiat: ReadonlySet<string> = new Set([
  ...['AED', 'ARS', 'AUD', 'BRL', 'CAD', 'CHF', 'CLP', 'CNY', 'COP', 'CZK', 'DKK', 'EUR', 'GBP', 'HKD', 'HUF', 'IDR'],
  ...['ILS', 'INR', 'JPY', 'KRW', 'KZT', 'MXN', 'MYR', 'NGN', 'NOK', 'NZD', 'PHP', 'PLN', 'RON', 'RUB', 'SAR', 'SEK'],
  ...['SGD', 'THB', 'TRY', 'TWD', 'UAH', 'USD', 'VND', 'ZAR'],
]);

/** Tokens that promise a currency's value; those of the US dollar that we value at one are in `usd-value.ts`. */
const stablecoins: ReadonlySet<string> = new Set([
  ...['AEUR', 'AUSD', 'BUSD', 'DAI', 'EURC', 'EURI', 'EURQ', 'EURR', 'EURT', 'FDUSD', 'FRAX', 'GUSD', 'GYEN', 'LUSD'],
  ...['PYUSD', 'RLUSD', 'TUSD', 'USD1', 'USDC', 'USDD', 'USDE', 'USDG', 'USDP', 'USDQ', 'USDR', 'USDS', 'USDT', 'XUSD'],
]);

/** Kind of an asset on a crypto venue by its code; whatever is neither money nor pegged to it is crypto. */
export function assetKind(code: string): AssetKind {
  if (fiat.has(code)) return 'fiat';
  return stablecoins.has(code) ? 'stablecoin' : 'crypto';
}
