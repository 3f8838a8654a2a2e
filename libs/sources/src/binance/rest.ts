import type { HttpRequest } from '@alphapulse/core';
import type { BinanceConfig } from './config.ts';

/**
 * Requests of the two markets with their weights.
 * Spot: https://developers.binance.com/docs/binance-spot-api-docs/rest-api (6000 a minute and IP)
 * USD-M: https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (2400 a minute and IP)
 * The buckets leave a fifth to other clients behind the same address.
 */
const markets = {
  spot: { path: '/api/v3', perMinute: 4800, listings: 20, trades: 25 },
  usdm: { path: '/fapi/v1', perMinute: 1920, listings: 1, trades: 20 },
};

/** Rows in a page of historical trades, at most. */
export const TRADES_PAGE = 1000;

export function depthRequest(config: BinanceConfig, symbol: string): HttpRequest {
  return request(config, `depth?symbol=${encodeURIComponent(symbol)}&limit=${config.depthLimit}`, depthWeight(config));
}

export function tradesRequest(config: BinanceConfig, symbol: string, fromId: number): HttpRequest {
  const query = `historicalTrades?symbol=${encodeURIComponent(symbol)}&limit=${TRADES_PAGE}&fromId=${fromId}`;
  return request(config, query, markets[config.market].trades);
}

/** All listings; permission sets would triple the answer and are not used. */
export function listingsRequest(config: BinanceConfig): HttpRequest {
  const query = config.market === 'spot' ? 'exchangeInfo?showPermissionSets=false' : 'exchangeInfo';
  return { ...request(config, query, markets[config.market].listings), timeoutMs: 30_000 };
}

function request(config: BinanceConfig, pathAndQuery: string, cost: number): HttpRequest {
  const { path, perMinute } = markets[config.market];
  return {
    url: `${config.restEndpoint.replace(/\/+$/, '')}${path}/${pathAndQuery}`,
    bucket: { name: `binance-${config.market}-rest`, perMinute, cost },
  };
}

function depthWeight({ market, depthLimit }: BinanceConfig): number {
  if (market === 'usdm') return depthLimit <= 50 ? 2 : depthLimit <= 100 ? 5 : depthLimit <= 500 ? 10 : 20;
  return depthLimit <= 100 ? 5 : depthLimit <= 500 ? 25 : depthLimit <= 1000 ? 50 : 250;
}
