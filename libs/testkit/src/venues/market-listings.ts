import type { SimulatedPair } from './protocol.ts';

/** An asset of the simulated world and its value in US dollars when the simulation starts. */
export const assetValuesUsd: Readonly<Record<string, number>> = {
  USD: 1,
  USDT: 0.9998,
  BTC: 64_000,
  ETH: 2_640,
  SOL: 148,
  BNB: 590,
  XRP: 2.31,
  ADA: 0.81,
  DOGE: 0.213,
};

export interface SimulatedListing extends SimulatedPair {
  readonly venue: string;
  /** How often it is drawn for an event, relative to the others. */
  readonly weight: number;
}

function list(
  venue: string,
  base: string,
  quote: string,
  pricePrecision: number,
  sizePrecision: number,
  weight: number,
): SimulatedListing {
  return { venue, base, quote, pricePrecision, sizePrecision, weight };
}

/**
 * What the simulated venues list, with the precisions the real ones use.
 * USDT pairs overlap; the USD pairs of Kraken are other instruments on purpose.
 */
export const simulatedListings: readonly SimulatedListing[] = [
  list('binance', 'BTC', 'USDT', 2, 5, 4),
  list('binance', 'ETH', 'USDT', 2, 4, 3),
  list('binance', 'SOL', 'USDT', 2, 3, 2),
  list('binance', 'XRP', 'USDT', 4, 1, 2),
  list('binance', 'ADA', 'USDT', 4, 1, 1),
  list('binance', 'DOGE', 'USDT', 5, 0, 1),
  list('binance', 'BNB', 'USDT', 2, 3, 1),
  list('binance', 'ETH', 'BTC', 5, 4, 1),
  list('kraken', 'BTC', 'USD', 1, 8, 3),
  list('kraken', 'ETH', 'USD', 2, 8, 2),
  list('kraken', 'SOL', 'USD', 2, 8, 1),
  list('kraken', 'BTC', 'USDT', 1, 8, 2),
  list('kraken', 'ETH', 'USDT', 2, 8, 2),
  list('kraken', 'SOL', 'USDT', 2, 8, 1),
  list('kraken', 'XRP', 'USDT', 5, 8, 1),
  list('kraken', 'ADA', 'USDT', 6, 8, 1),
  list('kraken', 'DOGE', 'USDT', 7, 8, 1),
  list('kraken', 'ETH', 'BTC', 5, 8, 1),
];
