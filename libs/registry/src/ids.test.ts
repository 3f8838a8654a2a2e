import { describe, expect, test } from '@jest/globals';
import { idOf } from './ids.ts';

describe('ids', () => {
  test('are the first 128 bits of blake3 in hex', () => {
    // Official test vector of the empty input: https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors
    expect(idOf('')).toBe('af1349b9f5f9a1a6a0404dea36dcc949');
    expect(idOf('spot:BTC/USDT')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('are the same each time, and differ between identities', () => {
    const identities = ['spot:BTC/USDT', 'spot:BTC/USD', 'perpetual:BTC/USDT:USDT', 'asset:BTC', 'listing:kraken:₿/€'];
    const first = identities.map(idOf);
    expect(identities.map(idOf)).toEqual(first);
    expect(new Set(first).size).toBe(identities.length);
  });
});
