/**
 * Kraken's names. REST and the v1 feed say XBT and XDG, the v2 feed BTC and DOGE; REST also has asset codes with a
 * leading X (crypto) or Z (fiat) from the venue's early days.
 * @see https://docs.kraken.com/api/docs/guides/global-intro
 */
const OUR_CODES: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' };
const WIRE_CODES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/** Our code of an asset as REST's `wsname` and the v1 feed write it. */
export function ourCode(code: string): string {
  return OUR_CODES[code] ?? code;
}

/** A v1 symbol as the v2 feed writes it: `XBT/USD` → `BTC/USD`. */
export function v2Symbol(wsname: string): string {
  return wsname.split('/').map(ourCode).join('/');
}

/** The name REST takes for a v2 symbol, which is the pair's `altname`: `BTC/USD` → `XBTUSD`. */
export function restPair(symbol: string): string {
  return symbol
    .split('/')
    .map((code) => WIRE_CODES[code] ?? code)
    .join('');
}

/** Quote assets, longest first, so that a REST pair can be split again. */
const QUOTES = ['PYUSD', 'RLUSD', 'USDT', 'USDC', 'USDG', 'USDQ', 'USDR', 'EURC', 'EURQ', 'EURR', 'DAI', 'DOT']
  .concat(['USD', 'EUR', 'GBP', 'JPY', 'CAD', 'AUD', 'CHF', 'XBT', 'BTC', 'ETH'])
  .sort((a, b) => b.length - a.length);

/** The v2 symbol of a pair as a REST address or answer names it (`XBTUSDT`, `XXBTZUSD`, `BTC/USD`). */
export function symbolOfRestPair(pair: string): string {
  if (pair.includes('/')) return v2Symbol(pair);
  const legacy = /^[XZ]([A-Z]{3})[XZ]([A-Z]{3})$/.exec(pair);
  if (legacy) return v2Symbol(`${legacy[1]}/${legacy[2]}`);
  const quote = QUOTES.find((code) => pair.endsWith(code) && pair.length > code.length);
  return quote ? v2Symbol(`${pair.slice(0, -quote.length)}/${quote}`) : pair;
}
