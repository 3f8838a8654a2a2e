/**
 * Puts the numbers of a JSON text into quotes, so that `JSON.parse` gives them back digit by digit:
 * a checksum over `0.00005100` cannot be taken from the double 0.000051.
 * Text that is no valid JSON stays invalid, or becomes a string that is no decimal, which readers refuse.
 */
export function quoteNumbers(text: string): string {
  let out = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      at = endOfString(text, at);
    } else if ((char >= ZERO && char <= NINE) || char === MINUS) {
      const start = at;
      do at++;
      while (isNumberChar(text.charCodeAt(at)));
      out += `${text.slice(copied, start)}"${text.slice(start, at)}"`;
      copied = at;
    } else at++;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** A price or size as Kraken prints it: digits with at most one point among them, no sign, no exponent. */
export function isDecimal(text: string): boolean {
  let points = 0;
  const { length } = text;
  if (length === 0 || length > MAX_DIGITS) return false;
  for (let at = 0; at < length; at++) {
    const char = text.charCodeAt(at);
    if (char === POINT) {
      if (at === 0 || at === length - 1 || ++points > 1) return false;
    } else if (char < ZERO || char > NINE) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
/** Longer than any price or size a venue quotes. */
const MAX_DIGITS = 40;

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

/** True when an odd number of backslashes stands before the quote. */
function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1;
  while (text.charCodeAt(before) === BACKSLASH) before--;
  return (quote - 1 - before) % 2 === 1;
}

function isNumberChar(char: number): boolean {
  return (
    (char >= ZERO && char <= NINE) ||
    char === POINT ||
    char === MINUS ||
    char === PLUS ||
    char === 0x65 /* e */ ||
    char === 0x45 /* E */
  );
}
