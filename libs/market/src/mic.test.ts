import { describe, expect, test } from '@jest/globals';
import { isMic, micFacts, mics } from './mic.ts';

describe('market identifier codes', () => {
  test('facts of the list', () => {
    expect(micFacts('XNAS')).toEqual({
      mic: 'XNAS',
      operatingMic: 'XNAS',
      type: 'operating',
      name: 'NASDAQ - ALL MARKETS',
      category: 'RMKT',
      acronym: 'NASDAQ',
      country: 'US',
      city: 'NEW YORK',
      status: 'active',
      expired: null,
    });
    expect(micFacts('XNGS')).toMatchObject({ operatingMic: 'XNAS', type: 'segment' });
    expect(micFacts('XOFF')?.country).toBeNull();
  });

  test('codes of the list only, as written there', () => {
    expect(['XNYS', 'XLON', 'IEXG'].map(isMic)).toEqual([true, true, true]);
    expect(['XNYX', 'xnys', 'XNY', '', 'constructor'].map(isMic)).toEqual([false, false, false, false, false]);
  });

  test('the list is whole and consistent', () => {
    expect(mics().size).toBe(2889);
    for (const [code, facts] of mics()) {
      expect(code).toMatch(/^[A-Z0-9]{4}$/);
      expect(isMic(facts.operatingMic)).toBe(true);
      expect(facts.type === 'operating').toBe(facts.operatingMic === code);
      expect(['active', 'updated', 'expired']).toContain(facts.status);
      expect(facts.status !== 'expired' || facts.expired !== null).toBe(true);
      expect(facts.name).not.toBe('');
    }
  });
});
