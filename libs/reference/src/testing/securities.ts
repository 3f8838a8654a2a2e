import type { ServedSecurity } from './open-figi-server.ts';

const ibm = {
  name: 'INTL BUSINESS MACHINES CORP',
  ticker: 'IBM',
  securityType: 'Common Stock',
  marketSector: 'Equity',
  shareClassFIGI: 'BBG001S5S399',
  securityType2: 'Common Stock',
  securityDescription: 'IBM',
};

/**
 * Listings as the public service gave them for `{"idType":"ID_ISIN","idValue":"US4592001014"}`, a few of 198, and for
 * Apple at XETR. Recorded in the tests of the crate openfigi-rs 0.3.4 (MIT).
 */
export const securities: readonly ServedSecurity[] = [
  {
    ids: { ID_ISIN: 'US4592001014', ID_CUSIP: '459200101' },
    listings: [
      { ...ibm, figi: 'BBG000BLNNH6', exchCode: 'US', compositeFIGI: 'BBG000BLNNH6' },
      { ...ibm, figi: 'BBG000BLNNV0', exchCode: 'UA', compositeFIGI: 'BBG000BLNNH6' },
      { ...ibm, figi: 'BBG000BLNQ16', exchCode: 'UN', compositeFIGI: 'BBG000BLNNH6', mic: 'XNYS' },
      { ...ibm, figi: 'BBG000K23JG0', exchCode: 'GR', compositeFIGI: 'BBG000K23JG0' },
      { ...ibm, figi: 'BBG000BWZBM9', exchCode: 'SW', compositeFIGI: 'BBG000BWZBM9', mic: 'XSWX' },
      { ...ibm, figi: 'BBG000NBW8B4', exchCode: 'EO', compositeFIGI: 'BBG000NBW8B4' },
    ],
  },
  {
    ids: { ID_ISIN: 'US0378331005', ID_CUSIP: '037833100' },
    listings: [
      {
        figi: 'BBG000DH0LL7',
        name: 'APPLE INC',
        ticker: 'APC',
        exchCode: 'GY',
        compositeFIGI: 'BBG000DGZJ27',
        securityType: 'Common Stock',
        marketSector: 'Equity',
        shareClassFIGI: 'BBG001S5N8V8',
        securityType2: 'Common Stock',
        securityDescription: 'APC',
        mic: 'XETR',
      },
    ],
  },
];
