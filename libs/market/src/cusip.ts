import { isIsin, isinCheckDigit } from './isin.ts';

const values = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#';

/**
 * Countries whose national numbers inside an ISIN are assigned by CUSIP Global Services: CUSIPs in the United States
 * and Canada, CINS numbers (the same form, beginning with a letter) in the others.
 * List `CGS_COUNTRY_CODES` of the sec_id library, https://github.com/svyatov/sec_id (MIT).
 */
const cusipCountries: ReadonlySet<string> = new Set([
  ...['US', 'CA', 'AG', 'AI', 'AN', 'AR', 'AS', 'AW', 'BB', 'BL', 'BM', 'BO', 'BQ', 'BR', 'BS', 'BZ', 'CL', 'CO'],
  ...['CR', 'CW', 'DM', 'DO', 'EC', 'FM', 'GD', 'GS', 'GU', 'GY', 'HN', 'HT', 'JM', 'KN', 'KY', 'LC', 'MF', 'MH'],
  ...['MP', 'MX', 'NI', 'PA', 'PE', 'PH', 'PR', 'PW', 'PY', 'SR', 'SV', 'SX', 'TC', 'TT', 'UM', 'UY', 'VC', 'VE'],
  ...['VG', 'VI', 'YT'],
]);

/**
 * Check digit, 0 to 9, of a CUSIP's first eight characters by ANSI X9.6, "modulus 10 double add double": letters count
 * from A = 10, `*@#` are 36, 37 and 38, every second value is doubled, and the digits of all are added up.
 * @throws RangeError when they are something else.
 */
export function cusipCheckDigit(body: string): number {
  if (!/^[A-Z0-9*@#]{8}$/.test(body)) throw new RangeError(`not the first eight characters of a CUSIP: ${body}`);
  let sum = 0;
  for (let at = 0; at < 8; at++) {
    const value = values.indexOf(body.charAt(at)) * (at % 2 === 1 ? 2 : 1);
    sum += Math.floor(value / 10) + (value % 10);
  }
  return (10 - (sum % 10)) % 10;
}

/** True for a well-formed CUSIP or CINS number with the right check digit. */
export function isCusip(text: string): boolean {
  return /^[A-Z0-9*@#]{8}[0-9]$/.test(text) && cusipCheckDigit(text.slice(0, 8)) === Number(text[8]);
}

/**
 * The ISIN of a security that CUSIP Global Services numbers in the country: country, CUSIP, check digit (ISO 6166).
 * Null when the CUSIP is none, or has one of `*@#`, which an ISIN cannot hold. A CUSIP does not say its country: the
 * caller must know it. CINS numbers (a letter first) belong to neither of the two.
 */
export function isinFromCusip(cusip: string, country: 'US' | 'CA'): string | null {
  if (!isCusip(cusip) || !/^[0-9][0-9A-Z]{8}$/.test(cusip)) return null;
  const body = `${country}${cusip}`;
  return `${body}${isinCheckDigit(body)}`;
}

/** The CUSIP or CINS number inside an ISIN; null when it is no ISIN, or another agency's number. */
export function cusipOfIsin(isin: string): string | null {
  if (!isIsin(isin) || !cusipCountries.has(isin.slice(0, 2))) return null;
  const cusip = isin.slice(2, 11);
  return isCusip(cusip) ? cusip : null;
}
