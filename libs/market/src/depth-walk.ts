import type { Level } from './level.ts';
import { netBps } from './spread.ts';

export interface DepthWalk {
  /** What the levels can fill, at most what was asked for; in units of the base asset. */
  readonly size: number;
  /** Paid or received in all, in units of the quote asset, before fees. */
  readonly notional: number;
  /** `notional / size`; null when nothing can be filled. */
  readonly averagePrice: number | null;
  /** Price of the last level touched; null when nothing can be filled. */
  readonly worstPrice: number | null;
  /** Levels touched. */
  readonly levels: number;
}

/** Fills `size` from levels, best first: what it costs on average and how far it reaches. */
export function walkDepth(levels: Iterable<Level>, size: number): DepthWalk {
  let filled = 0;
  let notional = 0;
  let worstPrice: number | null = null;
  let touched = 0;
  for (const level of levels) {
    const left = size - filled;
    if (left <= 0) break;
    if (level.size <= 0) continue;
    const take = Math.min(left, level.size);
    filled += take;
    notional += take * level.price;
    worstPrice = level.price;
    touched++;
  }
  return { size: filled, notional, averagePrice: filled > 0 ? notional / filled : null, worstPrice, levels: touched };
}

export interface SpreadWalk {
  /** What can be bought and sold again, in units of the base asset. */
  readonly size: number;
  readonly buyAverage: number | null;
  readonly sellAverage: number | null;
  /** Gain after both fees over all of it, in units of the quote asset. */
  readonly profitQuote: number;
}

/**
 * Buys from asks and sells to another venue's bids, both best first,
 * for as long as the next unit still nets at least `thresholdBps` after both taker fees.
 */
export function walkSpread(
  asks: readonly Level[],
  buyFeeBps: number,
  bids: readonly Level[],
  sellFeeBps: number,
  thresholdBps = 0,
): SpreadWalk {
  let size = 0;
  let bought = 0;
  let sold = 0;
  let askAt = 0;
  let bidAt = 0;
  let askLeft = asks[0]?.size ?? 0;
  let bidLeft = bids[0]?.size ?? 0;
  for (;;) {
    const ask = asks[askAt];
    const bid = bids[bidAt];
    if (!ask || !bid || !(netBps(ask.price, buyFeeBps, bid.price, sellFeeBps) >= thresholdBps)) break;
    const take = Math.min(askLeft, bidLeft);
    size += take;
    bought += take * ask.price;
    sold += take * bid.price;
    askLeft -= take;
    bidLeft -= take;
    if (askLeft <= 0) askLeft = asks[++askAt]?.size ?? 0;
    if (bidLeft <= 0) bidLeft = bids[++bidAt]?.size ?? 0;
  }
  return {
    size,
    buyAverage: size > 0 ? bought / size : null,
    sellAverage: size > 0 ? sold / size : null,
    profitQuote: sold * (1 - sellFeeBps / 10_000) - bought * (1 + buyFeeBps / 10_000),
  };
}
