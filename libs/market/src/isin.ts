/**
 * True for a well-formed International Securities Identification Number with the right check digit:
 * two letters, nine letters or digits, and a Luhn digit over the letters written as numbers (A = 10 … Z = 35).
 * ISO 6166.
 */
export function isIsin(text: string): boolean {
  return /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/.test(text) && isinCheckDigit(text.slice(0, 11)) === Number(text[11]);
}

/**
 * Check digit, 0 to 9, of an ISIN's first eleven characters (capital letters and digits).
 * @throws RangeError when they are something else.
 */
export function isinCheckDigit(body: string): number {
  if (!/^[A-Z]{2}[A-Z0-9]{9}$/.test(body)) throw new RangeError(`not the first eleven characters of an ISIN: ${body}`);
  const digits = [...body].map((character) => Number.parseInt(character, 36)).join('');
  let sum = 0;
  for (let at = digits.length - 1, double = true; at >= 0; at--, double = !double) {
    const digit = Number(digits[at]) * (double ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return (10 - (sum % 10)) % 10;
}
