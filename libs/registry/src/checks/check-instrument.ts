import { cusipOfIsin, isCusip, isFigi } from '@alphapulse/market';
import type { Facts } from '../statement.ts';
import { type Checked, said } from './checked.ts';
import { checkNames, checkText, type Loose, nullable, shown } from './fact-checks.ts';
import { instrumentAssets, instrumentFacts, type NamedInstrument } from './instrument-facts.ts';
import { refuse } from './refuse.ts';

const names = ['identity', 'cusip', 'figi', 'ticker', 'name', 'sector'];

export function checkInstrument(
  facts: Loose<Facts['instruments']>,
  named: NamedInstrument,
  provenance: string,
): Checked<'instruments'> {
  checkNames(facts, names);
  const { identity } = named;
  const isin = 'isin' in identity ? identity.isin : null;
  const cusip = nullable(facts.cusip, (value) => checkCusip(value, isin));
  const figi = nullable(facts.figi, checkFigi);
  const ticker = nullable(facts.ticker, (value) => checkText('ticker', value, 64));
  const name = nullable(facts.name, (value) => checkText('name', value));
  const sector = nullable(facts.sector, (value) => checkText('sector', value));
  return {
    over: (held) =>
      instrumentFacts(named, {
        cusip: said(cusip, held?.cusip, null),
        figi: said(figi, held?.figi, null),
        ticker: said(ticker, held?.ticker, null),
        name: said(name, held?.name, null),
        sector: said(sector, held?.sector, null),
      }),
    needs: instrumentAssets(identity, provenance),
  };
}

/** Where the ISIN is made of a CUSIP, that one it must be; another agency's ISIN says nothing of the CUSIP. */
function checkCusip(value: unknown, isin: string | null): string {
  if (typeof value !== 'string' || !isCusip(value))
    return refuse('cusip_invalid', 'cusip', `not a CUSIP with its check digit: ${shown(value)}`);
  const own = isin === null ? null : cusipOfIsin(isin);
  if (own !== null && own !== value) refuse('cusip_invalid', 'cusip', `${value} is not ${own}, which is in the ISIN`);
  return value;
}

function checkFigi(value: unknown): string {
  if (typeof value === 'string' && isFigi(value)) return value;
  return refuse('fact_invalid', 'figi', `not a FIGI with its check digit: ${shown(value)}`);
}
