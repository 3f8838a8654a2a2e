import { BPS, buyCost, sellProceeds } from './fees.ts';

/**
 * Gross gain of buying at an ask and selling at a bid, in basis points of the price bought at:
 * `(bid − ask) / ask × 10,000`. Not finite when the ask is zero.
 */
export function grossBps(ask: number, bid: number): number {
  return ((bid - ask) / ask) * BPS;
}

/**
 * Gain after both taker fees, in basis points of the price bought at:
 * `(bid × (1 − sellFee) − ask × (1 + buyFee)) / ask × 10,000`, which is
 * `grossBps − buyFeeBps − sellFeeBps × bid / ask`.
 * The base is the price without the fee, as in `grossBps`, so that the two differ by the fees alone and
 * the profit in the quote asset is `netBps / 10,000 × ask × size`.
 */
export function netBps(ask: number, buyFeeBps: number, bid: number, sellFeeBps: number): number {
  return ((sellProceeds(bid, sellFeeBps) - buyCost(ask, buyFeeBps)) / ask) * BPS;
}

/** Width of a quote in basis points of its middle: `(ask − bid) / ((ask + bid) / 2) × 10,000`. */
export function quotedSpreadBps(bid: number, ask: number): number {
  return ((ask - bid) / ((ask + bid) / 2)) * BPS;
}
