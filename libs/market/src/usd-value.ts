/**
 * Stablecoins counted as one dollar, by convention and not by market price: their peg holds to a few basis points
 * nearly always, and a rule needs no second feed. Whoever needs the difference has the quotes of USDT/USD.
 * Only coins with that record are here; a coin that has lost its peg for good (UST) must never be.
 */
const dollars: ReadonlySet<string> = new Set(['USD', 'USDT', 'USDC', 'DAI', 'FDUSD', 'TUSD', 'USDP', 'PYUSD']);

/** US dollars for one unit of a quote asset: 1 for the dollar and the stablecoins above, null where no rule says. */
export function usdValueOf(asset: string): number | null {
  return dollars.has(asset) ? 1 : null;
}
