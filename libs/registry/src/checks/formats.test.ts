import { describe, expect, test } from '@jest/globals';
import { isCountry } from './country.ts';
import { timeZoneName } from './time-zone.ts';

describe('formats of venue facts', () => {
  test('countries are those that ISO 3166-1 assigns: 249', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const countries = letters.flatMap((first) => letters.map((second) => first + second)).filter(isCountry);
    expect(countries).toHaveLength(249);
    expect(countries).toEqual(expect.arrayContaining(['US', 'DE', 'GB', 'HK', 'AX', 'BQ', 'SS']));
    expect(['UK', 'EU', 'XK', 'SU', 'YU', 'ZZ', 'us', 'USA', ''].filter(isCountry)).toEqual([]);
  });

  test('time zones are spelt as IANA spells them, links included', () => {
    expect(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'].map(timeZoneName)).toEqual([
      'UTC',
      'Europe/Berlin',
      'America/Argentina/Buenos_Aires',
      'Etc/GMT+5',
    ]);
    expect(timeZoneName('europe/berlin')).toBe('Europe/Berlin');
    expect(['+01:00', 'Mars/Base', 'x', '', 'UTC ', '../UTC'].map(timeZoneName)).toEqual(Array(6).fill(null));
  });
});
