import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cusipCheckDigit, cusipOfIsin, isCusip, isinFromCusip } from './cusip.ts';
import { isFigi } from './figi.ts';
import { isIsin, isinCheckDigit } from './isin.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const text = (alphabet: string, length: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });
const isinBody = fc.tuple(text(letters, 2), text(`${letters}0123456789`, 9)).map((parts) => parts.join(''));
const cusipBody = text(`${letters}0123456789*@#`, 8);
const usCusipBody = fc.tuple(text('0123456789', 1), text(`${letters}0123456789`, 7)).map((parts) => parts.join(''));

describe('ISIN', () => {
  // https://rosettacode.org/wiki/Validate_International_Securities_Identification_Number
  test.each([
    ['US0378331005', true],
    ['US0373831005', false],
    ['U50378331005', false],
    ['US03378331005', false],
    ['AU0000XVGZA3', true],
    // Exchanged letters that the check digit cannot see.
    ['AU0000VXGZA3', true],
    ['FR0000988040', true],
  ])('%s: %s', (isin, valid) => expect(isIsin(isin)).toBe(valid));

  test('exactly one digit completes a body', () => {
    fc.assert(
      fc.property(isinBody, (body) => {
        const right = [...'0123456789'].filter((digit) => isIsin(body + digit));
        expect(right).toEqual([String(isinCheckDigit(body))]);
      }),
    );
  });

  test('a body is eleven capitals and digits', () => {
    for (const wrong of ['US037833100X', 'us037833100', 'US03783310', '']) {
      expect(() => isinCheckDigit(wrong)).toThrow(RangeError);
    }
  });
});

describe('CUSIP', () => {
  // https://rosettacode.org/wiki/CUSIP: Apple, Cisco, Google, Microsoft, Oracle wrong and right.
  test.each([
    ['037833100', true],
    ['17275R102', true],
    ['38259P508', true],
    ['594918104', true],
    ['68389X106', false],
    ['68389X105', true],
    ['03783310', false],
    ['0378331000', false],
    ['03783310A', false],
    ['17275r102', false],
  ])('%s: %s', (cusip, valid) => expect(isCusip(cusip)).toBe(valid));

  test('exactly one digit completes a body, special characters included', () => {
    fc.assert(
      fc.property(cusipBody, (body) => {
        const right = [...'0123456789'].filter((digit) => isCusip(body + digit));
        expect(right).toEqual([String(cusipCheckDigit(body))]);
      }),
    );
    expect(() => cusipCheckDigit('03783310!')).toThrow(RangeError);
  });

  test('leads to the ISIN and back', () => {
    expect(isinFromCusip('037833100', 'US')).toBe('US0378331005');
    // Royal Bank of Canada.
    expect(isinFromCusip('780087102', 'CA')).toBe('CA7800871021');
    expect(cusipOfIsin('US5949181045')).toBe('594918104');
    fc.assert(
      fc.property(usCusipBody, fc.constantFrom('US' as const, 'CA' as const), (body, country) => {
        const cusip = `${body}${cusipCheckDigit(body)}`;
        const isin = isinFromCusip(cusip, country);
        expect(isin !== null && isIsin(isin)).toBe(true);
        expect(cusipOfIsin(isin ?? '')).toBe(cusip);
      }),
    );
  });

  test('does not lead to an ISIN when it is wrong, a CINS number, or an ISIN cannot hold it', () => {
    expect(isinFromCusip('037833109', 'US')).toBeNull();
    expect(isinFromCusip('G491BT108', 'US')).toBeNull();
    const special = '0378331*';
    expect(isinFromCusip(`${special}${cusipCheckDigit(special)}`, 'US')).toBeNull();
  });

  test('is in the ISINs of countries that CUSIP Global Services numbers', () => {
    // Invesco Ltd., Bermuda: CINS G491BT108.
    expect(cusipOfIsin('BMG491BT1088')).toBe('G491BT108');
    expect(cusipOfIsin('DE0007164600')).toBeNull();
    expect(cusipOfIsin('US0378331006')).toBeNull();
  });
});

describe('FIGI', () => {
  // IBM's of OpenFIGI's documentation (composite, share class) and the example of the standard.
  test.each(['BBG000BLNNH6', 'BBG001S5S399', 'BBG000BLNQ16', 'NRG92C84SB39'])('%s', (figi) => {
    expect(isFigi(figi)).toBe(true);
    const wrong = (Number(figi[11]) + 1) % 10;
    expect(isFigi(`${figi.slice(0, 11)}${wrong}`)).toBe(false);
  });

  test.each(['', 'bbg000blnnh6', 'BBG000BLNNH', 'BBA000BLNNH6', 'GBG000BLNNH6', 'BBG000BLNNE6'])('%j is none', (text) =>
    expect(isFigi(text)).toBe(false),
  );
});
