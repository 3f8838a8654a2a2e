import { RejectedRecordError } from '@alphapulse/core';
import { isCusip, isIsin, isMic } from '@alphapulse/market';

/**
 * What a security is looked up by. A MIC beside ISIN or CUSIP names the market whose listing is meant, since a
 * security has a ticker and a composite FIGI per country.
 */
export type SecurityKey =
  | { readonly by: 'isin'; readonly isin: string; readonly mic?: string }
  | { readonly by: 'cusip'; readonly cusip: string; readonly mic?: string }
  | { readonly by: 'ticker'; readonly ticker: string; readonly mic: string };

/** The key as text, the same for the same key: `isin:US0378331005`, `cusip:037833100@XNAS`, `ticker:AAPL@XNAS`. */
export function keyText(key: SecurityKey): string {
  const value = key.by === 'isin' ? key.isin : key.by === 'cusip' ? key.cusip : key.ticker;
  return `${key.by}:${value}${key.mic === undefined ? '' : `@${key.mic}`}`;
}

/**
 * Checks form and check digits.
 * @throws RejectedRecordError `isin_invalid`, `cusip_invalid`, `mic_invalid`, or `fact_invalid` for a ticker.
 */
export function checkKey(key: SecurityKey): void {
  if (key.by === 'isin' && !isIsin(key.isin))
    throw new RejectedRecordError('isin_invalid', `isin: '${key.isin}' is no ISIN, or its check digit is wrong`);
  if (key.by === 'cusip' && !isCusip(key.cusip))
    throw new RejectedRecordError('cusip_invalid', `cusip: '${key.cusip}' is no CUSIP, or its check digit is wrong`);
  if (key.by === 'ticker' && !isTicker(key.ticker))
    throw new RejectedRecordError('fact_invalid', `ticker: '${key.ticker}' has white space or is longer than 32`);
  if (key.mic !== undefined && !isMic(key.mic))
    throw new RejectedRecordError('mic_invalid', `mic: '${key.mic}' is not in the ISO 10383 list`);
}

/** Tickers of exchanges have points, slashes, stars and spaces of their own; only white space at will is refused. */
export function isTicker(text: string): boolean {
  return /^[^\s\p{C}]{1,32}$/u.test(text);
}
