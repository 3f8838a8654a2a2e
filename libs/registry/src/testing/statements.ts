import type { EntityKind } from '../kinds.ts';
import type { Facts, Statement } from '../statement.ts';

/** Statements with plausible facts, for unit tests; what matters to a test it says itself. */
export const usdc = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48';
export const weth = '0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2';
export const poolAddress = '0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640';
/** Microseconds. */
export const second = 1_000_000;

export function statement<K extends EntityKind>(
  kind: K,
  facts: Facts[K],
  more: { validFrom?: number; validTo?: number; provenance?: string } = {},
): Statement {
  return { kind, facts, provenance: 'test', ...more } as Statement;
}
export const instrument = (identity: string, facts: object = {}) => statement('instruments', { identity, ...facts });
export const listing = (facts: Partial<Facts['listings']>, more = {}) =>
  statement('listings', { venue: 'kraken', symbol: 'BTC/USD', instrument: 'spot:BTC/USD', ...facts }, more);
export const token = (address: string, symbol: string, decimals = 18, facts: object = {}) =>
  statement('tokens', { chain: 'ethereum', address, symbol, decimals, ...facts });
export const pool = (facts: Partial<Facts['pools']> = {}) =>
  statement('pools', {
    ...{ blockchain: 'ethereum', poolAddress, dex: 'uniswap-v3', token0: usdc, token1: weth },
    ...{ feeTier: 500, createdAt: 1_620_250_931 * second },
    ...facts,
  });
export const leg = (name: string, identity: string, more: object = {}) => ({ name, instrument: identity, ...more });
export const synthetic = (name: string, legs: Facts['synthetics']['legs'], more: object = {}) =>
  statement('synthetics', { name, legs, ...more });
