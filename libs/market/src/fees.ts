/** Basis points in one: 1 bp is a hundredth of a percent. */
export const BPS = 10_000;

/** What buying one unit costs, in the quote asset: `price × (1 + fee)`. */
export function buyCost(price: number, takerFeeBps: number): number {
  return price * (1 + takerFeeBps / BPS);
}

/** What selling one unit brings, in the quote asset: `price × (1 − fee)`. */
export function sellProceeds(price: number, takerFeeBps: number): number {
  return price * (1 - takerFeeBps / BPS);
}
