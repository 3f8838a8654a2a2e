import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createCsvProvider } from './csv-provider.ts';
import { keyText, type SecurityKey } from './security-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'reference-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function file(...lines: string[]): string {
  const path = join(folder, `${++files}.csv`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const never = new AbortController().signal;
const header = 'isin,cusip,ticker,mic,figi,name,sector';
const apple = 'US0378331005,037833100,AAPL,XNAS,,Apple Inc.,Technology';
const appleAbroad = 'US0378331005,,APC,XETR,BBG000DGZJ27,Apple Inc.,Technology';
const unilever = 'GB00B10RZP78,,ULVR,XLON,,Unilever PLC,';

async function find(path: string, key: SecurityKey) {
  const provider = await createCsvProvider(path);
  return (await provider.lookUp([key], never)).get(keyText(key));
}

describe('a reference file', () => {
  test('is looked up by ISIN, CUSIP, and ticker with market', async () => {
    const path = file('# our securities', header, apple, unilever, '');
    const facts = {
      isin: 'US0378331005',
      cusip: '037833100',
      ticker: 'AAPL',
      mic: 'XNAS',
      name: 'Apple Inc.',
      sector: 'Technology',
    };
    for (const key of [
      { by: 'isin', isin: 'US0378331005' },
      { by: 'cusip', cusip: '037833100' },
      { by: 'ticker', ticker: 'AAPL', mic: 'XNAS' },
    ] as const) {
      expect(await find(path, key)).toEqual({ outcome: 'found', facts });
    }
    expect(await find(path, { by: 'ticker', ticker: 'AAPL', mic: 'XLON' })).toEqual({ outcome: 'unknown' });
    expect(await find(path, { by: 'isin', isin: 'DE0007164600' })).toEqual({ outcome: 'unknown' });
  });

  test('may hold several listings of a security: of all together, what they agree on', async () => {
    const path = file(header, apple, appleAbroad);
    const all = await find(path, { by: 'isin', isin: 'US0378331005' });
    expect(all).toMatchObject({ facts: { name: 'Apple Inc.', cusip: '037833100', figi: 'BBG000DGZJ27' } });
    expect(all).not.toHaveProperty('facts.ticker');
    expect(await find(path, { by: 'isin', isin: 'US0378331005', mic: 'XETR' })).toMatchObject({
      facts: { ticker: 'APC' },
    });
    expect(await find(path, { by: 'isin', isin: 'US0378331005', mic: 'XLON' })).toEqual({ outcome: 'unknown' });
  });

  test('has the columns that are there, in any order', async () => {
    const path = file('name,isin', 'Apple Inc.,US0378331005');
    expect(await find(path, { by: 'isin', isin: 'US0378331005', mic: 'XNAS' })).toMatchObject({
      facts: { name: 'Apple Inc.' },
    });
  });

  test('reports rows that are there twice', async () => {
    const provider = await createCsvProvider(file(header, apple, unilever, apple));
    expect(provider.rows).toBe(3);
    expect(provider.duplicates).toEqual([{ line: 4, sameAs: 2 }]);
  });

  test('is read as a stream, however long', async () => {
    const rows = Array.from({ length: 50_000 }, (_, at) => `T${at},XNAS,Number ${at}`);
    const provider = await createCsvProvider(file('ticker,mic,name', ...rows));
    expect(provider.rows).toBe(50_000);
    const answers = await provider.lookUp([{ by: 'ticker', ticker: 'T49999', mic: 'XNAS' }], never);
    expect([...answers.values()]).toMatchObject([{ facts: { name: 'Number 49999' } }]);
  });
});

describe('a wrong reference file', () => {
  test.each([
    ['an ISIN', [header, 'US0378331006,,AAPL,XNAS,,,'], "2: isin: no ISIN, or a wrong check digit: 'US0378331006'"],
    ['a CUSIP', [header, ',037833109,AAPL,XNAS,,,'], '2: cusip: no CUSIP'],
    ['a CUSIP of another', [header, 'US0378331005,594918104,,,,,'], "2: cusip: '594918104' is not the CUSIP in"],
    ['a FIGI', [header, 'US0378331005,,,,BBG000BLNNH7,,'], '2: figi: no FIGI'],
    ['a market', ['# note', header, ',,AAPL,XNYX,,,'], "3: mic: not in the ISO 10383 list: 'XNYX'"],
    ['no key', [header, ',,AAPL,,,Apple,'], '2: isin: a row needs isin, cusip, or ticker and mic'],
    ['a ticker', [header, ',,A A,XNAS,,,'], '2: ticker: has white space'],
    ['a column', ['isin,sectr', 'US0378331005,x'], '1: sectr: not a column'],
    ['a column twice', ['isin,isin', 'US0378331005,x'], '1: isin: the column is there twice'],
    ['no key column', ['name,ticker', 'a,b'], '1: isin: a file needs isin, cusip, or ticker and mic'],
    ['a cell too many', [header, `${apple},x`], '2: '],
    ['nothing', [''], '1: the file has no rows'],
    ['no rows', [header], '1: the file has no rows'],
    [
      'a contradiction in a listing',
      [header, apple, 'GB00B10RZP78,,AAPL,XNAS,,,'],
      "3: isin: 'GB00B10RZP78' contradicts 'US0378331005' in line 2",
    ],
    [
      'a contradiction in a security',
      [header, apple, appleAbroad.replace('Technology', 'Food')],
      "3: sector: 'Food' contradicts 'Technology' in line 2",
    ],
  ])('%s is refused with its place', async (_, lines, message) => {
    const path = file(...lines);
    await expect(createCsvProvider(path)).rejects.toMatchObject({
      code: 'reference_file_invalid',
      message: expect.stringContaining(`${path}:${message}`),
    });
  });

  test('shows all problems together, up to a bound', async () => {
    const wrong = Array.from({ length: 30 }, () => 'US0378331006,,,,,,');
    const error: unknown = await createCsvProvider(file(header, ...wrong)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'reference_file_invalid' });
    const lines = String(error).split('\n');
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe('and more');
  });

  test('that is not there says so', async () => {
    await expect(createCsvProvider(join(folder, 'none.csv'))).rejects.toMatchObject({
      code: 'reference_file_invalid',
      message: expect.stringContaining('cannot be read'),
    });
  });
});
