import { describe, expect, test } from '@jest/globals';
import { StringPool } from './string-pool.ts';

describe('string pool', () => {
  test('changes no text, whether it is full or not', () => {
    const pool = new StringPool(1);
    const value = { venue: 'kraken', symbol: 'BTC/USD', tickSize: 0.1, base: null };
    pool.internFields(value, ['venue', 'symbol', 'tickSize', 'base', 'missing']);
    expect(value).toEqual({ venue: 'kraken', symbol: 'BTC/USD', tickSize: 0.1, base: null });
    expect(pool.intern('other')).toBe('other');
    expect(pool.size).toBe(1);
  });
});
