import { defaultArbitrageConfig, defaultSyntheticsConfig } from '@alphapulse/detectors';
import { afterEach, describe, expect, test } from '@jest/globals';
import { settingsFromEnv } from './settings.ts';

const before = { ...process.env };

afterEach(() => {
  process.env = { ...before };
});

describe('settings of detectors', () => {
  test('are the defaults where the environment says nothing', () => {
    expect(settingsFromEnv()).toMatchObject({ arbitrage: defaultArbitrageConfig, synthetics: defaultSyntheticsConfig });
  });

  test('are taken from variables named after them', () => {
    Object.assign(process.env, { ARBITRAGE_THRESHOLD_BPS: '12.5', MARKET_UPDATES_LIVE_MS: '30000' });
    const settings = settingsFromEnv();
    expect(settings.arbitrage).toEqual({ ...defaultArbitrageConfig, thresholdBps: 12.5 });
    expect(settings['market-updates'].liveMs).toBe(30_000);
  });

  test('that are wrong are refused by name', () => {
    process.env.ARBITRAGE_MAX_QUOTE_AGE_MS = 'soon';
    expect(settingsFromEnv).toThrow(/ARBITRAGE_MAX_QUOTE_AGE_MS must be a number, not soon/);
    process.env.ARBITRAGE_MAX_QUOTE_AGE_MS = '-1';
    expect(settingsFromEnv).toThrow(/maxQuoteAgeMs must be a number of zero or more/);
  });
});
