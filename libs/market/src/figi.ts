const values = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const reserved = new Set(['BS', 'BM', 'GG', 'GB', 'GH', 'KY', 'VG']);

/**
 * True for a Financial Instrument Global Identifier with the right check digit: twelve characters, no vowels, `G` in
 * third place, first two not such that it could be an ISIN of those countries. The check digit is that of a CUSIP
 * over eleven characters. ANSI X9.145, https://www.omg.org/spec/FIGI
 */
export function isFigi(text: string): boolean {
  if (!/^[B-DF-HJ-NP-TV-Z0-9]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}[0-9]$/.test(text)) return false;
  if (/[0-9]/.test(text.slice(0, 2)) || reserved.has(text.slice(0, 2))) return false;
  let sum = 0;
  for (let at = 0; at < 11; at++) {
    const value = values.indexOf(text.charAt(at)) * (at % 2 === 1 ? 2 : 1);
    sum += Math.floor(value / 10) + (value % 10);
  }
  return (10 - (sum % 10)) % 10 === Number(text[11]);
}
