import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { walkDepth, walkSpread } from './depth-walk.ts';
import { buyCost, sellProceeds } from './fees.ts';
import { grossBps, netBps, quotedSpreadBps } from './spread.ts';

const price = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const fee = fc.double({ min: 0, max: 100, noNaN: true });

describe('spreads', () => {
  test('by hand: buy at 100 for 10 bps, sell at 101 for 26 bps', () => {
    expect(grossBps(100, 101)).toBeCloseTo(100, 9);
    expect(buyCost(100, 10)).toBeCloseTo(100.1, 12);
    expect(sellProceeds(101, 26)).toBeCloseTo(100.7374, 12);
    expect(netBps(100, 10, 101, 26)).toBeCloseTo(63.74, 9);
    expect(quotedSpreadBps(99, 101)).toBeCloseTo(200, 9);
  });

  test('net is gross less the fees, and gives the profit of a unit', () => {
    fc.assert(
      fc.property(price, price, fee, fee, (ask, bid, buyFee, sellFee) => {
        const net = netBps(ask, buyFee, bid, sellFee);
        const scale = 1 + Math.abs(bid / ask) * 1e4;
        expect(Math.abs(net - (grossBps(ask, bid) - buyFee - (sellFee * bid) / ask)) / scale).toBeLessThan(1e-9);
        expect(
          Math.abs((net / 1e4) * ask - (sellProceeds(bid, sellFee) - buyCost(ask, buyFee))) / (ask + bid),
        ).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('walking depth', () => {
  test('fills best first and says how far it reached', () => {
    const asks = [
      { price: 10, size: 1 },
      { price: 11, size: 2 },
      { price: 12, size: 5 },
    ];
    expect(walkDepth(asks, 2)).toEqual({ size: 2, notional: 21, averagePrice: 10.5, worstPrice: 11, levels: 2 });
    expect(walkDepth(asks, 100)).toEqual({ size: 8, notional: 92, averagePrice: 11.5, worstPrice: 12, levels: 3 });
    expect(walkDepth([], 1)).toEqual({ size: 0, notional: 0, averagePrice: null, worstPrice: null, levels: 0 });
  });

  test('buys and sells for as long as the next unit nets the threshold', () => {
    const asks = [
      { price: 100, size: 1 },
      { price: 101, size: 3 },
      { price: 104, size: 9 },
    ];
    const bids = [
      { price: 103, size: 2 },
      { price: 102, size: 1 },
      { price: 100, size: 9 },
    ];
    expect(walkSpread(asks, 0, bids, 0)).toEqual({
      size: 3,
      buyAverage: 302 / 3,
      sellAverage: 308 / 3,
      profitQuote: 6,
    });
    expect(walkSpread(asks, 0, bids, 0, 250).size).toBe(1);
    expect(walkSpread(asks, 200, bids, 200)).toEqual({ size: 0, buyAverage: null, sellAverage: null, profitQuote: 0 });
    expect(walkSpread([], 0, bids, 0).size).toBe(0);
  });
});
